import type { Param } from '../model/model.ts';

/** A query of the application, read from its file. */
export interface AskedQuery {
  readonly path: string;
  /** One SELECT, with its parameters as `$n`. */
  readonly sql: string;
  readonly params: readonly Param[];
}

/** Calls of a function that the model lists. */
export interface ListedCalls {
  readonly signature: string;
  /** Null where the database has no such function. */
  readonly oid: number | null;
  readonly calls: readonly (readonly Param[])[];
}
