import pg from 'pg';
import { isConnectionLoss } from '../postgres/database-error.ts';
import type { SessionSettings } from '../postgres/impersonate.ts';
import { quoteIdent, quoteQualified } from '../sql/ident.ts';
import { nameOf } from '../catalog/lookup.ts';
import type { Value } from './pool.ts';
import type { TableShape } from './shape.ts';

/** Why the server did not take a row. */
export interface Refusal {
  readonly sqlstate: string;
  readonly message: string;
  /** The constraint or the unique index, where it is one of the table's own. */
  readonly constraint: string | null;
}

export type Inserted =
  | { readonly ok: true; readonly values: readonly ReadonlyMap<string, Value>[] }
  | { readonly ok: false; readonly refusal: Refusal };

/** A judgement of a row as it is stored: what is wrong with it, or null. */
export type Judge = (values: ReadonlyMap<string, Value>) => string | null;

export interface RowToStore {
  readonly row: ReadonlyMap<string, Value>;
  readonly judge: Judge;
}

/**
 * Stores rows of the same columns behind a savepoint, and takes them back where one was refused, or is not what was meant.
 * They come back as they are stored.
 */
export async function insertRows(
  client: pg.ClientBase,
  shape: TableShape,
  rows: readonly RowToStore[],
  settings: SessionSettings,
): Promise<Inserted> {
  await client.query('savepoint rowhouse_row');
  const inserted = await tryInsert(client, shape, rows, settings);
  await client.query(
    inserted.ok
      ? 'release savepoint rowhouse_row'
      : 'rollback to savepoint rowhouse_row; release savepoint rowhouse_row',
  );
  if (inserted.ok) for (const name of Object.keys(settings)) await setContext(client, name, '');
  return inserted;
}

async function tryInsert(
  client: pg.ClientBase,
  shape: TableShape,
  rows: readonly RowToStore[],
  settings: SessionSettings,
): Promise<Inserted> {
  try {
    for (const [name, value] of Object.entries(settings)) await setContext(client, name, value);
    const parameters = rows.flatMap(({ row }) => [...row.values()]);
    const stored = await client.query<{ values: Value[] }>(insertSql(shape, rows), parameters);
    if (stored.rows.length < rows.length) return refused('02000', 'a trigger or a rule kept the row from being stored');
    const names = storedNames(shape);
    const values = stored.rows.map((row) => new Map(names.map((name, at) => [name, row.values[at] ?? null])));
    const complaint = rows.map(({ judge }, at) => judge(values[at] ?? new Map())).find((wrong) => wrong !== null);
    return complaint === undefined ? { ok: true, values } : refused('02000', complaint);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || isConnectionLoss(error)) throw error;
    const own = error.schema === shape.relation.nspname && error.table === shape.relation.relname;
    return refused(error.code ?? '', error.message, own ? error.constraint : undefined);
  }
}

function refused(sqlstate: string, message: string, constraint?: string): Inserted {
  return { ok: false, refusal: { sqlstate, message, constraint: constraint ?? null } };
}

function storedNames(shape: TableShape): readonly string[] {
  return [...shape.columns, ...shape.generated].map(({ attname }) => attname);
}

/** All columns of a row, as one array of texts. */
function storedRow(shape: TableShape): string {
  const list = storedNames(shape).map((name) => `${quoteIdent(name)}::pg_catalog.text`);
  return `array[${list.join(', ')}]::pg_catalog.text[] as values`;
}

function insertSql(shape: TableShape, rows: readonly RowToStore[]): string {
  const names = [...(rows[0]?.row.keys() ?? [])];
  const always = shape.columns.some(({ attname, attidentity }) => attidentity === 'a' && names.includes(attname));
  const tuples = rows.map((_, at) => `(${names.map((__, column) => `$${at * names.length + column + 1}`).join(', ')})`);
  const list = names.map(quoteIdent).join(', ');
  const given =
    names.length === 0
      ? 'default values'
      : `(${list})${always ? ' overriding system value' : ''} values ${tuples.join(', ')}`;
  return `insert into ${quoteQualified(nameOf(shape.relation))} ${given} returning ${storedRow(shape)}`;
}

/** The row that has these values in these columns already, if there is one. */
export async function findRow(
  client: pg.ClientBase,
  shape: TableShape,
  key: ReadonlyMap<string, Value>,
): Promise<ReadonlyMap<string, Value> | null> {
  const tests = [...key.keys()].map((name, at) => `${quoteIdent(name)}::pg_catalog.text = $${at + 1}`).join(' and ');
  const { rows } = await client.query<{ values: Value[] }>(
    `select ${storedRow(shape)} from ${quoteQualified(nameOf(shape.relation))} where ${tests} limit 1`,
    [...key.values()],
  );
  const [found] = rows;
  return found === undefined ? null : new Map(storedNames(shape).map((name, at) => [name, found.values[at] ?? null]));
}

async function setContext(client: pg.ClientBase, name: string, value: string): Promise<void> {
  await client.query('select pg_catalog.set_config($1, $2, true)', [name, value]);
}
