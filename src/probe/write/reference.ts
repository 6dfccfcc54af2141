import type { Target } from '../target.ts';

interface ColumnPair {
  readonly column: string;
  readonly parentColumn: string;
}

/** A foreign key between two tables whose rows have owners, and the columns that choose the row to point at. */
export interface Reference {
  readonly conname: string;
  readonly child: Target;
  readonly parent: Target;
  /** Pairs of columns, without those that say whose the child is. */
  readonly pairs: readonly ColumnPair[];
  /** All pairs of the key. */
  readonly key: readonly ColumnPair[];
  /** `pg_constraint.confdeltype`: a no action, r restrict, c cascade, n set null, d set default */
  readonly onDelete: string;
  /** `pg_constraint.confupdtype`, in the same letters. */
  readonly onUpdate: string;
}
