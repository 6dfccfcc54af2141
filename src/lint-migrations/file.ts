import type { Statement } from '../sql/parse.ts';

/** A file of `migrations/` or `rollbacks/`, as far as its rules look at it. */
export interface MigrationFile {
  /** Relative to the project: `migrations/0001_roles.sql`. */
  readonly path: string;
  readonly source: string;
  readonly direction: 'up' | 'down';
  /** Whether no code is left that knows the schema as it was: then it may lose what that code reads. */
  readonly contract: boolean;
  /** Whether its statements share one transaction. */
  readonly transactional: boolean;
  /** How long a statement may wait for a lock. */
  readonly lockTimeoutMs: number;
  /**
   * Whether it has run: then it is read for what it made, and not judged. A table that one made which has not is as new
   * as a table of the file at hand. null where nobody says.
   */
  readonly applied: boolean | null;
  /** None of a backfill: its engine knows how to run it. */
  readonly statements: readonly FileStatement[];
}

export interface FileStatement extends Statement {
  /** Why `rowhouse migrate` would refuse it; null where it would not. */
  readonly refusal: string | null;
}
