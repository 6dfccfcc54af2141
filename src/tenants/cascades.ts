import type pg from 'pg';
import { RowhouseError } from '../domain/errors.ts';
import { formatQualified, quoteIdent, quoteQualified } from '../sql/ident.ts';
import { loadSql } from '../sql/load.ts';
import { rowsOfOthers, type TenantTable } from './tenant-table.ts';

const cascadesSql = loadSql(import.meta.url, './queries/cascades.sql');

/** A foreign key that deletes or changes its rows when the rows they point at go. */
interface Cascade {
  readonly constraint: string;
  readonly childSchema: string;
  readonly childName: string;
  /** Quoted. */
  readonly parent: string;
  readonly childColumns: readonly string[];
  readonly parentColumns: readonly string[];
}

/**
 * Refuses where a foreign key would take or change rows that an export does not hold: those of tables that name no
 * tenant, and of the tenant that stays.
 *
 * @throws RowhouseError `export-misses-rows`
 */
export async function assertNoStrayCascade(
  client: pg.ClientBase,
  tables: readonly TenantTable[],
  keep: string,
): Promise<void> {
  const byName = new Map(tables.map((table) => [quoteQualified(table), table]));
  const { rows: cascades } = await client.query<Cascade>(cascadesSql, [[...byName.keys()]]);
  const lines: string[] = [];
  for (const cascade of cascades) {
    const parent = byName.get(cascade.parent);
    if (!parent) continue;
    const name = { schema: cascade.childSchema, name: cascade.childName };
    const child = byName.get(quoteQualified(name));
    const sameKey = cascade.childColumns.map(
      (column, index) => `c.${quoteIdent(column)} = t.${quoteIdent(cascade.parentColumns[index] ?? '')}`,
    );
    const { rows } = await client.query<{ count: string }>(
      `select pg_catalog.count(*) as count
         from ${quoteQualified(name)} as c
        where exists (select from ${cascade.parent} as t where ${sameKey.join(' and ')} and ${rowsOfOthers(parent, 't')})
          and ${child ? `(${rowsOfOthers(child, 'c')}) is not true` : 'true'}`,
      [keep],
    );
    const count = Number(rows[0]?.count ?? 0);
    if (count > 0) lines.push(`${formatQualified(name)}: ${count} rows, by the foreign key ${cascade.constraint}`);
  }
  if (lines.length === 0) return;
  throw new RowhouseError(
    'database',
    'export-misses-rows',
    'Rows that the export would not hold go or change with those of the other tenants; nothing was removed.',
    {
      detail: lines.join('\n'),
      hint: 'Save or move them first, or let `--tenant-rows delete` take them.',
    },
  );
}
