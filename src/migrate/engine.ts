import { join } from 'node:path';
import type pg from 'pg';
import type { Direction } from './progress.ts';

const ledger = { migrationsSchema: 'rowhouse', migrationsTable: 'migrations' } as const;

/**
 * Runs `work` as one migration of node-pg-migrate, which writes its ledger row when `work` returns.
 *
 * Call it inside an open transaction: `noTransaction` keeps node-pg-migrate from opening one of its own, so that its
 * row, our history and the work itself commit together. Its own lock stays off (ours is held), it reads no SQL file
 * (its loader would run a down section on the way up), and one call is one file.
 *
 * @param name a file name without `.sql`, of `[a-z0-9_]`: node-pg-migrate interpolates it into SQL
 */
export async function runInLedger(
  client: pg.Client,
  directory: string,
  name: string,
  direction: Direction,
  work: () => Promise<void>,
): Promise<void> {
  // Loaded when there is something to run: it is the heaviest part of a run with nothing to do.
  const { runner } = await import('node-pg-migrate');
  const done = await runner({
    ...ledger,
    dbClient: client,
    dir: join(directory, 'migrations'),
    // Whatever else lies in the folder is none of its business.
    ignorePattern: `(?!${name}\\.sql$).*`,
    direction,
    file: name,
    count: 1,
    noLock: true,
    checkOrder: false,
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    migrationLoaderStrategies: [
      {
        extensions: ['.sql'],
        loader: (paths) =>
          Promise.resolve(paths.map((path) => ({ id: path, filePaths: [path], actions: actions(work) }))),
      },
    ],
  });
  if (done.length !== 1) throw new Error(`The ledger did not take ${name} (${direction}).`);
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

/** Two functions: node-pg-migrate tells up from down by identity, and takes one function for both as a migration to reverse. */
function actions(work: () => Promise<void>): { up: Action; down: Action } {
  const run: Action = async (builder) => {
    builder.noTransaction();
    await work();
  };
  return { up: (builder) => run(builder), down: (builder) => run(builder) };
}

type Action = (builder: { noTransaction(): void }) => Promise<void>;

function ignore(): void {
  // Errors reach us as exceptions; its log would repeat them without file and line.
}
