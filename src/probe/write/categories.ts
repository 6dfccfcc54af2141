import type { Target } from '../target.ts';

/** The rows that a subject may not write, as predicates over the alias `t`; they exclude each other. */
export interface Categories {
  readonly foreign: string;
  /** Shared with it for reading only. */
  readonly shared: string;
}

export function categoriesOf({ truth: { foreign, unwritable } }: Target): Categories {
  return { foreign, shared: `(${unwritable}) and not (${foreign})` };
}
