import { familyOf } from '../intent/sql-type.ts';
import type { Access } from '../model/model.ts';
import { written, writtenName } from '../sql/written.ts';
import { joined, ownerOf } from './attribution.ts';
import { contextOnce, idLiteral } from './context.ts';
import { currentTenants } from './membership.ts';
import type { Situation, TenantTable } from './situation.ts';

/** A row as the policies of a table write it: its own columns bare, or behind the name by which a subquery knows it. */
export interface Row {
  readonly tenant: TenantTable;
  /** `''`, or a name and a dot. */
  readonly prefix: string;
  /** The name of the row within a subquery. */
  readonly name: string;
}

/** The row that a policy of a table is asked about. */
export function rowOf(tenant: TenantTable): Row {
  return { tenant, prefix: '', name: written(tenant.table.table.name) };
}

/** The row is the subject's own. */
export function own(situation: Situation, row: Row, depth = 0): string {
  return anyOf([ownTenant(situation, row, depth), ownUser(situation, row)]);
}

/** The row says the subject in the column for its user; false where it has none. */
export function ownUser(situation: Situation, { tenant, prefix }: Row): string {
  const { table, relation } = tenant;
  if (table.user === null) return 'false';
  const type = relation.columns.find(({ attname }) => attname === table.user)?.type ?? '';
  return equal(`${prefix}${written(table.user)}`, type, contextOnce(situation.model));
}

/** The row is of a tenant of the subject. */
export function ownTenant(situation: Situation, row: Row, depth = 0): string {
  const test = (sql: string, type: string): string => ofSubject(situation, sql, type);
  // People own what is theirs in all tenants, and so what hangs on that.
  return ofTenant(situation, row, test, depth, (parent) => own(situation, parent, depth + 1));
}

/** A test of the tenant of a row, wherever the row says it. */
function ofTenant(
  situation: Situation,
  row: Row,
  test: (sql: string, type: string) => string,
  depth: number,
  above = (parent: Row): string => ofTenant(situation, parent, test, depth + 1),
): string {
  const { table, column, type } = row.tenant;
  if (column !== null) return test(`${row.prefix}${written(column)}`, type);
  if (table.tenancy !== 'row') return 'false';
  if (table.owner.kind === 'expression') return test(`(${table.owner.expression})`, 'an expression');
  return throughParent(situation, row, depth, above);
}

/** The rows that a subject may read, or write, though they are not its own. */
export function sharedWith(situation: Situation, row: Row, access: Access, depth = 0): readonly string[] {
  const { model } = situation;
  const { table } = row.tenant;
  const known = `${contextOnce(model)} is not null`;
  const conditions = table.share.flatMap((share) => {
    if (access === 'write' && share.access === 'read') return [];
    if (share.kind === 'when') return [`(${share.when})`];
    const { platform, type } = model.tenants;
    if (platform === null) return [];
    return [ofTenant(situation, row, (sql, of) => equal(sql, of, idLiteral(platform, type)), depth)];
  });
  const nobodys =
    access === 'read' && table.tenancy === 'row' && table.nulls === 'shared' && table.owner.kind !== 'through'
      ? [ofTenant(situation, row, (sql) => `${sql} is null`, depth)]
      : [];
  const all = [...conditions, ...nobodys];
  const inherited =
    table.tenancy === 'row' && table.owner.kind === 'through'
      ? throughParent(situation, row, depth, (parent) => anyOf(sharedWith(situation, parent, access, depth + 1)))
      : 'false';
  return [
    // Without a context there is no row, shared or not.
    ...(all.length === 0 ? [] : [`(${anyOf(all)} and ${known})`]),
    ...(inherited === 'false' ? [] : [inherited]),
  ];
}

/** The rows that own this one satisfy a condition. */
function throughParent(situation: Situation, row: Row, depth: number, condition: (parent: Row) => string): string {
  const owner = ownerOf(situation, row.tenant);
  if (owner === undefined) return 'false';
  const { parent, join } = owner;
  const alias = parentAlias(row, depth);
  const holds = condition({ tenant: parent, prefix: `${alias}.`, name: alias });
  if (holds === 'false') return 'false';
  return `exists (
    select from ${writtenName(parent.table.table)} as ${alias}
    where ${joined(join, row.name, alias)} and ${holds}
  )`;
}

/** No other than the names around it. */
export function parentAlias(row: Row, depth = 0): string {
  const alias = depth === 0 ? 'parent' : `parent${depth + 1}`;
  return alias === row.name ? `${alias}_row` : alias;
}

/** A tenant's id is the subject's, or that of one of its tenants. */
function ofSubject(situation: Situation, sql: string, type: string): string {
  const { model } = situation;
  if (model.membership === null) return equal(sql, type, contextOnce(model));
  const ids = `(select ${currentTenants(situation).name}())`;
  return comparable(type)
    ? `${sql} in ${ids}`
    : `${sql}::text in (select id::text from ${currentTenants(situation).name}() as id)`;
}

function equal(sql: string, type: string, subject: string): string {
  return comparable(type) ? `${sql} = ${subject}` : `${sql}::text = ${subject}::text`;
}

/** Domains and expressions are compared as text. */
function comparable(type: string): boolean {
  const family = familyOf(type);
  return family !== null && family !== 'other';
}

export function anyOf(conditions: readonly string[]): string {
  const real = conditions.filter((condition) => condition !== 'false');
  if (real.length <= 1) return real[0] ?? 'false';
  return `(${real.join(' or ')})`;
}
