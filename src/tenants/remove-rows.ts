import type pg from 'pg';
import { RowhouseError } from '../domain/errors.ts';
import { inTransaction } from '../postgres/transaction.ts';
import { formatQualified, quoteQualified } from '../sql/ident.ts';
import { assertNoStrayCascade } from './cascades.ts';
import { prepareFolder, writeExport, type ExportManifest } from './export.ts';
import { withQuietTriggers } from './quiet-triggers.ts';
import { rowsOfOthers, type TenantTable } from './tenant-table.ts';

/**
 * Removes the rows of every tenant but one, in one transaction; before that it writes them to files, where a folder
 * is given. Writers wait meanwhile, readers do not. User triggers stay quiet: nobody edited these rows.
 *
 * @param tables parents before children; the table of tenants itself is written, and keeps its rows
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
  const { exportTo, toolVersion } = options;
  const emptied = tables.filter((table) => !table.root);
  if (exportTo !== null) await prepareFolder(exportTo);
  return inTransaction(client, async () => {
    await client.query("select pg_catalog.set_config('lock_timeout', $1, true)", [`${options.lockTimeoutMs}ms`]);
    if (tables.length > 0) {
      await client.query(`lock table ${tables.map(quoteQualified).join(', ')} in share row exclusive mode`);
    }
    let manifest: ExportManifest | null = null;
    if (exportTo !== null) {
      await assertNoStrayCascade(client, emptied, keep);
      manifest = await writeExport(client, exportTo, { keep, toolVersion }, tables);
    }
    await withQuietTriggers(client, emptied, async () => {
      for (const table of emptied.toReversed()) await deleteRows(client, table, keep, manifest);
    });
    return manifest;
  });
}

async function deleteRows(
  client: pg.ClientBase,
  table: TenantTable,
  keep: string,
  manifest: ExportManifest | null,
): Promise<void> {
  const result = await client.query(`delete from ${quoteQualified(table)} as t where ${rowsOfOthers(table, 't')}`, [
    keep,
  ]);
  const removed = result.rowCount ?? 0;
  const written = manifest?.tables.find((entry) => entry.table === formatQualified(table));
  if (!written || written.rows === removed) return;
  throw new RowhouseError(
    'database',
    'export-incomplete',
    `${formatQualified(table)}: ${written.rows} rows were written and ${removed} would go; nothing was removed.`,
    { hint: 'Foreign keys that cascade in a circle cannot be taken apart: remove these rows by hand.' },
  );
}
