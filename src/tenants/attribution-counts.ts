import type pg from 'pg';
import { quoteIdent, quoteQualified, type QualifiedName } from '../sql/ident.ts';
import { loadSql } from '../sql/load.ts';
import type { TenantTable } from './tenant-table.ts';

const contextlessSql = loadSql(import.meta.url, './queries/contextless-counters.sql');

/** How far the rows of a table have their tenants. */
export interface AttributionCount {
  readonly table: QualifiedName;
  readonly column: string;
  readonly rows: number;
  /** Rows without a tenant. */
  readonly unattributed: number;
  /** Rows of tenants that the table of tenants does not have. */
  readonly unknown: number;
  /** Statements that have written without a context since the expand phase; null where nobody counts. */
  readonly contextlessWrites: number | null;
  /** Partitions made since: nobody counts what is written to them by their own name. */
  readonly uncounted: readonly QualifiedName[];
}

/** Counts every row. Reads each table once. */
export async function countAttribution(
  client: pg.ClientBase,
  tables: readonly TenantTable[],
): Promise<readonly AttributionCount[]> {
  const root = tables.find((table) => table.root);
  const owned = tables.filter((table) => !table.root);
  const counters = await readCounters(client, owned);
  const counts: AttributionCount[] = [];
  for (const { schema, name, column } of owned) {
    const own = `t.${quoteIdent(column)}`;
    const unknown =
      root === undefined
        ? 'false'
        : `${own} is not null and not exists (select from ${quoteQualified(root)} as r where r.${quoteIdent(root.column)} = ${own})`;
    const { rows } = await client.query<{ rows: string; unattributed: string; unknown: string }>(
      `select pg_catalog.count(*) as rows,
              pg_catalog.count(*) filter (where ${own} is null) as unattributed,
              pg_catalog.count(*) filter (where ${unknown}) as unknown
         from ${quoteQualified({ schema, name })} as t`,
    );
    const [found] = rows;
    const counter = counters.get(quoteQualified({ schema, name }));
    counts.push({
      table: { schema, name },
      column,
      rows: Number(found?.rows),
      unattributed: Number(found?.unattributed),
      unknown: Number(found?.unknown),
      contextlessWrites: counter?.writes ?? null,
      uncounted: counter?.uncounted ?? [],
    });
  }
  return counts;
}

/** The tables that have rows without a tenant. Where an index leads with the column, it reads no more than that. */
export async function findUnattributed(
  client: pg.ClientBase,
  tables: readonly TenantTable[],
): Promise<readonly TenantTable[]> {
  const found: TenantTable[] = [];
  for (const table of tables.filter(({ root }) => !root)) {
    const { rows } = await client.query<{ found: boolean }>(
      `select exists (select from ${quoteQualified(table)} as t where t.${quoteIdent(table.column)} is null) as found`,
    );
    if (rows[0]?.found === true) found.push(table);
  }
  return found;
}

interface Counter {
  readonly writes: number;
  readonly uncounted: readonly QualifiedName[];
}

async function readCounters(
  client: pg.ClientBase,
  tables: readonly TenantTable[],
): Promise<ReadonlyMap<string, Counter>> {
  const { rows } = await client.query<{ name: string; writes: string; uncounted: QualifiedName[] }>(contextlessSql, [
    tables.map(quoteQualified),
  ]);
  return new Map(rows.map(({ name, writes, uncounted }) => [name, { writes: Number(writes), uncounted }]));
}
