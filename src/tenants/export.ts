import { createHash } from 'node:crypto';
import { mkdir, open, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { RowhouseError } from '../domain/errors.ts';
import { formatQualified, quoteIdent, quoteQualified } from '../sql/ident.ts';
import { rowsOfOthers, type TenantTable } from './tenant-table.ts';

/** The rows that are written at a time. A cursor of SQL, since a connection with a pipeline has no others. */
const fetchSql = 'fetch 1000 from rowhouse_export';

/** What an export folder holds: `manifest.json`. */
export interface ExportManifest {
  readonly format: 1;
  readonly toolVersion: string;
  /** The tenant whose rows stayed. */
  readonly keep: string;
  /** Parents before children: the order in which to read them back. */
  readonly tables: readonly ExportedTable[];
}

/**
 * One file: a JSON array a row and line, each value as PostgreSQL writes it as text. JSON of its own would lose what it
 * has no word for: the bounds of an array, the null of a jsonb, whatever a type casts to JSON in its own way.
 */
export interface ExportedTable {
  /** `schema.name`, quoted where needed. */
  readonly table: string;
  readonly file: string;
  readonly columns: readonly string[];
  readonly rows: number;
  readonly sha256: string;
}

/** Makes the folder of an export, for its owner's eyes. @throws RowhouseError where it holds anything, or cannot be made */
export async function prepareFolder(folder: string): Promise<void> {
  const names = await writing(folder, async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return readdir(folder);
  });
  if (names.length === 0) return;
  throw new RowhouseError('usage', 'export-folder-not-empty', `${folder} is not empty; nothing was removed.`, {
    hint: 'Name a new folder with --export-to.',
  });
}

/**
 * Writes the rows of all tenants but `keep` to an empty folder, flushed to the disk, and a manifest after all of them:
 * without a manifest an export is not whole. Call it in a transaction that keeps writers away.
 */
export async function writeExport(
  client: pg.ClientBase,
  folder: string,
  { keep, toolVersion }: Pick<ExportManifest, 'keep' | 'toolVersion'>,
  tables: readonly TenantTable[],
): Promise<ExportManifest> {
  return writing(folder, async () => {
    const exported: ExportedTable[] = [];
    for (const [index, table] of tables.entries()) {
      const file = `${String(index + 1).padStart(3, '0')}.ndjson`;
      const written = await writeRows(client, join(folder, file), table, keep);
      exported.push({ table: formatQualified(table), file, columns: table.columns, ...written });
    }
    const manifest: ExportManifest = { format: 1, toolVersion, keep, tables: exported };
    const text = `${JSON.stringify(manifest, null, 2)}\n`;
    await writeFile(join(folder, 'manifest.json'), text, { flush: true, flag: 'wx', mode: 0o600 });
    await syncFolder(folder);
    return manifest;
  });
}

async function writeRows(
  client: pg.ClientBase,
  path: string,
  table: TenantTable,
  keep: string,
): Promise<{ rows: number; sha256: string }> {
  const columns = table.columns.map((column) => `t.${quoteIdent(column)}::text`).join(', ');
  const file = await open(path, 'wx', 0o600);
  const hash = createHash('sha256');
  let rows = 0;
  try {
    await client.query(
      `declare rowhouse_export no scroll cursor for
        select pg_catalog.to_json(array[${columns}])::text as line
          from ${quoteQualified(table)} as t
         where ${rowsOfOthers(table, 't')}`,
      [keep],
    );
    for (;;) {
      const { rows: chunk } = await client.query<{ line: string }>(fetchSql);
      if (chunk.length === 0) break;
      const text = chunk.map(({ line }) => `${line}\n`).join('');
      hash.update(text);
      await file.writeFile(text);
      rows += chunk.length;
    }
    await client.query('close rowhouse_export');
    await file.sync();
  } finally {
    await file.close();
  }
  return { rows, sha256: hash.digest('hex') };
}

/** A file is on the disk when its name is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Names the folder in what the file system throws. */
async function writing<T>(folder: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    const { syscall, code } = error as NodeJS.ErrnoException;
    if (syscall === undefined || code === undefined || !/^E[A-Z]+$/.test(code) || !isFileCall(syscall)) throw error;
    throw new RowhouseError('usage', 'cannot-write', `Cannot write to ${folder}: ${code}; nothing was removed.`, {
      cause: error,
    });
  }
}

function isFileCall(syscall: string): boolean {
  return ['open', 'mkdir', 'scandir', 'write', 'writev', 'fsync', 'close'].includes(syscall);
}
