import { findColumn } from '../catalog/lookup.ts';
import { quoteLiteral } from '../sql/ident.ts';
import type { ByColumn, Scene, Table } from './scene.ts';

/** A condition over the alias `t` that holds for one row of a table, whichever. */
export function oneRow(sql: string): string {
  return `(t.tableoid, t.ctid) = (select x.tableoid, x.ctid from ${sql} x limit 1)`;
}

/** Whether a tenant column can be made nullable: it is in no primary key. */
export function nullable({ snapshot }: Scene, { relation, intent }: Table): boolean {
  return !snapshot.constraints.some(
    ({ conrelid, contype, columns }) =>
      conrelid === relation.oid && contype === 'p' && columns.includes(intent.tenantColumn ?? ''),
  );
}

/** Runs SQL while triggers and foreign keys look away, as a superuser's repair by hand does. */
export function blindly(sql: string): string {
  return `set local session_replication_role = replica;\n${sql}\nset local session_replication_role = origin;`;
}

/** The type of a tenant column, as SQL. */
export function tenantType({ relation, intent }: ByColumn): string {
  return findColumn(relation, intent.tenantColumn ?? '')?.type ?? 'text';
}

/** The id of a tenant that there is not, for a tenant column. */
export function nobody(table: ByColumn): string {
  const type = tenantType(table);
  if (type === 'uuid') return quoteLiteral('deadbeef-0000-4000-8000-00000000dead');
  return /^(bigint|integer|smallint|numeric)/.test(type) ? '32001' : quoteLiteral('nobody');
}
