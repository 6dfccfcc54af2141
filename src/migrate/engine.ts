import { join } from 'node:path';
import type pg from 'pg';
import type { BatchStatement } from '../postgres/batch.ts';
import { RowhouseError } from '../domain/errors.ts';
import { databaseError, sqlstate, sqlstateOf } from '../postgres/database-error.ts';
import type { Direction } from './progress.ts';

const table = { migrationsSchema: 'rowhouse', migrationsTable: 'migrations' } as const;

/** The ledger of node-pg-migrate. */
export interface Ledger {
  /**
   * The statement that says that a file is applied, or no longer is: node-pg-migrate's own, which its command line understands.
   *
   * @param name a file name without `.sql`, of `[a-z0-9_]`: node-pg-migrate interpolates it into SQL
   */
  mark(name: string, direction: Direction): BatchStatement;
}

/** Loaded when there is something to run: it is the heaviest part of a run with nothing to do. */
const loadEngine = () => import('node-pg-migrate');

/** Begins to load what opens a ledger, for a run that is going to and has something to wait for until then. */
export function prepareLedger(): void {
  // Whoever opens the ledger meets the error.
  loadEngine().catch(() => undefined);
}

/**
 * Makes the ledger where there is none, by node-pg-migrate. Call it under the lock of a run, outside a transaction.
 *
 * It looks at the table each time that it runs, so it runs once, with no file: ours are none of its business, since its
 * loader would run a down section on the way up. Its own lock stays off: ours is held.
 */
export async function openLedger(client: pg.Client, directory: string): Promise<Ledger> {
  const { Migration, runner } = await loadEngine();
  const options = { ...table, dir: join(directory, 'migrations'), ignorePattern: '.*', direction: 'up' } as const;
  let failure: unknown;
  // It tells of an error by its stack alone, which says nothing to who asks whether the connection was lost.
  const query = (text: string, values?: unknown[]) =>
    client.query(text, values).catch((error: unknown) => {
      failure = error;
      throw error;
    });
  const dbClient = Object.create(client, { query: { value: query } }) as pg.Client;
  try {
    await runner({ ...options, dbClient, count: 0, noLock: true, checkOrder: false, logger: silent });
  } catch (error) {
    throw databaseError(failure ?? error, 'Cannot open the ledger rowhouse.migrations');
  }
  type Database = ConstructorParameters<typeof Migration>[0];
  return {
    mark: (name, direction) => {
      let text = '';
      const take = (sql: string) => (text = sql);
      const database = { query: take as unknown } as Partial<Database> as Database;
      void new Migration(database, name, actions, { ...options, dbClient }, {}, silent).markAsRun(direction);
      return certain(name, text);
    },
  };
}

/**
 * A trigger on the ledger may take its one row away without a word, and a rule too: then the statement fails, and with it
 * what it records. Of a rule PostgreSQL says that RETURNING is not supported.
 */
function certain(name: string, text: string): BatchStatement {
  return {
    text: `with marked as (${text.replace(/;\s*$/, '')} returning 1) select 1 / pg_catalog.count(*) from marked`,
    failure: (error) => {
      const state = sqlstateOf(error);
      if (state !== sqlstate.divisionByZero && state !== sqlstate.featureNotSupported) return error;
      return new RowhouseError('database', 'ledger-unchanged', `The ledger rowhouse.migrations did not take ${name}.`, {
        hint: 'Something else writes there, such as a trigger: see `\\d rowhouse.migrations` in psql, drop it, and run the same command again.',
        cause: error,
      });
    },
  };
}

/** The names of the applied files, in the order in which they were applied. */
export async function readLedger(client: pg.ClientBase): Promise<string[]> {
  const { rows: found } = await client.query<{ exists: boolean }>(
    "select pg_catalog.to_regclass('rowhouse.migrations') is not null as exists",
  );
  if (!found[0]?.exists) return [];
  const { rows } = await client.query<{ name: string }>('select m.name from rowhouse.migrations as m order by m.id');
  return rows.map((row) => row.name);
}

/** Two functions: node-pg-migrate tells up from down by identity. It never calls them: the work is ours. */
const actions = { up: () => undefined, down: () => undefined };

/** Errors reach us as exceptions; its log would repeat them without file and line. */
const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {
  // Nobody reads it.
}
