import { statementError } from '../postgres/statement-error.ts';
import type { Session } from '../postgres/session.ts';
import type { Statement } from '../sql/parse.ts';
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
