import { statementError } from '../postgres/statement-error.ts';
import type { Session } from '../postgres/session.ts';
import type { Statement } from '../sql/parse.ts';
import type { SqlFile } from './sql-file.ts';

/** Sees a statement run: it calls `work` once. */
export type WatchStatement = (
  client: Session['client'],
  file: SqlFile,
  statement: Statement,
  work: () => Promise<void>,
) => Promise<void>;

/** Runs one statement of a file. @throws RowhouseError that points at the place in the file */
export async function runStatement(
  { session, watchStatement }: { readonly session: Session; readonly watchStatement?: WatchStatement | undefined },
  file: SqlFile,
  statement: Statement,
): Promise<void> {
  session.throwIfCancelled();
  const work = async () => {
    try {
      await session.client.query(statement.text);
    } catch (error) {
      throw statementError(session, file, statement, error);
    }
  };
  await (watchStatement === undefined ? work() : watchStatement(session.client, file, statement, work));
}
