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

/** What `rowhouse explain` and the pages of `docs/rules/` say of a rule, whichever layers apply it. */
export interface RuleDocumentation extends Rule {
  readonly layers: readonly Layer[];
  /** Whether its probe runs only with `--writes`. */
  readonly writes: boolean;
  readonly examples: readonly ExampleDocumentation[];
}

export interface ExampleDocumentation {
  /** SQL over the world of the examples that plants the finding. */
  readonly bad: string;
  /** What mends it, where the finding's own fix does not. */
  readonly good?: string;
  /** Keys of `rowhouse.yaml` that it needs. */
  readonly model?: string;
  readonly since?: number;
  readonly until?: number;
}
