import type pg from 'pg';
import { RowhouseError } from '../domain/errors.ts';
import { inTransaction } from '../postgres/transaction.ts';
import { formatQualified, quoteIdent, quoteQualified } from '../sql/ident.ts';
import { writeExport, type ExportManifest } from './export.ts';
import type { TenantTable } from './tenant-table.ts';

/**
 * Removes the rows of every tenant but one, in one transaction; before that it writes them to files, where a folder
 * is given. Writers wait meanwhile, readers do not. User triggers stay quiet: nobody edited these rows.
 *
 * @param tables parents before children
 * @param keep the tenant whose rows stay; rows without a tenant stay too
 * @returns what was written, or null
 * @throws RowhouseError after which every row is where it was
 */
export async function removeTenantRows(
  client: pg.ClientBase,
  tables: readonly TenantTable[],
  keep: string,
  options: { readonly exportTo: string | null; readonly lockTimeoutMs: number; readonly toolVersion: string },
): Promise<ExportManifest | null> {
  const others = (table: TenantTable) =>
    `t.${quoteIdent(table.column)} is not null and t.${quoteIdent(table.column)}::text <> $1`;
  return inTransaction(client, async () => {
    await client.query("select pg_catalog.set_config('lock_timeout', $1, true)", [`${options.lockTimeoutMs}ms`]);
    if (tables.length > 0) {
      await client.query(`lock table ${tables.map(quoteQualified).join(', ')} in share row exclusive mode`);
    }
    const manifest =
      options.exportTo === null
        ? null
        : await writeExport(
            client,
            options.exportTo,
            { keep, toolVersion: options.toolVersion },
            tables.map((table) => ({ table, where: others(table) })),
          );
    for (const table of tables) await client.query(`alter table ${quoteQualified(table)} disable trigger user`);
    for (const table of [...tables].reverse()) {
      const { rowCount } = await client.query(`delete from ${quoteQualified(table)} as t where ${others(table)}`, [
        keep,
      ]);
      const written = manifest?.tables.find((entry) => entry.table === formatQualified(table));
      // A cascade may take rows of a child before its turn, never rows that were not written: children come first.
      if (written && (rowCount ?? 0) !== written.rows) {
        throw new RowhouseError(
          'database',
          'export-incomplete',
          `${formatQualified(table)}: ${written.rows} rows were written and ${rowCount ?? 0} would go; nothing was removed.`,
        );
      }
    }
    for (const table of tables) await client.query(`alter table ${quoteQualified(table)} enable trigger user`);
    return manifest;
  });
}
