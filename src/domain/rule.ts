import type { Severity } from './finding.ts';

/** What a rule says of itself, whichever layer applies it: reports, `rowhouse explain` and `docs/rules/` are made of it. */
export interface Rule {
  /** Also the name of its file, of its test and of its documentation page. */
  readonly id: string;
  readonly severity: Severity;
  /** What is wrong where it reports, in one sentence. */
  readonly summary: string;
  /** What happens if it stays, and how to mend it. */
  readonly help: string;
  /** Where it is known to report what is no leak, a sentence each; none where nothing is known. */
  readonly falsePositives?: readonly string[];
}

export type Layer = 'lint' | 'prove' | 'probe';

/** What applies a rule: a layer of the verifier, or the lint of files before they run. */
export type RuleSource = Layer | 'migrations';

/** What `rowhouse explain` and the pages of `docs/rules/` say of a rule, whichever layers apply it. */
export interface RuleDocumentation extends Rule {
  readonly layers: readonly RuleSource[];
  /** Whether its probe runs only with `--writes`. */
  readonly writes: boolean;
  readonly examples: readonly ExampleDocumentation[];
}

/** How a source is called where people read of it. */
export function sourceName(source: RuleSource): string {
  return source === 'migrations' ? 'lint --migrations' : source;
}

export interface ExampleDocumentation {
  /** SQL over the world of the examples that plants the finding; of the lint of migrations, a file. */
  readonly bad: string;
  /** What mends it, where the finding's own fix does not. */
  readonly good?: string;
  /** Keys of `rowhouse.yaml` that it needs. */
  readonly model?: string;
  readonly since?: number;
  readonly until?: number;
}
