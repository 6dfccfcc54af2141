import { RowhouseError, type ErrorKind } from '../domain/errors.ts';

/** The exit codes (contract). */
export const exitCode = {
  success: 0,
  findings: 1,
  usage: 2,
  database: 3,
  drift: 4,
  locked: 5,
  inconclusive: 6,
  pending: 7,
  /** As shells have it for SIGINT: not one of ours, since a cancelled run is no outcome. */
  cancelled: 130,
} as const;

const byKind: Readonly<Record<ErrorKind, number>> = {
  usage: exitCode.usage,
  configuration: exitCode.usage,
  database: exitCode.database,
  drift: exitCode.drift,
  locked: exitCode.locked,
  cancelled: exitCode.cancelled,
};

export function exitCodeOfKind(kind: ErrorKind): number {
  return byKind[kind];
}

/** The exit code of anything that was thrown; what we did not foresee counts as a failure of the run. */
export function exitCodeOf(error: unknown): number {
  return error instanceof RowhouseError ? byKind[error.kind] : exitCode.database;
}
