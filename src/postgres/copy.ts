import { randomBytes } from 'node:crypto';
import { RowhouseError } from '../domain/errors.ts';
import { quoteIdent } from '../sql/ident.ts';
import { connect, type Connection } from './connect.ts';
import { databaseError, sqlstateOf } from './database-error.ts';

export interface CopyOptions {
  readonly applicationName: string;
  /** A part of the name of the copy, which says what it is for. */
  readonly suffix: string;
  /** What to do where others are connected. */
  readonly hint: string;
  /** Says what is made and what is dropped. */
  readonly log: (text: string) => void;
}

/**
 * Runs `body` on a copy of a database, on the same server, which is dropped whatever happens.
 *
 * @throws RowhouseError `database-in-use` where no copy can be made
 */
export async function inCopy<T>(
  connection: Connection,
  options: CopyOptions,
  body: (copy: Connection) => Promise<T>,
): Promise<T> {
  const { applicationName, suffix, log } = options;
  const source = await databaseOf(connection, applicationName);
  const copy = `${source.slice(0, 40)}_${suffix}_${randomBytes(4).toString('hex')}`;
  // No session may be in the database that is copied, not even this one.
  const admin = await connect(
    { ...connection, database: source === 'postgres' ? 'template1' : 'postgres' },
    applicationName,
  );
  try {
    await admin.query(`create database ${quoteIdent(copy)} template ${quoteIdent(source)}`).catch((error: unknown) => {
      throw copyError(error, source, options.hint);
    });
    log(`Made the database ${copy}, a copy of ${source}; it is dropped at the end.`);
    try {
      return await body({ ...connection, database: copy });
    } finally {
      await admin.query(`drop database ${quoteIdent(copy)} with (force)`);
      log(`Dropped the database ${copy}.`);
    }
  } finally {
    await admin.end();
  }
}

async function databaseOf(connection: Connection, applicationName: string): Promise<string> {
  const client = await connect(connection, applicationName);
  try {
    const { rows } = await client.query<{ name: string }>('select pg_catalog.current_database() as name');
    return rows[0]?.name ?? '';
  } finally {
    await client.end();
  }
}

function copyError(error: unknown, source: string, hint: string): RowhouseError {
  const objectInUse = '55006';
  if (sqlstateOf(error) !== objectInUse) return databaseError(error, `Cannot copy ${source}`);
  return new RowhouseError('database', 'database-in-use', `Cannot copy ${source} while others are connected to it.`, {
    hint,
    cause: error,
  });
}
