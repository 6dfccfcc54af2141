import type { ClientBase } from 'pg';
import { readLogicalSnapshot, type LogicalSnapshot } from '../../src/catalog/logical-snapshot.ts';
import { lockHolder } from '../../src/postgres/advisory-lock.ts';
import { spawnCli, type CliResult } from '../support/cli.ts';
import type { TestDatabase } from '../support/database.ts';

/** VITAL with all of its rows. */
export function snapshotVital(client: ClientBase): Promise<LogicalSnapshot> {
  return readLogicalSnapshot(client, { rows: true });
}

/** A way to end a run in its middle, and what its process then says. */
export interface Interruption {
  readonly by: 'SIGKILL' | 'SIGINT' | 'pg_terminate_backend';
  /** SQL of one boolean: the moment has come. */
  readonly once: string;
}

/** Starts a command, and ends it once the database tells that the moment has come. */
export async function interrupt(
  database: TestDatabase,
  args: readonly string[],
  { by, once }: Interruption,
): Promise<CliResult> {
  // The moment may have come while the run before was still at work: before this one has a session it heeds no signal.
  const { rows } = await database.client.query<{ now: string }>('select clock_timestamp()::text as now');
  const connected = `exists (select from pg_stat_activity
    where datname = current_database() and backend_start > '${rows[0]?.now ?? ''}' and application_name ~ '^rowhouse ')`;
  const { child, result } = spawnCli([...args, '--yes', '--database-url', database.url]);
  while (!(await isTrue(database.client, `${connected} and ${once}`))) {
    if (child.exitCode !== null) throw new Error(`It ended before ${once}: ${(await result).stderr}`);
  }
  if (by === 'pg_terminate_backend') await terminate(database.client);
  else child.kill(by);
  return result;
}

/** Whether a run holds its lock in this database. */
export async function isLocked(client: ClientBase): Promise<boolean> {
  return (await lockHolder(client)) !== null;
}

/** False too where the schema `rowhouse` is still to come. */
async function isTrue(client: ClientBase, condition: string): Promise<boolean> {
  const { rows: installed } = await client.query<{ ready: boolean }>(
    "select to_regclass('rowhouse.backfill_part') is not null as ready",
  );
  if (!installed[0]?.ready) return false;
  const { rows } = await client.query<{ met: boolean }>(`select (${condition}) as met`);
  return rows[0]?.met === true;
}

async function terminate(client: ClientBase): Promise<void> {
  await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name ~ '^rowhouse ' and application_name !~ 'watching'`,
  );
}
