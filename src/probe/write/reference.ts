import type { Target } from '../target.ts';

/** A foreign key between two tables whose rows have owners, and the columns that choose the row to point at. */
export interface Reference {
  readonly conname: string;
  readonly child: Target;
  readonly parent: Target;
  /** Pairs of columns, without those that say whose the child is. */
  readonly pairs: readonly { readonly column: string; readonly parentColumn: string }[];
  /** `pg_constraint.confdeltype`: a no action, r restrict, c cascade, n set null, d set default */
  readonly onDelete: string;
  /** `pg_constraint.confupdtype`, in the same letters. */
  readonly onUpdate: string;
}
