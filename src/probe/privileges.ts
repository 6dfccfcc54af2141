import type pg from 'pg';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { loadSql } from '../sql/load.ts';

const privilegesSql = loadSql(import.meta.url, './queries/privileges.sql');

/** What the app role may do with one relation, through grants to it, to its groups and to PUBLIC. */
export interface Privileges {
  /** Whether row-level security binds the truth role here: it must not. */
  readonly truthBound: boolean;
  /** USAGE on the schema: without it no other privilege counts. */
  readonly usage: boolean;
  readonly delete: boolean;
  readonly truncate: boolean;
  /** Columns that it may SELECT. */
  readonly select: readonly string[];
  readonly insert: readonly string[];
  readonly update: readonly string[];
}

/** Reads the privileges of `role` on every relation of the snapshot, by oid. Run as the truth role. */
export async function readPrivileges(
  client: pg.ClientBase,
  snapshot: CatalogSnapshot,
  role: string,
): Promise<ReadonlyMap<number, Privileges>> {
  const oids = snapshot.relations.map((relation) => relation.oid);
  const { rows } = await client.query<Privileges & { oid: number }>(privilegesSql, [role, oids]);
  return new Map(rows.map(({ oid, ...privileges }) => [oid, privileges]));
}

/** What the role can do with the relation, in PostgreSQL's words; empty where it cannot reach it. */
export function reachOf(privileges: Privileges): readonly string[] {
  if (!privileges.usage) return [];
  const granted: readonly (readonly [string, boolean])[] = [
    ['SELECT', privileges.select.length > 0],
    ['INSERT', privileges.insert.length > 0],
    ['UPDATE', privileges.update.length > 0],
    ['DELETE', privileges.delete],
    ['TRUNCATE', privileges.truncate],
  ];
  return granted.flatMap(([name, has]) => (has ? [name] : []));
}
