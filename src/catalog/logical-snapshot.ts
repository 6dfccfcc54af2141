import type pg from 'pg';
import { formatQualified, quoteIdent, quoteQualified, type QualifiedName } from '../sql/ident.ts';
import { loadSql } from '../sql/load.ts';
import { frozenRead } from './frozen-read.ts';

/**
 * What a database is, without how it came to be: each object's name with its definition, and nothing of OIDs or column numbers.
 * Two databases with equal snapshots cannot be told apart by an application.
 */
export type LogicalSnapshot = ReadonlyMap<string, string>;

export interface LogicalSnapshotOptions {
  /** Take the rows of every table too, as a count and a hash that does not depend on their order. */
  readonly rows?: boolean;
}

const kinds = [
  'schemas',
  'relations',
  'columns',
  'constraints',
  'indexes',
  'policies',
  'triggers',
  'rules',
  'functions',
  'types',
  'sequences',
  'extensions',
  'privileges',
  'default-privileges',
  'comments',
  'others',
].map((kind) => loadSql(import.meta.url, `./queries/logical/${kind}.sql`));

const storedTables = loadSql(import.meta.url, './queries/logical/stored-tables.sql');

interface ObjectRow {
  readonly object: string;
  readonly definition: string;
}

interface StoredTable extends QualifiedName {
  readonly columns: readonly string[];
}

/**
 * Reads the logical snapshot of the connected database: schemas, relations, columns, constraints, indexes, policies, triggers, rules,
 * functions, types, sequences (without their position), extensions, privileges, comments and, if asked for, rows.
 * Left out are system schemas, the schema `rowhouse`, members of extensions, and roles, which belong to the whole cluster.
 */
export async function readLogicalSnapshot(
  client: pg.ClientBase,
  { rows = false }: LogicalSnapshotOptions = {},
): Promise<LogicalSnapshot> {
  return frozenRead(client, async () => {
    const objects: ObjectRow[] = [];
    for (const sql of kinds) objects.push(...(await client.query<ObjectRow>(sql)).rows);
    if (rows) objects.push(...(await readRows(client)));
    return sorted(objects);
  });
}

/** An object that differs between two snapshots; null where it is not. */
export interface LogicalDifference {
  readonly object: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What differs between two logical snapshots, by the objects' names. */
export function diffLogicalSnapshots(before: LogicalSnapshot, after: LogicalSnapshot): LogicalDifference[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .map((object) => ({ object, before: before.get(object) ?? null, after: after.get(object) ?? null }))
    .filter((difference) => difference.before !== difference.after);
}

async function readRows(client: pg.ClientBase): Promise<ObjectRow[]> {
  const tables = (await client.query<StoredTable>(storedTables)).rows;
  const objects: ObjectRow[] = [];
  for (const table of tables) {
    const { rows } = await client.query<Pick<ObjectRow, 'definition'>>(rowsOf(table));
    objects.push(...rows.map((row) => ({ object: `rows ${formatQualified(table)}`, ...row })));
  }
  return objects;
}

/** The sum does not depend on the order of the rows, and unlike XOR it counts duplicates. */
function rowsOf(table: StoredTable): string {
  const values = table.columns.map((column) => `t.${quoteIdent(column)}`).join(', ');
  return `
    select pg_catalog.format('%s rows, hash %s', count(*), coalesce(sum(pg_catalog.hashtextextended(row(${values})::pg_catalog.text, 0)), 0)) as definition
    from only ${quoteQualified(table)} t`;
}

function sorted(objects: readonly ObjectRow[]): LogicalSnapshot {
  const map = new Map<string, string>();
  for (const { object, definition } of objects.toSorted((a, b) => (a.object < b.object ? -1 : 1))) {
    const twin = map.get(object);
    map.set(object, twin === undefined ? definition : `${twin}\n${definition}`);
  }
  return map;
}
