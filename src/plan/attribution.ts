import { findColumn, nameOf, primaryKeyOf } from '../catalog/lookup.ts';
import type { Relation } from '../catalog/snapshot.ts';
import { findJoin, type Join } from '../intent/foreign-key-path.ts';
import type { Backfill, ForeignKeyPath, PolymorphicPair } from '../model/model.ts';
import { quoteLiteral } from '../sql/ident.ts';
import { written, writtenName } from '../sql/written.ts';
import { idLiteral } from './context.ts';
import { findTenantTable, type Situation, type TenantTable } from './situation.ts';

/** How the tenant of a row is found from what the model says. */
export type Source =
  | { readonly kind: 'constant'; readonly sql: string }
  | { readonly kind: 'json'; readonly expression: string }
  /** The first of these that leads to a tenant. */
  | { readonly kind: 'ways'; readonly ways: readonly Way[] };

/** A way from a row to the one whose tenant it has. */
export interface Way {
  readonly parent: TenantTable;
  readonly join: Join;
  /** Of a polymorphic pair: the column that says the table, and the value that it has for this one. */
  readonly type: { readonly column: string; readonly value: string } | null;
}

/** Undefined where the model and the catalog do not say how, which has been noted. */
export function sourceOf(situation: Situation, tenant: TenantTable): Source | undefined {
  const backfill = backfillOf(tenant.table);
  if (backfill === null) return undefined;
  if (backfill.kind === 'constant') {
    return { kind: 'constant', sql: idLiteral(backfill.value, situation.model.tenants.type) };
  }
  if (backfill.kind === 'json') return { kind: 'json', expression: backfill.expression };
  const ways =
    backfill.kind === 'pair'
      ? pairedWays(situation, backfill.pair)
      : backfill.paths.map((path) => wayBy(situation, tenant, path));
  return ways.includes(undefined) ? undefined : { kind: 'ways', ways: ways.filter((way) => way !== undefined) };
}

function wayBy(situation: Situation, { named, column }: TenantTable, path: ForeignKeyPath): Way | undefined {
  const at = `tables[${writtenName(nameOf(named))}].backfill.parent`;
  const join = findJoin(situation.reality, named, path, at, column === null ? [] : [column]);
  const parent = findTenantTable(situation, path.table);
  return join && parent && { parent, join, type: null };
}

function pairedWays(situation: Situation, pair: PolymorphicPair): readonly (Way | undefined)[] {
  return [...pair.tables].map(([value, target]) => {
    const parent = findTenantTable(situation, target);
    const [key, ...more] = parent === undefined ? [] : primaryKeyOf(situation.snapshot, parent.relation);
    if (parent === undefined || key === undefined || more.length > 0) return undefined;
    const pairs = [{ column: pair.id, parentColumn: key }];
    return {
      parent,
      join: { parent: parent.relation, pairs, by: [pair.id], backward: false },
      type: { column: pair.type, value },
    };
  });
}

/** Whether at most one row is at the end of a way: one that the parent's key leads backward may end at several. */
export function leadsToOne({ snapshot }: Situation, { parent, join }: Way): boolean {
  if (!join.backward) return true;
  return snapshot.indexes.some(
    ({ indrelid, indisunique, indisvalid, indpred, columns }) =>
      indrelid === parent.relation.oid &&
      indisunique &&
      indisvalid &&
      indpred === null &&
      columns.every((column) => column !== null && join.by.includes(column)),
  );
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
  { table, named }: TenantTable,
): { readonly parent: TenantTable; readonly join: Join } | undefined {
  if (table.tenancy !== 'row' || table.owner.kind !== 'through') return undefined;
  const { path } = table.owner;
  const join = findJoin(situation.reality, named, path, `tables[${writtenName(nameOf(named))}].through`);
  const parent = findTenantTable(situation, path.table);
  return join && parent && { parent, join };
}

/** The condition that joins a row with its parent. */
export function joined({ pairs }: Pick<Join, 'pairs'>, alias: string, parent: string): string {
  return pairs
    .map(({ column, parentColumn }) => `${parent}.${written(parentColumn)} = ${alias}.${written(column)}`)
    .join(' and ');
}

/** The condition under which a way leads from a row to a parent. */
export function leadsTo({ join, type, parent }: Way, relation: Relation, alias: string, name: string): string {
  if (type === null) return joined(join, alias, name);
  // One column holds ids of several tables: their keys may be of several types.
  const ids = join.pairs.map(({ column, parentColumn }) => {
    const [own, theirs] = [findColumn(relation, column)?.type, findColumn(parent.relation, parentColumn)?.type];
    const cast = own === theirs ? '' : '::text';
    return `${name}.${written(parentColumn)}${cast} = ${alias}.${written(column)}${cast}`;
  });
  return [`${alias}.${written(type.column)} = ${quoteLiteral(type.value)}`, ...ids].join(' and ');
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
  const filled = source && sourceSql(situation, source, tenant.relation, alias, depth);
  if (filled === undefined || filled === null) return existing;
  return existing === null ? filled : `coalesce(${existing}, ${filled})`;
}

function sourceSql(
  situation: Situation,
  source: Source,
  relation: Relation,
  alias: string,
  depth: number,
): string | null {
  if (source.kind === 'constant') return `${source.sql}::${situation.model.tenants.type}`;
  if (source.kind === 'json') return knownTenant(situation, source.expression);
  // Tables that are filled from each other have no end.
  if (depth > situation.tables.length) return null;
  const tenants = source.ways.map((way) => wayTenant(situation, way, relation, alias, depth));
  return tenants.includes(null) ? null : firstOf(tenants.filter((sql) => sql !== null));
}

/** The tenant that a way will lead a row to, as the database is before anything was filled. */
export function wayTenant(situation: Situation, way: Way, relation: Relation, alias: string, depth = 0): string | null {
  const inner = `parent${depth + 1}`;
  const tenant = attribution(situation, way.parent, inner, depth + 1);
  if (tenant === null) return null;
  return `(select ${tenant} from ${writtenName(way.parent.table.table)} as ${inner} where ${leadsTo(way, relation, alias, inner)})`;
}

/** The first of several values that is not NULL. */
export function firstOf(values: readonly string[]): string {
  return values.length === 1 ? (values[0] ?? 'null') : `coalesce(${values.join(', ')})`;
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
