import type pg from 'pg';
import { inTransaction } from '../postgres/transaction.ts';
import { formatQualified, quoteIdent, quoteLiteral, quoteQualified, type QualifiedName } from '../sql/ident.ts';
import { loadSql } from '../sql/load.ts';
import type { TenantTable } from './tenant-table.ts';

const primaryKeysSql = loadSql(import.meta.url, './queries/primary-keys.sql');

/** What goes with a tenant column: whose each row is, where that differs from row to row. */
export interface TenantContent {
  readonly table: QualifiedName;
  readonly column: string;
  readonly rows: number;
  readonly tenants: number;
}

/** Where it was kept. */
export interface KeptContent extends TenantContent {
  readonly keptIn: QualifiedName;
}

/** What the columns of these tables tell; those whose rows all say the same tell nothing. Reads each table once. */
export async function readTenantContent(
  client: pg.ClientBase,
  tables: readonly TenantTable[],
): Promise<readonly TenantContent[]> {
  const contents: TenantContent[] = [];
  for (const table of tables) {
    const column = `t.${quoteIdent(table.column)}`;
    const { rows } = await client.query<{ rows: string; tenants: string; missing: boolean }>(
      `select pg_catalog.count(*) as rows, pg_catalog.count(distinct ${column}) as tenants,
              pg_catalog.count(*) > pg_catalog.count(${column}) as missing
         from ${quoteQualified(table)} as t`,
    );
    const [found] = rows;
    if (found === undefined) continue;
    const tenants = Number(found.tenants);
    if (tenants + (found.missing ? 1 : 0) < 2) continue;
    contents.push({ table, column: table.column, rows: Number(found.rows), tenants });
  }
  return contents;
}

/**
 * Copies a tenant column with the primary key of its rows into a table of the schema `rowhouse`; without a primary key,
 * whole rows. Readers and writers go on: what they change afterwards is not in it.
 *
 * @param stamp part of the new table's name
 */
export async function keepTenantContent(
  client: pg.ClientBase,
  contents: readonly TenantContent[],
  stamp: string,
): Promise<readonly KeptContent[]> {
  const keys = await readPrimaryKeys(client, contents);
  const kept: KeptContent[] = [];
  for (const [index, content] of contents.entries()) {
    const { table, column } = content;
    const key = keys.get(quoteQualified(table));
    const keptIn = { schema: 'rowhouse', name: await asName(client, `kept_${stamp}_${index + 1}_${table.name}`) };
    const columns = key === undefined ? 't.*' : selected(new Set([...key, column]));
    await inTransaction(client, async () => {
      await client.query(
        `create table ${quoteQualified(keptIn)} as select ${columns} from ${quoteQualified(table)} as t`,
      );
      await client.query(
        `comment on table ${quoteQualified(keptIn)} is ${quoteLiteral(describe(content, keptIn, key))}`,
      );
    });
    kept.push({ ...content, keptIn });
  }
  return kept;
}

/** What a stranger who finds the table needs to know. */
function describe({ table, column }: TenantContent, keptIn: QualifiedName, key: readonly string[] | undefined): string {
  const what = `${quoteIdent(column)} of ${formatQualified(table)}, as it was before a rollback dropped it`;
  if (key === undefined) return `${what}; the table has no primary key, so these are whole rows.`;
  const own = quoteIdent(column);
  const same = key.map((one) => `k.${quoteIdent(one)} = t.${quoteIdent(one)}`).join(' and ');
  return `${what}. After the next migrate: update ${quoteQualified(table)} as t set ${own} = k.${own} from ${quoteQualified(keptIn)} as k where ${same} and k.${own} is distinct from t.${own}`;
}

function selected(columns: Iterable<string>): string {
  return [...columns].map((one) => `t.${quoteIdent(one)}`).join(', ');
}

/** A name as PostgreSQL stores it, cut where it is too long. */
async function asName(client: pg.ClientBase, text: string): Promise<string> {
  const { rows } = await client.query<{ name: string }>('select $1::pg_catalog.name::text as name', [text]);
  return rows[0]?.name ?? text;
}

async function readPrimaryKeys(
  client: pg.ClientBase,
  contents: readonly TenantContent[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = contents.map(({ table }) => quoteQualified(table));
  const { rows } = await client.query<{ name: string; columns: string[] }>(primaryKeysSql, [names]);
  return new Map(rows.map(({ name, columns }) => [name, columns]));
}
