import type pg from 'pg';
import { loadSql } from '../sql/load.ts';
import { databaseError } from './database-error.ts';
import { inTransaction } from './transaction.ts';

const installSql = loadSql(import.meta.url, './queries/install.sql');

/** Whether this database has the schema `rowhouse` with its tables. Needs no privilege on them. */
export async function hasRowhouseSchema(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ installed: boolean }>(
    "select pg_catalog.to_regclass('rowhouse.backfill') is not null as installed",
  );
  return rows[0]?.installed === true;
}

/** Whether its tables are those of this version: the last one that was added is there. */
export async function isRowhouseSchemaCurrent(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ current: boolean }>(
    "select pg_catalog.to_regclass('rowhouse.backfill_refused') is not null as current",
  );
  return rows[0]?.current === true;
}

/** Makes the schema `rowhouse` where it is not, and adds what an earlier version did not have. Call it under the lock of a run. */
export async function installRowhouseSchema(client: pg.ClientBase): Promise<void> {
  if (await isRowhouseSchemaCurrent(client)) return;
  try {
    await inTransaction(client, () => client.query(installSql));
  } catch (error) {
    throw databaseError(error, 'Cannot make the schema "rowhouse" for the history of this database');
  }
}
