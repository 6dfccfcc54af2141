import type { Rule } from '../domain/rule.ts';

/** What a probe says about itself; its documentation is made of this. */
export interface ProbeRule extends Rule {
  /** Whether it tries writes, in transactions that are rolled back. */
  readonly writes: boolean;
}
