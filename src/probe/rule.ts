import type { Severity } from '../domain/finding.ts';

/** What a probe says about itself; its documentation is made of this. */
export interface ProbeRule {
  /** Rule id, file name, test name and documentation page. */
  readonly id: string;
  readonly severity: Severity;
  /** What is wrong where it reports, in one sentence. */
  readonly summary: string;
  /** What happens if it stays, and how to mend it. */
  readonly help: string;
  /** Whether it tries writes, in transactions that are rolled back. */
  readonly writes: boolean;
}
