import pg from 'pg';
import { RowhouseError } from '../domain/errors.ts';
import { excerpt, offsetOfCharacter, positionAt } from '../sql/source.ts';
import { databaseError, hintOf, isConnectionLoss, serverDetail } from './database-error.ts';
import { cancelledError, type Session } from './session.ts';

/** A file as its errors name it. */
export interface SourceFile {
  readonly path: string;
  readonly source: string;
}

/** An SQL error with file, line and caret. */
export function statementError(
  session: Session,
  file: SourceFile,
  statement: { readonly text: string; readonly offset: number },
  error: unknown,
): RowhouseError {
  if (session.signal.aborted) return cancelledError(error);
  if (!(error instanceof pg.DatabaseError) || isConnectionLoss(error)) return databaseError(error, file.path);
  const within = error.position === undefined ? 0 : offsetOfCharacter(statement.text, Number(error.position));
  const offset = statement.offset + within;
  const { line } = positionAt(file.source, offset);
  return new RowhouseError(
    'database',
    'statement-failed',
    `${file.path}:${line}: ${error.message} (SQLSTATE ${error.code ?? '?'})`,
    {
      detail: [excerpt(file.source, offset), serverDetail(error)].filter(Boolean).join('\n'),
      hint: hintOf(error),
      cause: error,
    },
  );
}
