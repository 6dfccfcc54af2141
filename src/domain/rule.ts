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
