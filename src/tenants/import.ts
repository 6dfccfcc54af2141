import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { z } from 'zod';
import { RowhouseError } from '../domain/errors.ts';
import { withDatabaseContext } from '../postgres/database-error.ts';
import { inTransaction } from '../postgres/transaction.ts';
import {
  formatIdent,
  formatQualified,
  parseQualified,
  quoteIdent,
  quoteQualified,
  type QualifiedName,
} from '../sql/ident.ts';
import { loadSql } from '../sql/load.ts';
import type { ExportManifest } from './export.ts';
import { withQuietTriggers } from './quiet-triggers.ts';

const typesSql = loadSql(import.meta.url, './queries/types.sql');

/** Rows sent to the server at a time. */
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
    throw invalid(`${path} is not the manifest of an export.`, undefined, error);
  }
}

async function assertIntact(folder: string, { file, sha256 }: ExportManifest['tables'][number]): Promise<void> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(join(folder, file))) hash.update(chunk as Buffer);
  } catch (error) {
    throw invalid(`${join(folder, file)} cannot be read.`, undefined, error);
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
  const types = await readTypes(client, table, columns);
  await stageRows(client, join(folder, file));
  const list = columns.map(quoteIdent).join(', ');
  const values = types.map((type, index) => `(r.line ->> ${index})::${type}`).join(', ');
  // One statement, after which foreign keys are checked: rows may point at later ones of their own table.
  const insert = `insert into ${quoteQualified(table)} (${list}) overriding system value
    select ${values} from pg_temp.rowhouse_import as r on conflict do nothing`;
  const result = await withQuietTriggers(client, [table], () => client.query(insert)).catch((error: unknown) => {
    throw withDatabaseContext(error, name);
  });
  await moveSequences(client, table, columns);
  return result.rowCount ?? 0;
}

/** The type of each column, as SQL writes it. @throws RowhouseError `export-invalid` where one is not there */
async function readTypes(
  client: pg.ClientBase,
  table: QualifiedName,
  columns: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string; type: string }>(typesSql, [quoteQualified(table), columns]);
  const types = new Map(rows.map((row) => [row.name, row.type]));
  return columns.map((column) => {
    const type = types.get(column);
    if (type !== undefined) return type;
    throw invalid(
      `${formatQualified(table)} has no column ${formatIdent(column)}; nothing was imported.`,
      'Bring the database to where it was exported, with `rowhouse migrate`, and import then.',
    );
  });
}

async function stageRows(client: pg.ClientBase, path: string): Promise<void> {
  await client.query(`create temporary table if not exists rowhouse_import (line jsonb) on commit drop`);
  await client.query('truncate pg_temp.rowhouse_import');
  const stage = (lines: readonly string[]) =>
    client.query('insert into pg_temp.rowhouse_import (line) select pg_catalog.jsonb_array_elements($1::jsonb)', [
      `[${lines.join(',')}]`,
    ]);
  let chunk: string[] = [];
  for await (const line of linesOf(path)) {
    chunk.push(line);
    if (chunk.length < chunkSize) continue;
    await stage(chunk);
    chunk = [];
  }
  await stage(chunk);
}

/** The lines of a file. Node's readline would also split at U+2028, which JSON leaves as it is. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(path, 'utf8')) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

/**
 * Moves the sequences of the columns behind the values that came back, and never backwards. A sequence may also belong
 * to a column that is no number, and only feed its default.
 */
async function moveSequences(client: pg.ClientBase, table: QualifiedName, columns: readonly string[]): Promise<void> {
  for (const column of columns) {
    const { rows } = await client.query<{ sequence: string | null }>(
      `select pg_catalog.pg_get_serial_sequence($1, $2) as sequence
         from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass($1) and a.attname = $2
          and a.atttypid in ('smallint'::pg_catalog.regtype, 'integer'::pg_catalog.regtype, 'bigint'::pg_catalog.regtype)`,
      [quoteQualified(table), column],
    );
    const sequence = rows[0]?.sequence;
    if (!sequence) continue;
    await client.query(
      `select pg_catalog.setval($1::regclass, m.value)
         from (select pg_catalog.max(t.${quoteIdent(column)}) as value from ${quoteQualified(table)} as t) as m
        where m.value > (select s.last_value from ${sequence} as s)`,
      [sequence],
    );
  }
}

function invalid(
  message: string,
  hint = 'Name the folder that `rowhouse rollback --tenant-rows export` wrote.',
  cause?: unknown,
): RowhouseError {
  return new RowhouseError('usage', 'export-invalid', message, { hint, cause });
}
