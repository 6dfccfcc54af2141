import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type pg from 'pg';
import { z } from 'zod';
import { RowhouseError } from '../domain/errors.ts';
import { databaseError } from '../postgres/database-error.ts';
import { inTransaction } from '../postgres/transaction.ts';
import { parseQualified, quoteIdent, quoteQualified, type QualifiedName } from '../sql/ident.ts';
import type { ExportManifest } from './export.ts';

const chunkSize = 500;

const manifestSchema = z.object({
  format: z.literal(1),
  toolVersion: z.string(),
  keep: z.string(),
  tables: z.array(
    z.object({
      table: z.string(),
      file: z.string().regex(/^\d+\.ndjson$/),
      columns: z.array(z.string()),
      rows: z.number(),
      sha256: z.string(),
    }),
  ),
});

/** What came back of one table. */
export interface ImportedTable {
  readonly table: string;
  readonly inserted: number;
  /** Rows that were there already: their key is taken. */
  readonly skipped: number;
}

/**
 * Reads an export back, in one transaction. Rows whose key is taken are left as they are. User triggers stay quiet.
 *
 * @throws RowhouseError `export-invalid`, or `database` with nothing inserted
 */
export async function importTenantRows(client: pg.ClientBase, folder: string): Promise<ImportedTable[]> {
  const manifest = await readManifest(folder);
  for (const entry of manifest.tables) await assertIntact(folder, entry);
  return inTransaction(client, async () => {
    const imported: ImportedTable[] = [];
    for (const entry of manifest.tables) {
      const inserted = await importTable(client, folder, entry);
      imported.push({ table: entry.table, inserted, skipped: entry.rows - inserted });
    }
    return imported;
  });
}

async function readManifest(folder: string): Promise<ExportManifest> {
  const path = join(folder, 'manifest.json');
  try {
    return manifestSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    throw invalid(`${path} is not the manifest of an export.`, error);
  }
}

async function assertIntact(folder: string, { file, sha256 }: ExportManifest['tables'][number]): Promise<void> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(join(folder, file))) hash.update(chunk as Buffer);
  } catch (error) {
    throw invalid(`${join(folder, file)} cannot be read.`, error);
  }
  if (hash.digest('hex') !== sha256)
    throw invalid(`${join(folder, file)} is not what was written: its SHA-256 differs.`);
}

async function importTable(
  client: pg.ClientBase,
  folder: string,
  { table: name, file, columns, rows }: ExportManifest['tables'][number],
): Promise<number> {
  const table = parseQualified(name);
  if (!table) throw invalid(`"${name}" is no table.`);
  if (rows === 0) return 0;
  await client.query(`alter table ${quoteQualified(table)} disable trigger user`).catch((error: unknown) => {
    throw databaseError(error, name);
  });
  let inserted = 0;
  let chunk: string[] = [];
  for await (const line of createInterface({ input: createReadStream(join(folder, file)), crlfDelay: Infinity })) {
    chunk.push(line);
    if (chunk.length < chunkSize) continue;
    inserted += await insertChunk(client, table, columns, chunk);
    chunk = [];
  }
  inserted += await insertChunk(client, table, columns, chunk);
  await client.query(`alter table ${quoteQualified(table)} enable trigger user`);
  return inserted;
}

async function insertChunk(
  client: pg.ClientBase,
  table: QualifiedName,
  columns: readonly string[],
  lines: readonly string[],
): Promise<number> {
  const list = columns.map(quoteIdent).join(', ');
  const result = await client
    .query(
      `insert into ${quoteQualified(table)} (${list}) overriding system value
       select ${columns.map((column) => `r.${quoteIdent(column)}`).join(', ')}
         from pg_catalog.json_populate_recordset(null::${quoteQualified(table)}, $1::json) as r
           on conflict do nothing`,
      [`[${lines.join(',')}]`],
    )
    .catch((error: unknown) => {
      throw databaseError(error, quoteQualified(table));
    });
  return result.rowCount ?? 0;
}

function invalid(message: string, cause?: unknown): RowhouseError {
  return new RowhouseError('usage', 'export-invalid', message, {
    hint: 'Name the folder that `rowhouse rollback --tenant-rows export` wrote.',
    cause,
  });
}
