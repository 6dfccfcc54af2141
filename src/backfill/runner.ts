import { RowhouseError } from '../domain/errors.ts';
import { databaseError } from '../postgres/database-error.ts';
import { retrying, type Retry } from '../postgres/retry.ts';
import { cancelledError, type Session } from '../postgres/session.ts';
import { inTransaction } from '../postgres/transaction.ts';
import { formatQualified, quoteIdent, quoteQualified, type QualifiedName } from '../sql/ident.ts';
import { loadSql } from '../sql/load.ts';
import { batchSql, endKeySql, nextKeySql, parseBackfill, type BackfillBody, type BatchKey } from './body.ts';
import { advanceCheckpoint, createCheckpoint, readCheckpoint, type Checkpoint } from './checkpoint.ts';

const keySql = loadSql(import.meta.url, './queries/key.sql');
const firingTriggersSql = loadSql(import.meta.url, './queries/firing-triggers.sql');

/** Pages of one batch of a table without a key. */
const pagesPerBatch = 100;

export interface BackfillOptions {
  /** Rows of one batch. */
  readonly batchSize: number;
  readonly lockAttempts: number;
  readonly lockTimeoutMs: number;
  readonly onResume: (rowsDone: number) => void;
  readonly onRetry: (retry: Retry) => void;
  /** After each batch: rows changed so far, and the share of the table that lies behind the checkpoint, 0 to 1. */
  readonly onProgress: (rows: number, fraction: number) => void;
  readonly onWarning: (message: string) => void;
}

/** The table of a backfill, as the catalog has it. */
interface Table extends QualifiedName {
  readonly pages: number;
  readonly estimate: number;
  readonly key: BatchKey;
  /** Whether batches are ranges of pages, since no key tells rows apart. */
  readonly byPage: boolean;
}

/**
 * Runs a backfill to its end: ranges of the key in order, each one UPDATE in a transaction of its own with its
 * checkpoint, so that a run that dies resumes exactly behind the last batch that committed. The end is fixed when it
 * begins: later rows are attributed by triggers and defaults that an expand file has put in place. Rows that moved
 * behind the checkpoint meanwhile are caught by a last sweep, where the body says which rows still need it.
 *
 * @returns the rows changed, those of earlier runs of this backfill included
 * @throws RowhouseError
 */
export async function runBackfill(
  session: Session,
  name: string,
  file: { readonly path: string; readonly source: string },
  options: BackfillOptions,
): Promise<number> {
  const body = parseBackfill(file.path, file.source);
  const table = await findTable(session, file.path, body);
  await warnOfTriggers(session, table, body, options);
  const checkpoint = (await readCheckpoint(session.client, name)) ?? (await begin(session, name, table));
  assertSameShape(file.path, checkpoint, table);
  let rows = checkpoint?.rowsDone ?? 0;
  if (checkpoint?.lastKey) options.onResume(rows);
  const run = (sql: string, parameters: readonly string[], lastKey: readonly string[]) =>
    runBatch(session, name, file.path, sql, parameters, lastKey, options);
  const counter = { batches: 0 };
  let last = checkpoint?.lastKey ?? null;
  while (checkpoint && !sameKey(last, checkpoint.endKey)) {
    session.throwIfCancelled();
    const next = await nextKey(session, table, last, checkpoint.endKey, options.batchSize);
    rows += await run(batchSql(body, table.key, last === null), [...(last ?? []), ...next], next);
    last = next;
    counter.batches += 1;
    options.onProgress(rows, fractionDone(table, next, checkpoint.endKey, counter.batches * options.batchSize));
  }
  if (checkpoint && body.selfLimiting) rows += await run(body.source, [], checkpoint.endKey);
  options.onProgress(rows, 1);
  return rows;
}

async function findTable(session: Session, path: string, body: BackfillBody): Promise<Table> {
  const { schema, name } = body.target;
  const written = schema === null ? quoteIdent(name) : quoteQualified({ schema, name });
  const { rows } = await session.client.query<{
    schema: string;
    name: string;
    pages: string;
    estimate: number;
    relkind: string;
    columns: string[] | null;
    types: string[] | null;
  }>(keySql, [written]);
  const row = rows[0];
  const fail = (message: string, hint?: string): never => {
    throw new RowhouseError('configuration', 'backfill-invalid', `${path}: ${message}`, { hint });
  };
  if (!row) return fail(`the table ${written} does not exist`);
  const byPage = row.columns === null;
  if (byPage && row.relkind === 'p') return fail(`${written} is partitioned and has no unique key of NOT NULL columns`);
  if (byPage && (body.placesRange || !body.selfLimiting)) {
    return fail(
      `${written} has no unique key of NOT NULL columns, so its rows are taken page by page, and a changed row may come again`,
      'Let the body ask for what is still to do, such as `and tenant_id is null`, and place no range itself.',
    );
  }
  const key = { columns: row.columns ?? ['ctid'], types: row.types ?? ['tid'] };
  if (body.placesRange && key.columns.length > 1) {
    return fail(`the key of ${written} has ${key.columns.length} columns: leave the range out, it is added`);
  }
  return { schema: row.schema, name: row.name, pages: Number(row.pages), estimate: row.estimate, key, byPage };
}

/** A trigger that fires for every row of a backfill would touch `updated_at`, or fill an audit table. */
async function warnOfTriggers(
  session: Session,
  table: Table,
  body: BackfillBody,
  options: BackfillOptions,
): Promise<void> {
  const { rows } = await session.client.query<{ name: string }>(firingTriggersSql, [
    quoteQualified(table),
    body.columns,
  ]);
  for (const { name } of rows) {
    options.onWarning(
      `the trigger ${name} on ${formatQualified(table)} fires for every row; to keep it quiet, give it a WHEN that asks for current_setting('rowhouse.backfill', true) is distinct from 'on'`,
    );
  }
}

/** Writes the first checkpoint. @returns null where the table is empty */
async function begin(session: Session, name: string, table: Table): Promise<Checkpoint | null> {
  const endKey = table.byPage ? [`(${table.pages},0)`] : await findEndKey(session, table);
  if (endKey === null || (table.byPage && table.pages === 0)) return null;
  const checkpoint = { relation: formatQualified(table), key: table.key.columns, lastKey: null, endKey, rowsDone: 0 };
  await createCheckpoint(session.client, name, checkpoint);
  return checkpoint;
}

async function findEndKey(session: Session, table: Table): Promise<readonly string[] | null> {
  const { rows } = await session.client.query<{ key: string[] }>(endKeySql(table, table.key));
  return rows[0]?.key ?? null;
}

function assertSameShape(path: string, checkpoint: Checkpoint | null, table: Table): void {
  if (!checkpoint) return;
  const now = `${formatQualified(table)} by ${table.key.columns.join(', ')}`;
  const then = `${checkpoint.relation} by ${checkpoint.key.join(', ')}`;
  if (now === then) return;
  throw new RowhouseError('drift', 'backfill-changed', `${path}: began over ${then}, and now goes over ${now}.`, {
    hint: 'Restore the file or the key, or roll this backfill back and begin again.',
  });
}

/** The key that ends the next batch. */
async function nextKey(
  session: Session,
  table: Table,
  last: readonly string[] | null,
  endKey: readonly string[],
  batchSize: number,
): Promise<readonly string[]> {
  if (table.byPage) {
    const page = Math.min(pageOf(last) + pagesPerBatch, pageOf(endKey));
    return [`(${page},0)`];
  }
  const { rows } = await session.client.query<{ key: string[] }>(nextKeySql(table, table.key, last === null), [
    ...(last ?? []),
    ...endKey,
    batchSize,
  ]);
  return rows[0]?.key ?? endKey;
}

function pageOf(key: readonly string[] | null): number {
  return Number.parseInt(key?.[0]?.slice(1) ?? '0', 10);
}

function sameKey(a: readonly string[] | null, b: readonly string[]): boolean {
  return a?.every((part, index) => part === b[index]) ?? false;
}

function runBatch(
  session: Session,
  name: string,
  path: string,
  sql: string,
  parameters: readonly string[],
  lastKey: readonly string[],
  options: BackfillOptions,
): Promise<number> {
  const { client } = session;
  const retry = { attempts: options.lockAttempts, lockTimeoutMs: options.lockTimeoutMs, onRetry: options.onRetry };
  return retrying(session, retry, () =>
    inTransaction(client, async () => {
      await client.query(
        "select pg_catalog.set_config('rowhouse.backfill', 'on', true), pg_catalog.set_config('lock_timeout', $1, true)",
        [`${options.lockTimeoutMs}ms`],
      );
      const changed = await client.query(sql, [...parameters]).catch((error: unknown) => {
        if (session.signal.aborted) throw cancelledError(error);
        throw databaseError(error, `${path}: the batch up to ${lastKey.join(', ')}`);
      });
      await advanceCheckpoint(client, name, lastKey, changed.rowCount ?? 0);
      return changed.rowCount ?? 0;
    }),
  );
}

/** By the planner's estimate of the rows: a position within the key's order is not to be had cheaply. */
function fractionDone(table: Table, next: readonly string[], endKey: readonly string[], rowsPassed: number): number {
  if (sameKey(next, endKey)) return 1;
  if (table.byPage) return pageOf(next) / pageOf(endKey);
  return table.estimate > 0 ? Math.min(0.99, rowsPassed / table.estimate) : 0;
}
