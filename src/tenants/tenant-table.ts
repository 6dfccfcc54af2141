import type pg from 'pg';
import type { Model } from '../model/model.ts';
import { formatQualified, quoteIdent, quoteQualified, type QualifiedName } from '../sql/ident.ts';
import { loadSql } from '../sql/load.ts';

const columnsSql = loadSql(import.meta.url, './queries/columns.sql');
const referencesSql = loadSql(import.meta.url, './queries/references.sql');

/** A table of the model whose rows belong to tenants by a column. */
export interface OwnedTable extends QualifiedName {
  readonly column: string;
  /** Whether it is the table of tenants itself. */
  readonly root: boolean;
}

/** One that exists. */
export interface TenantTable extends OwnedTable {
  /** The columns that can be written: neither dropped nor generated, in their order. */
  readonly columns: readonly string[];
}

/** How many rows each tenant has, by table: one entry a tenant and table. */
export interface TenantRows {
  readonly tenant: string;
  readonly table: QualifiedName;
  readonly rows: number;
}

/** The tables of a model whose rows name their tenant, and that of the tenants. */
export function ownedTables(model: Model): readonly OwnedTable[] {
  return model.tables.flatMap((table) => {
    if (table.tenancy === 'root') return { ...table.table, column: model.tenants.key, root: true };
    const owned = table.tenancy === 'row' && table.owner.kind === 'column';
    return owned ? { ...table.table, column: table.owner.column, root: false } : [];
  });
}

/** Those of the tables that exist and have their column by now, parents before children. */
export async function findTenantTables(client: pg.ClientBase, wanted: readonly OwnedTable[]): Promise<TenantTable[]> {
  const names = wanted.map(quoteQualified);
  const { rows } = await client.query<{ name: string; columns: string[] }>(columnsSql, [names]);
  const columns = new Map(rows.map((row) => [row.name, row.columns]));
  const present = wanted.flatMap((table) => {
    const found = columns.get(quoteQualified(table)) ?? [];
    return found.includes(table.column) ? { ...table, columns: found } : [];
  });
  return parentsFirst(present, await readReferences(client, present.map(quoteQualified)));
}

/** SQL over `alias`: whether a row belongs to another tenant than `$1`. Null where it belongs to none. */
export function rowsOfOthers({ column }: OwnedTable, alias: string): string {
  return `${alias}.${quoteIdent(column)}::text <> $1`;
}

/** The rows of every tenant, without those of the table of tenants; rows without a tenant do not count. */
export async function countTenantRows(client: pg.ClientBase, tables: readonly TenantTable[]): Promise<TenantRows[]> {
  const counts: TenantRows[] = [];
  for (const table of tables.filter(({ root }) => !root)) {
    const column = `t.${quoteIdent(table.column)}`;
    const { rows } = await client.query<{ tenant: string; rows: string }>(
      `select ${column}::text as tenant, pg_catalog.count(*) as rows
         from ${quoteQualified(table)} as t
        where ${column} is not null
        group by 1
        order by 1`,
    );
    counts.push(...rows.map(({ tenant, rows: count }) => ({ tenant, table, rows: Number(count) })));
  }
  return counts;
}

/** The ids in the table of tenants, where that exists. */
export async function readTenantIds(client: pg.ClientBase, tables: readonly TenantTable[]): Promise<string[]> {
  const root = tables.find((table) => table.root);
  if (root === undefined) return [];
  const { rows } = await client.query<{ id: string }>(
    `select t.${quoteIdent(root.column)}::text as id from ${quoteQualified(root)} as t order by 1`,
  );
  return rows.map((row) => row.id);
}

/** From so many lines on, nobody would read who has what. */
const mostLines = 20;

/** `public.tools: 12 rows of tenant 1111…`, one line a tenant and table; of many, one line a table. */
export function describeTenantRows(counts: readonly TenantRows[]): string {
  if (counts.length <= mostLines) {
    return counts.map(({ table, rows, tenant }) => `${countOf(table, rows)} of tenant ${tenant}`).join('\n');
  }
  const tables = new Map<string, TenantRows[]>();
  for (const count of counts) {
    const name = quoteQualified(count.table);
    tables.set(name, [...(tables.get(name) ?? []), count]);
  }
  return [...tables.values()]
    .flatMap((ofTable) => {
      const rows = ofTable.reduce((sum, count) => sum + count.rows, 0);
      return ofTable.slice(0, 1).map(({ table }) => `${countOf(table, rows)} of ${ofTable.length} tenants`);
    })
    .join('\n');
}

function countOf(table: QualifiedName, rows: number): string {
  return `${formatQualified(table)}: ${rows.toLocaleString('en')} row${rows === 1 ? '' : 's'}`;
}

/** Pairs [child, parent] of quoted names. */
async function readReferences(client: pg.ClientBase, names: readonly string[]): Promise<[string, string][]> {
  const { rows } = await client.query<{ child: string; parent: string }>(referencesSql, [names]);
  return rows.map(({ child, parent }) => [child, parent]);
}

/** Orders tables by their foreign keys; a cycle keeps the order it was given in. */
function parentsFirst(tables: readonly TenantTable[], references: readonly [string, string][]): TenantTable[] {
  const ordered: TenantTable[] = [];
  const visited = new Set<string>();
  const byName = new Map(tables.map((table) => [quoteQualified(table), table]));
  const visit = (name: string) => {
    const table = byName.get(name);
    if (table === undefined || visited.has(name)) return;
    visited.add(name);
    for (const [child, parent] of references) if (child === name) visit(parent);
    ordered.push(table);
  };
  for (const name of byName.keys()) visit(name);
  return ordered;
}
