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

/** Makes the schema `rowhouse` where it is not. Call it under the lock of a run. */
export async function installRowhouseSchema(client: pg.ClientBase): Promise<void> {
  if (await hasRowhouseSchema(client)) return;
  try {
    await inTransaction(client, () => client.query(installSql));
  } catch (error) {
    throw databaseError(error, 'Cannot make the schema "rowhouse" for the history of this database');
  }
}
