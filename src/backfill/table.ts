import type pg from 'pg';
import { RowhouseError } from '../domain/errors.ts';
import { quoteIdent, quoteQualified, type QualifiedName } from '../sql/ident.ts';
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
  readonly key: BatchKey;
  /** Whether batches are ranges of pages, since no key tells rows apart. */
  readonly byPage: boolean;
}

interface TableRow extends QualifiedName {
  readonly relkind: string;
  readonly pages: string;
  readonly estimate: number;
  readonly columns: string[] | null;
  readonly types: string[] | null;
}

/**
 * Finds the table that a body updates, and the key to go over it by.
 *
 * @throws RowhouseError `backfill-invalid` where the body cannot be taken in batches of it
 */
export async function findTable(client: pg.ClientBase, path: string, body: BackfillBody): Promise<BackfillTable> {
  const { schema, name } = body.target;
  const written = schema === null ? quoteIdent(name) : quoteQualified({ schema, name });
  const row = (await client.query<TableRow>(tableSql, [written])).rows[0];
  const fail = (message: string, hint?: string): never => {
    throw new RowhouseError('configuration', 'backfill-invalid', `${path}: ${message}`, { hint });
  };
  if (!row) return fail(`the table ${written} does not exist`);
  if (row.relkind !== 'r' && row.relkind !== 'p') return fail(`${written} is not a table`);
  const table = { schema: row.schema, name: row.name, pages: Number(row.pages), estimate: row.estimate };
  if (row.columns === null) {
    if (row.relkind === 'p') return fail(`${written} is partitioned and has no unique key of NOT NULL columns`);
    if (body.rangeColumn === null && body.selfLimiting) {
      return { ...table, key: { columns: ['ctid'], types: ['tid'] }, byPage: true };
    }
    return fail(
      `${written} has no unique key of NOT NULL columns, so its rows are taken page by page, and a changed row may come again`,
      'Let the body ask for what is still to do, such as `and tenant_id is null`, and place no range itself.',
    );
  }
  const key = { columns: row.columns, types: row.types ?? [] };
  const moved = key.columns.find((column) => body.columns.includes(column));
  if (moved !== undefined) {
    return fail(`the body sets ${moved}, by which the rows of ${written} are taken: a changed row may come again`);
  }
  if (body.rangeColumn !== null && (key.columns.length > 1 || key.columns[0] !== body.rangeColumn)) {
    return fail(
      `the range is placed on ${body.rangeColumn}, and the key of ${written} is (${key.columns.join(', ')})`,
      'Leave the range out: it is added.',
    );
  }
  return { ...table, key, byPage: false };
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
