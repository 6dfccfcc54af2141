import type { ClientBase } from 'pg';
import { readLogicalSnapshot, type LogicalSnapshot } from '../../src/catalog/logical-snapshot.ts';

/**
 * VITAL with all of its rows. When a tenant was made is the one thing that two conversions do not have in common, and
 * is set to one moment.
 */
export async function snapshotVital(client: ClientBase): Promise<LogicalSnapshot> {
  const { rows } = await client.query("select from pg_catalog.pg_class where oid = to_regclass('public.tenants')");
  if (rows.length > 0) await client.query("update public.tenants set created_at = '2024-01-08'");
  return readLogicalSnapshot(client, { rows: true });
}
