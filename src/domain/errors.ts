/**
 * How an error is handled decides its kind; the CLI maps each kind to one exit code of the contract.
 *
 * - `usage`, `configuration`: the caller can mend it without touching the database (2)
 * - `database`: the server, the connection, a privilege or a migration failed (3)
 * - `drift`: files and database disagree about what was applied (4)
 * - `locked`: another run holds the lock (5)
 * - `cancelled`: the user stopped the run (130)
 */
export type ErrorKind = 'usage' | 'configuration' | 'database' | 'drift' | 'locked' | 'cancelled';

export interface ErrorDetails {
  /** What to do about it, as a sentence. */
  readonly hint?: string | undefined;
  /** More lines to show as they are, such as an excerpt of SQL with a caret. */
  readonly detail?: string | undefined;
  readonly cause?: unknown;
}

/**
 * Every error that Rowhouse raises on purpose.
 *
 * `code` is a stable kebab-case word that scripts may test; `message` says what is wrong and where; `hint` says what to do.
 */
export class RowhouseError extends Error {
  override readonly name = 'RowhouseError';
  readonly hint: string | undefined;
  readonly detail: string | undefined;

  constructor(
    readonly kind: ErrorKind,
    readonly code: string,
    message: string,
    details: ErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.hint = details.hint;
    this.detail = details.detail;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
