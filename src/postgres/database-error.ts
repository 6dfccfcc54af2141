import pg from 'pg';
import { messageOf, RowhouseError } from '../domain/errors.ts';

/** SQLSTATE classes that callers act on. https://www.postgresql.org/docs/current/errcodes-appendix.html */
export const sqlstate = {
  lockNotAvailable: '55P03',
  deadlockDetected: '40P01',
  serializationFailure: '40001',
  queryCanceled: '57014',
  divisionByZero: '22012',
  featureNotSupported: '0A000',
  adminShutdown: '57P01',
  insufficientPrivilege: '42501',
  undefinedObject: '42704',
  duplicateObject: '42710',
  activeTransaction: '25001',
  cardinalityViolation: '21000',
  diskFull: '53100',
  internalError: 'XX000',
} as const;

/** What to do about it. For a privilege the server's own hint would not do: it proposes NO FORCE ROW LEVEL SECURITY. */
const hints: Readonly<Record<string, string>> = {
  [sqlstate.insufficientPrivilege]: 'Run as a role that owns the objects and that row-level security does not bind.',
  [sqlstate.queryCanceled]: 'If its time was up, allow more with `-- rowhouse: deadline 2h`.',
  [sqlstate.activeTransaction]: 'Put this statement into a file with `-- rowhouse: no-transaction`.',
  [sqlstate.diskFull]:
    'Nothing is half-done. Make room on the disk of the server, then run the same command again: it goes on from here.',
  [sqlstate.lockNotAvailable]: 'Another session holds the lock: run the same command again when it is done.',
};

/** The SQLSTATE of an error that the server raised, or null. */
export function sqlstateOf(error: unknown): string | null {
  return error instanceof pg.DatabaseError ? (error.code ?? null) : null;
}

/** True where the connection is gone and not the statement at fault. */
export function isConnectionLoss(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string' && /^(57P0[123]|08...|ECONNRESET|EPIPE|ETIMEDOUT)$/.test(code)) return true;
  return error instanceof Error && /Connection terminated|not queryable|client was closed/i.test(error.message);
}

/** What the server or the connection threw, as `databaseError`; anything else, such as a mistake of ours, as it is. */
export function withDatabaseContext(error: unknown, doing?: string): unknown {
  if (error instanceof RowhouseError) return error;
  const cause = error instanceof Error ? error.cause : undefined;
  const failure = [error, cause].find((thrown) => thrown instanceof pg.DatabaseError || isConnectionLoss(thrown));
  return failure === undefined ? error : databaseError(failure, doing);
}

/** Anything that a query threw, as an error of the kind `database`; a RowhouseError passes through. */
export function databaseError(error: unknown, doing?: string): RowhouseError {
  if (error instanceof RowhouseError) return error;
  const state = sqlstateOf(error);
  const message = aggregated(error) + (state === null ? '' : ` (SQLSTATE ${state})`);
  const code = isConnectionLoss(error)
    ? 'connection-lost'
    : state === '42501'
      ? 'missing-privilege'
      : 'database-failed';
  return new RowhouseError('database', code, doing === undefined ? message : `${doing}: ${message}`, {
    detail: serverDetail(error),
    hint: hintOf(error),
    cause: error,
  });
}

/** What to do about an error that a query threw. */
export function hintOf(error: unknown): string | undefined {
  if (isConnectionLoss(error)) return 'The connection was lost: run the same command again; what was done stays done.';
  return hints[sqlstateOf(error) ?? ''] ?? (error instanceof pg.DatabaseError ? error.hint : undefined);
}

/** What the server says beyond the message. */
export function serverDetail(error: unknown): string | undefined {
  if (!(error instanceof pg.DatabaseError)) return undefined;
  const lines = [error.detail && `DETAIL: ${error.detail}`, error.where && `CONTEXT: ${error.where}`];
  return lines.filter(Boolean).join('\n') || undefined;
}

/** Node reports a host with several addresses as an AggregateError without a message. */
function aggregated(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return messageOf(error);
}
