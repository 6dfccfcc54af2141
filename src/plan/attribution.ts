import { nameOf } from '../catalog/lookup.ts';
import { findJoin, type Join } from '../intent/foreign-key-path.ts';
import type { Backfill } from '../model/model.ts';
import { written, writtenName } from '../sql/written.ts';
import { idLiteral } from './context.ts';
import { findTenantTable, type Situation, type TenantTable } from './situation.ts';

/** How the tenant of a row is found from what the model says. */
export type Source =
  | { readonly kind: 'constant'; readonly sql: string }
  | { readonly kind: 'json'; readonly expression: string }
  | { readonly kind: 'parent'; readonly parent: TenantTable; readonly join: Join };

/** Undefined where the model and the catalog do not say how, which has been noted. */
export function sourceOf(situation: Situation, { table, relation, column }: TenantTable): Source | undefined {
  const backfill = backfillOf(table);
  if (backfill === null) return undefined;
  if (backfill.kind === 'constant') {
    return { kind: 'constant', sql: idLiteral(backfill.value, situation.model.tenants.type) };
  }
  if (backfill.kind === 'json') return { kind: 'json', expression: backfill.expression };
  const at = `tables[${writtenName(nameOf(relation))}].backfill.parent`;
  const join = findJoin(situation.reality, relation, backfill.path, at, column === null ? [] : [column]);
  const parent = findTenantTable(situation, backfill.path.table);
  return join && parent && { kind: 'parent', parent, join };
}

function backfillOf(table: TenantTable['table']): Backfill | null {
  return table.tenancy === 'row' ? table.backfill : null;
}

/** The tenant that a row's parent has, as SQL over the parent's alias; null where it is not to be had from the row alone. */
export function tenantOfRow(situation: Situation, tenant: TenantTable, alias: string, depth = 0): string | null {
  const { column } = tenant;
  return column === null ? throughParent(situation, tenant, alias, depth) : `${alias}.${written(column)}`;
}

function throughParent(situation: Situation, tenant: TenantTable, alias: string, depth: number): string | null {
  const owner = ownerOf(situation, tenant);
  if (owner === undefined || owner.join.backward) return null;
  const inner = `parent${depth + 1}`;
  const sql = tenantOfRow(situation, owner.parent, inner, depth + 1);
  if (sql === null) return null;
  return `(select ${sql} from ${writtenName(owner.parent.table.table)} as ${inner} where ${joined(owner.join, alias, inner)})`;
}

/** The table whose rows own those of another, and how the two are joined; undefined where no other row says the owner. */
export function ownerOf(
  situation: Situation,
  { table, relation }: TenantTable,
): { readonly parent: TenantTable; readonly join: Join } | undefined {
  if (table.tenancy !== 'row' || table.owner.kind !== 'through') return undefined;
  const { path } = table.owner;
  const join = findJoin(situation.reality, relation, path, `tables[${writtenName(table.table)}].through`);
  const parent = findTenantTable(situation, path.table);
  return join && parent && { parent, join };
}

/** The condition that joins a row with its parent. */
export function joined({ pairs }: Join, alias: string, parent: string): string {
  return pairs
    .map(({ column, parentColumn }) => `${parent}.${written(parentColumn)} = ${alias}.${written(column)}`)
    .join(' and ');
}

/**
 * The tenant that a row will get, as the database is before anything was filled; SQL over its alias.
 *
 * @returns null where it cannot be said in one expression
 */
export function attribution(situation: Situation, tenant: TenantTable, alias: string, depth = 0): string | null {
  const { table, column, isNew } = tenant;
  const existing = column !== null && !isNew ? `${alias}.${written(column)}` : null;
  if (existing !== null && (table.tenancy === 'root' || !table.backfill)) return existing;
  if (column === null) return tenantOfRow(situation, tenant, alias, depth);
  const source = sourceOf(situation, tenant);
  const filled = source && sourceSql(situation, source, alias, depth);
  if (filled === undefined || filled === null) return existing;
  return existing === null ? filled : `coalesce(${existing}, ${filled})`;
}

function sourceSql(situation: Situation, source: Source, alias: string, depth: number): string | null {
  if (source.kind === 'constant') return `${source.sql}::${situation.model.tenants.type}`;
  if (source.kind === 'json') return knownTenant(situation, source.expression);
  const inner = `parent${depth + 1}`;
  const tenant = attribution(situation, source.parent, inner, depth + 1);
  if (tenant === null) return null;
  const from = writtenName(source.parent.table.table);
  return `(select ${tenant} from ${from} as ${inner} where ${joined(source.join, alias, inner)})`;
}

/** The tenant whose id an expression over the row says; one that nobody has is none. The row's columns stand bare in it. */
export function knownTenant({ model }: Situation, expression: string): string {
  const { table, key, type } = model.tenants;
  // A uuid may be written in capitals.
  const said = type === 'uuid' ? 'lower(said.id)' : 'said.id';
  return `(
    select known.${written(key)}
    from (select (${expression})::text as id) as said
    join ${writtenName(table)} as known on known.${written(key)}::text = ${said}
  )`;
}
