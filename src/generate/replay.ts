import type pg from 'pg';
import { quoteIdent, quoteQualified, type QualifiedName } from '../sql/ident.ts';
import { sqlstateOf } from '../postgres/database-error.ts';
import { loadSql } from '../sql/load.ts';
import type { Value } from './pool.ts';

const writtenSql = loadSql(import.meta.url, './queries/written.sql');

/** Rows of one table, as text by column. */
interface WrittenTable extends QualifiedName {
  readonly columns: readonly string[];
  /** Whether it has rewrite rules: PostgreSQL refuses ON CONFLICT there, whether they fire or not. */
  readonly ruled: boolean;
  readonly rows: readonly (readonly Value[])[];
}

/** All rows that a transaction has written, those of triggers among them. */
export type Written = readonly WrittenTable[];

/** Parameters of one statement. */
const mostParameters = 10_000;

/** Reads what the open transaction has written. */
export async function readWritten(client: pg.ClientBase): Promise<Written> {
  const tables = await client.query<Omit<WrittenTable, 'rows'>>(writtenSql);
  const written: WrittenTable[] = [];
  for (const table of tables.rows) {
    const list = table.columns.map((column) => `t.${quoteIdent(column)}::pg_catalog.text`);
    const { rows } = await client.query<{ values: Value[] }>(
      `select array[${list.join(', ')}]::pg_catalog.text[] as values from only ${quoteQualified(table)} t
        where pg_catalog.age(t.xmin) <= pg_catalog.age(pg_catalog.pg_current_xact_id()::pg_catalog.xid)
        order by t.ctid`,
    );
    written.push({ ...table, rows: rows.map(({ values }) => values) });
  }
  return written;
}

/**
 * Stores rows as they were in the transaction that wrote them. No trigger and no rule fires and no foreign key is asked: all of
 * that happened there, so that this session needs no context for it. A row that was there before and was changed, as by a
 * trigger that counts, stays as it was.
 */
export async function replay(client: pg.ClientBase, written: Written): Promise<void> {
  await client.query('set local session_replication_role = replica');
  for (const table of written) {
    if (table.ruled) await insertEach(client, table);
    else await insertMany(client, table);
  }
  await client.query('set local session_replication_role = origin');
}

async function insertMany(client: pg.ClientBase, table: WrittenTable): Promise<void> {
  const { columns, rows } = table;
  const size = Math.max(1, Math.floor(mostParameters / Math.max(1, columns.length)));
  for (let start = 0; start < rows.length; start += size) {
    const some = rows.slice(start, start + size);
    await client.query(`${insertOf(table, some.length)} on conflict do nothing`, some.flat());
  }
}

async function insertEach(client: pg.ClientBase, table: WrittenTable): Promise<void> {
  const insert = insertOf(table, 1);
  for (const row of table.rows) {
    await client.query('savepoint rowhouse_replayed');
    try {
      await client.query(insert, [...row]);
    } catch (error) {
      if (!isConflict(error)) throw error;
      await client.query('rollback to savepoint rowhouse_replayed');
    }
    await client.query('release savepoint rowhouse_replayed');
  }
}

function insertOf({ columns, ...table }: WrittenTable, rows: number): string {
  const tuples = Array.from(
    { length: rows },
    (_, at) => `(${columns.map((__, n) => `$${at * columns.length + n + 1}`).join(', ')})`,
  );
  return `insert into ${quoteQualified(table)} (${columns.map(quoteIdent).join(', ')}) overriding system value values ${tuples.join(', ')}`;
}

/** unique_violation, exclusion_violation. */
function isConflict(error: unknown): boolean {
  return ['23505', '23P01'].includes(sqlstateOf(error) ?? '');
}
