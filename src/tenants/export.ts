import { createHash } from 'node:crypto';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import Cursor from 'pg-cursor';
import { formatQualified, quoteIdent, quoteQualified, type QualifiedName } from '../sql/ident.ts';

/** Rows fetched and written at a time. */
const chunkSize = 1000;

/** What an export folder holds: `manifest.json`. */
export interface ExportManifest {
  readonly format: 1;
  readonly toolVersion: string;
  /** The tenant whose rows stayed. */
  readonly keep: string;
  /** Parents before children: the order in which to read them back. */
  readonly tables: readonly ExportedTable[];
}

/** One file: a JSON object a row and line, as `row_to_json` writes it. */
export interface ExportedTable {
  /** `schema.name`, quoted where needed. */
  readonly table: string;
  readonly file: string;
  readonly columns: readonly string[];
  readonly rows: number;
  readonly sha256: string;
}

/** A table and which of its rows to write: SQL over the alias `t`, in which `$1` is the tenant to keep. */
export interface ExportPart {
  readonly table: QualifiedName & { readonly columns: readonly string[] };
  readonly where: string;
}

/**
 * Writes rows to a new folder, flushed to the disk, and a manifest after all of them: without a manifest an export is
 * not whole. Call it in a transaction that keeps writers away.
 */
export async function writeExport(
  client: pg.ClientBase,
  folder: string,
  { keep, toolVersion }: Pick<ExportManifest, 'keep' | 'toolVersion'>,
  parts: readonly ExportPart[],
): Promise<ExportManifest> {
  await mkdir(folder, { recursive: true });
  const tables: ExportedTable[] = [];
  for (const [index, part] of parts.entries()) {
    const file = `${String(index + 1).padStart(3, '0')}.ndjson`;
    const written = await writeRows(client, join(folder, file), part, keep);
    tables.push({ table: formatQualified(part.table), file, columns: part.table.columns, ...written });
  }
  const manifest: ExportManifest = { format: 1, toolVersion, keep, tables };
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`, { flush: true });
  return manifest;
}

async function writeRows(
  client: pg.ClientBase,
  path: string,
  { table, where }: ExportPart,
  keep: string,
): Promise<{ rows: number; sha256: string }> {
  const columns = table.columns.map((column) => `t.${quoteIdent(column)}`).join(', ');
  const cursor = client.query(
    new Cursor<{ line: string }>(
      `select pg_catalog.row_to_json(r)::text as line
         from ${quoteQualified(table)} as t cross join lateral (select ${columns}) as r
        where ${where}`,
      [keep],
    ),
  );
  const hash = createHash('sha256');
  const file = await open(path, 'wx');
  let rows = 0;
  try {
    for (;;) {
      const chunk = await cursor.read(chunkSize);
      if (chunk.length === 0) break;
      const text = chunk.map(({ line }) => `${line}\n`).join('');
      hash.update(text);
      await file.write(text);
      rows += chunk.length;
    }
    await file.sync();
  } finally {
    await file.close();
    await cursor.close();
  }
  return { rows, sha256: hash.digest('hex') };
}
