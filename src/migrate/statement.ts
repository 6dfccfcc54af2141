import pg from 'pg';
import { RowhouseError } from '../domain/errors.ts';
import { databaseError, serverDetail, sqlstate } from '../postgres/database-error.ts';
import { cancelledError, type Session } from '../postgres/session.ts';
import type { Statement } from '../sql/parse.ts';
import { excerpt, offsetOfCharacter, positionAt } from '../sql/source.ts';
import type { SqlFile } from './sql-file.ts';

/** Runs one statement of a file. @throws RowhouseError that points at the place in the file */
export async function runStatement(session: Session, file: SqlFile, statement: Statement): Promise<void> {
  session.throwIfCancelled();
  try {
    await session.client.query(statement.text);
  } catch (error) {
    throw statementError(session, file, statement, error);
  }
}

/** An SQL error with file, line and caret. */
export function statementError(
  session: Session,
  file: SqlFile,
  statement: Pick<Statement, 'text' | 'offset'>,
  error: unknown,
): RowhouseError {
  if (session.signal.aborted) return cancelledError(error);
  if (!(error instanceof pg.DatabaseError)) return databaseError(error, file.path);
  const within = error.position === undefined ? 0 : offsetOfCharacter(statement.text, Number(error.position));
  const offset = statement.offset + within;
  const { line } = positionAt(file.source, offset);
  const hints: Readonly<Record<string, string>> = {
    [sqlstate.activeTransaction]: 'Put this statement into a file with `-- rowhouse: no-transaction`.',
    [sqlstate.insufficientPrivilege]: 'Run as a role that owns the objects and that row-level security does not bind.',
  };
  return new RowhouseError(
    'database',
    'statement-failed',
    `${file.path}:${line}: ${error.message} (SQLSTATE ${error.code ?? '?'})`,
    {
      detail: [excerpt(file.source, offset), serverDetail(error)].filter(Boolean).join('\n'),
      hint: error.hint ?? hints[error.code ?? ''],
      cause: error,
    },
  );
}
