import type { Finding } from '../domain/finding.ts';
import type { ExampleDocumentation, Rule } from '../domain/rule.ts';
import type { LintInput } from './input.ts';

/** One thing that is wrong in the catalog alone. One rule, one file, one id. */
export interface LintRule extends Rule {
  /** Shown by `rowhouse explain` and in `docs/rules/`, and run by the tests over the world of `world.ts`. */
  readonly examples: readonly Example[];
  readonly check: (input: LintInput) => Iterable<Observed>;
}

/**
 * SQL that gives exactly one finding of the rule and none of any other; the finding's own fix, or `good`, takes it away.
 * `model` is merged into the model of the world, its tables by name; `since` and `until` are majors of PostgreSQL.
 */
export type Example = ExampleDocumentation;

/** What a rule says beyond its metadata. */
export type Observed = Pick<Finding, 'object' | 'message'> &
  Partial<Pick<Finding, 'severity' | 'fix' | 'help' | 'evidence'>> & {
    /** Tells apart two findings of the rule on one object. */
    readonly aspect?: string;
  };
