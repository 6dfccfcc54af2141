import type { ClientBase } from 'pg';
import { loadSql } from '../sql/load.ts';

const roles = loadSql(import.meta.url, './legacy/roles.sql');
const schema = loadSql(import.meta.url, './legacy/schema.sql');
const data = loadSql(import.meta.url, './legacy/data.sql');

/**
 * Builds the VITAL platform as it was before it knew tenants: its owner role, its schema and its rows, in one transaction.
 *
 * The same scale gives the same rows on every server.
 *
 * @param client a superuser's connection to a database whose schema `public` is empty
 * @param scale 1 is about 300,000 rows; very small scales still fill every table
 */
export async function loadLegacyVital(client: ClientBase, scale: number): Promise<void> {
  await client.query('begin');
  try {
    await client.query(roles);
    await client.query('set local role vital_owner');
    await client.query(schema);
    await client.query('reset role');
    await client.query("select pg_catalog.set_config('rowhouse.scale', $1, true)", [String(scale)]);
    await client.query(data);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

/** The document's own policy and view, as SQL that breaks the converted database, and what heals it again. */
export function loadDocumentSql(name: 'policy' | 'view' | 'heal-policy' | 'heal-view'): string {
  return loadSql(import.meta.url, `./document/${name}.sql`);
}
