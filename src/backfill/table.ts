import type pg from 'pg';
import { RowhouseError } from '../domain/errors.ts';
import { quoteQualified, quoteWritten, type QualifiedName } from '../sql/ident.ts';
import { loadSql } from '../sql/load.ts';
import type { BatchKey } from './batch-sql.ts';
import type { BackfillBody } from './body.ts';

const tableSql = loadSql(import.meta.url, './queries/table.sql');
const firingTriggersSql = loadSql(import.meta.url, './queries/firing-triggers.sql');

/** The table of a backfill, as the catalog has it. */
export interface BackfillTable extends QualifiedName {
  readonly pages: number;
  /** The planner's estimate of the rows; not positive where the table was never analyzed. */
  readonly estimate: number;
  readonly partitioned: boolean;
  /** A unique key of NOT NULL columns. */
  readonly key: BatchKey | null;
  /** The one column of that key, where it is of an integer type. */
  readonly integerKey: string | null;
}

interface TableRow extends QualifiedName {
  readonly relkind: string;
  readonly pages: string;
  readonly estimate: number;
  readonly columns: string[] | null;
  readonly types: string[] | null;
}

/**
 * Finds the table that a body updates.
 *
 * @throws RowhouseError `backfill-invalid` where there is none
 */
export async function findTable(client: pg.ClientBase, path: string, body: BackfillBody): Promise<BackfillTable> {
  const written = quoteWritten(body.target);
  const row = (await client.query<TableRow>(tableSql, [written])).rows[0];
  if (!row) throw invalid(path, `the table ${written} does not exist`);
  if (row.relkind !== 'r' && row.relkind !== 'p') throw invalid(path, `${written} is not a table`);
  const { columns, types } = row;
  const [column = '', ...others] = columns ?? [];
  const isInteger = others.length === 0 && /^(smallint|integer|bigint)$/.test(types?.[0] ?? '');
  return {
    schema: row.schema,
    name: row.name,
    pages: Number(row.pages),
    estimate: row.estimate,
    partitioned: row.relkind === 'p',
    key: columns === null ? null : { columns, types: types ?? [] },
    integerKey: isInteger ? column : null,
  };
}

/** Whether rows may be taken by their place: a row that moves may come again, or be passed by until the sweep. */
export function mayGoByPages(body: BackfillBody, table: BackfillTable): boolean {
  return !table.partitioned && body.rangeColumn === null && body.selfLimiting;
}

/**
 * The key by which the rows are taken, where they cannot be by their place.
 *
 * @throws RowhouseError `backfill-invalid` where the body cannot be taken in batches
 */
export function keyOf(path: string, body: BackfillBody, table: BackfillTable): BatchKey {
  const written = quoteWritten(body.target);
  if (table.key === null) {
    if (table.partitioned) throw invalid(path, `${written} is partitioned and has no unique key of NOT NULL columns`);
    throw invalid(
      path,
      `${written} has no unique key of NOT NULL columns, so its rows are taken page by page, and a changed row may come again`,
      'Let the body ask for what is still to do, such as `and tenant_id is null`, and place no range itself.',
    );
  }
  const { columns } = table.key;
  const moved = columns.find((column) => body.columns.includes(column));
  if (moved !== undefined) {
    throw invalid(
      path,
      `the body sets ${moved}, by which the rows of ${written} are taken: a changed row may come again`,
    );
  }
  if (body.rangeColumn !== null && (columns.length > 1 || columns[0] !== body.rangeColumn)) {
    throw invalid(
      path,
      `the range is placed on ${body.rangeColumn}, and the key of ${written} is (${columns.join(', ')})`,
      'Leave the range out: it is added.',
    );
  }
  return table.key;
}

function invalid(path: string, message: string, hint?: string): RowhouseError {
  return new RowhouseError('configuration', 'backfill-invalid', `${path}: ${message}`, { hint });
}

/** The triggers that fire when a body sets its columns, and do not ask whether a backfill runs; those of partitions too. */
export async function firingTriggers(
  client: pg.ClientBase,
  table: QualifiedName,
  columns: readonly string[],
): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(firingTriggersSql, [quoteQualified(table), columns]);
  return rows.map((row) => row.name);
}
