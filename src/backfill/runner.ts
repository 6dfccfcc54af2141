import { RowhouseError } from '../domain/errors.ts';
import { databaseError, withDatabaseContext } from '../postgres/database-error.ts';
import { retrying, type Retry } from '../postgres/retry.ts';
import { cancelledError, type Session } from '../postgres/session.ts';
import { statementError, type SourceFile } from '../postgres/statement-error.ts';
import { inTransaction } from '../postgres/transaction.ts';
import { formatQualified } from '../sql/ident.ts';
import { batchSql, endKeySql, nextKeySql, sweepSql } from './batch-sql.ts';
import { parseBackfill, withParameters, type BackfillBody } from './body.ts';
import { advanceCheckpoint, createCheckpoint, readCheckpoint, type BackfillId, type Checkpoint } from './checkpoint.ts';
import { findTable, firingTriggers, type BackfillTable } from './table.ts';

/** Rows of a page where the planner has no estimate. */
const usualRowsPerPage = 50;

export interface BackfillOptions {
  /** Rows of one batch. */
  readonly batchSize: number;
  readonly lockAttempts: number;
  readonly lockTimeoutMs: number;
  /** Triggers that shall fire: they are not warned of. */
  readonly fires: readonly string[];
  readonly onResume: (rowsDone: number) => void;
  readonly onRetry: (retry: Retry) => void;
  /** After each batch: rows changed so far, and the share of the table that lies behind the checkpoint, 0 to 1; null where nothing is known of its size. */
  readonly onProgress: (rows: number, fraction: number | null) => void;
  readonly onWarning: (message: string) => void;
}

/** A backfill at work. */
interface Backfill {
  readonly session: Session;
  readonly id: BackfillId;
  readonly file: SourceFile;
  readonly body: BackfillBody;
  readonly options: BackfillOptions;
}

/** One batch that has committed. */
interface Batch {
  readonly lastKey: readonly string[];
  readonly rows: number;
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
  id: BackfillId,
  file: SourceFile,
  options: BackfillOptions,
): Promise<number> {
  const body = parseBackfill(file.path, file.source);
  const backfill = { session, id, file, body, options };
  const { table, triggers, checkpoint } = await inBatchTransaction(backfill, () => begin(backfill));
  for (const trigger of triggers.filter((name) => !options.fires.includes(name))) {
    options.onWarning(
      `the trigger ${trigger} on ${formatQualified(table)} fires; to keep it quiet, give it a WHEN that asks for current_setting('rowhouse.backfill', true) is distinct from 'on'; if it shall fire, say \`-- rowhouse: fires ${trigger}\``,
    );
  }
  if (checkpoint === null) return 0;
  let { lastKey: last, rowsDone: rows } = checkpoint;
  if (last !== null) options.onResume(rows);
  let passed = rows;
  while (!sameKey(last, checkpoint.endKey)) {
    const batch = await runBatch(backfill, table, last, checkpoint.endKey);
    last = batch.lastKey;
    rows += batch.rows;
    passed += options.batchSize;
    options.onProgress(rows, fractionDone(table, last, checkpoint.endKey, passed));
  }
  if (body.selfLimiting) rows += await sweep(backfill, checkpoint.endKey);
  options.onProgress(rows, 1);
  return rows;
}

/** Checks everything that can be wrong with a body before its first batch, and finds or writes the checkpoint. */
async function begin(
  backfill: Backfill,
): Promise<{ table: BackfillTable; triggers: readonly string[]; checkpoint: Checkpoint | null }> {
  const { session, id, file, body } = backfill;
  const { client } = session;
  const table = await findTable(client, file.path, body);
  await assertExecutable(backfill);
  const triggers = await firingTriggers(client, table, body.columns);
  const earlier = await readCheckpoint(client, id);
  if (earlier) {
    assertSameShape(file.path, earlier, table);
    assertSameText(file, earlier);
  }
  return { table, triggers, checkpoint: earlier ?? (await createFirstCheckpoint(backfill, table)) };
}

/** Lets PostgreSQL plan the UPDATE as it is written: an error has its place, and an empty table hides none. */
async function assertExecutable({ session, file, body }: Backfill): Promise<void> {
  const explain = 'explain ';
  const text = explain + withParameters(body.source);
  const parameters = body.rangeColumn === null ? [] : [null, null];
  await session.client.query(text, parameters).catch((error: unknown) => {
    throw statementError(session, file, { text, offset: -explain.length }, error);
  });
}

/** @returns null where the table is empty */
async function createFirstCheckpoint(
  { session, id, file: { source } }: Backfill,
  table: BackfillTable,
): Promise<Checkpoint | null> {
  const endKey = table.byPage ? lastPage(table) : await findEndKey(session, table);
  if (endKey === null) return null;
  const checkpoint = {
    relation: formatQualified(table),
    key: describeKey(table),
    source,
    lastKey: null,
    endKey,
    rowsDone: 0,
  };
  await createCheckpoint(session.client, id, checkpoint);
  return checkpoint;
}

async function findEndKey({ client }: Session, table: BackfillTable): Promise<readonly string[] | null> {
  const { rows } = await client.query<{ key: string[] }>(endKeySql(table, table.key));
  return rows[0]?.key ?? null;
}

function describeKey({ key }: BackfillTable): string[] {
  return key.columns.map((column, index) => `${column} ${key.types[index] ?? ''}`);
}

function assertSameShape(path: string, checkpoint: Checkpoint, table: BackfillTable): void {
  const now = `${formatQualified(table)} by ${describeKey(table).join(', ')}`;
  const then = `${checkpoint.relation} by ${checkpoint.key.join(', ')}`;
  if (now === then) return;
  throw new RowhouseError('drift', 'backfill-changed', `${path}: began over ${then}, and now goes over ${now}.`, {
    hint: 'Restore the file or the key, or roll this backfill back and begin again.',
  });
}

/** Half of the table would be as the one text says, and half as the other. */
function assertSameText({ path, source }: SourceFile, checkpoint: Checkpoint): void {
  if (checkpoint.source === source) return;
  throw new RowhouseError(
    'drift',
    'backfill-edited',
    `${path}: was edited after ${checkpoint.rowsDone} rows were done.`,
    {
      hint: 'Restore it, or roll it back and begin again; `rowhouse repair` shows the difference, and lets the rest be done by the new text.',
    },
  );
}

function runBatch(
  backfill: Backfill,
  table: BackfillTable,
  last: readonly string[] | null,
  endKey: readonly string[],
): Promise<Batch> {
  return inBatchTransaction(backfill, async () => {
    const lastKey = await nextKey(backfill, table, last, endKey);
    const sql = batchSql(backfill.body, table.key, last === null);
    const from = last === null ? '' : ` after ${last.join(', ')}`;
    const what = `the batch${from} up to ${lastKey.join(', ')} (${table.key.columns.join(', ')})`;
    return { lastKey, rows: await update(backfill, sql, [...(last ?? []), ...lastKey], lastKey, what) };
  });
}

function sweep(backfill: Backfill, endKey: readonly string[]): Promise<number> {
  return inBatchTransaction(backfill, () => update(backfill, sweepSql(backfill.body), [], endKey, 'the last sweep'));
}

/** Updates rows and moves the checkpoint behind them. @returns the number of rows */
async function update(
  { session, id, file }: Backfill,
  sql: string,
  parameters: readonly string[],
  lastKey: readonly string[],
  what: string,
): Promise<number> {
  const changed = await session.client.query(sql, [...parameters]).catch((error: unknown) => {
    if (session.signal.aborted) throw cancelledError(error);
    const failure = databaseError(error, `${file.path}: ${what}`);
    throw new RowhouseError(failure.kind, failure.code, failure.message, {
      detail: failure.detail,
      hint:
        failure.hint ??
        'The batches before it stay. Mend the rows and run the same command again, or give the backfill up with `rowhouse rollback`.',
      cause: error,
    });
  });
  const rows = changed.rowCount ?? 0;
  await advanceCheckpoint(session.client, id, lastKey, rows);
  return rows;
}

/** Runs `body` in a transaction that waits for no lock longer than the file says, and is tried again; triggers see that a backfill runs. */
function inBatchTransaction<T>({ session, file, options }: Backfill, body: () => Promise<T>): Promise<T> {
  const { client } = session;
  const retry = { attempts: options.lockAttempts, lockTimeoutMs: options.lockTimeoutMs, onRetry: options.onRetry };
  session.throwIfCancelled();
  return retrying(session, retry, () =>
    inTransaction(client, async () => {
      await client.query(
        "select pg_catalog.set_config('rowhouse.backfill', 'on', true), pg_catalog.set_config('lock_timeout', $1, true)",
        [`${options.lockTimeoutMs}ms`],
      );
      return body().catch((error: unknown) => {
        throw withDatabaseContext(error, file.path);
      });
    }),
  );
}

/** The key that ends the next batch. */
async function nextKey(
  { session, options }: Backfill,
  table: BackfillTable,
  last: readonly string[] | null,
  endKey: readonly string[],
): Promise<readonly string[]> {
  if (table.byPage) return pageKey(Math.min(pageOf(last) + pagesPerBatch(table, options.batchSize), pageOf(endKey)));
  const { rows } = await session.client.query<{ key: string[] }>(nextKeySql(table, table.key, last === null), [
    ...(last ?? []),
    ...endKey,
    options.batchSize,
  ]);
  return rows[0]?.key ?? endKey;
}

function pagesPerBatch({ estimate, pages }: BackfillTable, batchSize: number): number {
  const rowsPerPage = estimate > 0 && pages > 0 ? estimate / pages : usualRowsPerPage;
  return Math.max(1, Math.floor(batchSize / rowsPerPage));
}

function lastPage({ pages }: BackfillTable): readonly string[] | null {
  return pages === 0 ? null : pageKey(pages);
}

/** The place before the first row of a page: rows are numbered from 1. */
function pageKey(page: number): readonly string[] {
  return [`(${page},0)`];
}

function pageOf(key: readonly string[] | null): number {
  return Number.parseInt(key?.[0]?.slice(1) ?? '0', 10);
}

function sameKey(a: readonly string[] | null, b: readonly string[]): boolean {
  return a?.every((part, index) => part === b[index]) ?? false;
}

/** By the planner's estimate of the rows: a position within the key's order is not to be had cheaply. */
function fractionDone(
  table: BackfillTable,
  last: readonly string[],
  endKey: readonly string[],
  rowsPassed: number,
): number | null {
  if (sameKey(last, endKey)) return 1;
  if (table.byPage) return pageOf(last) / pageOf(endKey);
  return table.estimate > 0 ? Math.min(0.99, rowsPassed / table.estimate) : null;
}
