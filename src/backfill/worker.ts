import { RowhouseError } from '../domain/errors.ts';
import { databaseError, sqlstate, sqlstateOf, withDatabaseContext } from '../postgres/database-error.ts';
import { retrying, type Retry } from '../postgres/retry.ts';
import { cancelledError, type Session } from '../postgres/session.ts';
import type { SourceFile } from '../postgres/statement-error.ts';
import { inTransaction } from '../postgres/transaction.ts';
import { quoteQualified } from '../sql/ident.ts';
import { keyAsText } from './batch-sql.ts';
import { narrowed, nextBatch, type Batch, type Field } from './batch.ts';
import { advancePart, type BackfillId, type Part } from './checkpoint.ts';
import type { Gate } from './gate.ts';
import type { Pace } from './pace.ts';
import { sameKey, type Key } from './position.ts';
import { isRowsFault, keepRefused, readRefused, refusedError } from './refused.ts';
import { vacuum, type Bloat } from './vacuum.ts';

/** How a transaction of a backfill meets the locks of others. */
export interface LockOptions {
  readonly lockAttempts: number;
  /** For how long, from the first try on, in milliseconds. */
  readonly lockTotalMs: number;
  readonly lockTimeoutMs: number;
  readonly onRetry: (retry: Retry) => void;
}

/** What the workers of a stage share. */
export interface Job extends Field {
  readonly id: BackfillId;
  readonly file: SourceFile;
  readonly gate: Gate;
  readonly locks: LockOptions;
  /** Rows that may be refused before it stops. */
  readonly maxRefused: number;
  /** Aborted where another worker has failed. */
  readonly signal: AbortSignal;
  /** Tells of rows that all workers together have changed since the last VACUUM. */
  readonly bloat: Bloat;
  /** A part has moved. */
  readonly onBatch: (part: Part) => void;
}

/** A batch that takes longer is tried with half of its rows, where the time decides. */
const batchTimeoutMs = 30_000;

/**
 * Takes parts to their end: a batch of each in turn, one UPDATE in a transaction of its own with its checkpoint. What a
 * batch leaves behind is free for the next pass once no transaction is open that has begun before; of another worker's
 * batches that is true after a turn, and not at once.
 */
export async function runParts(job: Job, session: Session, parts: readonly Part[], pace: Pace): Promise<void> {
  let left = parts;
  let lastMs = 0;
  while (left.length > 0) {
    const turn: Part[] = [];
    for (const part of left) {
      await job.gate.pass(pace, lastMs, job.signal);
      session.throwIfCancelled();
      if (job.signal.aborted) return;
      const started = performance.now();
      const next = await takeBatch(job, session, part, pace);
      lastMs = performance.now() - started;
      job.onBatch(next);
      turn.push(next);
      // Passes leave room for each other; ranges of a key do not.
      if (job.way.kind === 'key' && job.bloat.asksForVacuum(next.rowsDone - part.rowsDone)) {
        await vacuum(session, job.table);
      }
    }
    left = turn.filter(({ last, end }) => !sameKey(last, end));
  }
}

/** @returns the part behind the batch; the same part with less to do where the batch has to be taken in two */
async function takeBatch(job: Job, session: Session, part: Part, pace: Pace): Promise<Part> {
  const { id, file, locks } = job;
  let batch: Batch | null = null;
  const started = performance.now();
  const onRetry = (retry: Retry) => {
    // Where another worker has failed, nobody waits on for a lock: that one's error is told.
    job.signal.throwIfAborted();
    pace.halve();
    locks.onRetry(retry);
  };
  try {
    const limits = { ...locks, onRetry, statementMs: pace.adapts ? batchTimeoutMs : 0 };
    const done = await inBatchTransaction(session, file, limits, async () => {
      batch = await nextBatch(session.client, job, part, pace.size);
      const rows = await update(session, file, batch);
      await advancePart(session.client, id, part, batch.after, rows);
      return { size: batch.size, after: batch.after, rows };
    });
    pace.ran(done.size, performance.now() - started);
    return {
      ...part,
      ...done.after,
      rowsDone: part.rowsDone + done.rows,
      rowsPassed: part.rowsPassed + done.size,
    };
  } catch (error) {
    return await divide(job, session, part, pace, batch, error);
  }
}

/** Finds the row at fault by halves, and sets it aside; a batch that took too long becomes two. */
async function divide(
  job: Job,
  session: Session,
  part: Part,
  pace: Pace,
  batch: Batch | null,
  error: unknown,
): Promise<Part> {
  const cause = error instanceof RowhouseError ? error.cause : error;
  const refused = job.body.selfLimiting && isRowsFault(cause);
  const slow = sqlstateOf(cause) === sqlstate.queryCanceled && pace.adapts && !session.signal.aborted;
  if (batch === null || !(refused || slow)) throw error;
  const less = narrowed(job.way, part, batch);
  if (slow) pace.halve();
  if (less) {
    pace.narrow(batch.size);
    return less;
  }
  if (!refused) throw error;
  return await refuse(job, session, part, batch, cause);
}

/** Sets the one row of a batch aside, for the next run. @throws RowhouseError `rows-refused` where it is one too many */
async function refuse(job: Job, session: Session, part: Part, { to, after }: Batch, cause: unknown): Promise<Part> {
  const { id, file, locks, table, way } = job;
  const message = cause instanceof Error ? cause.message : String(cause);
  const count = await inBatchTransaction(session, file, locks, async () => {
    const rowKey = way.kind === 'key' ? to : await keyAt(session, job, to);
    await advancePart(session.client, id, part, after, 0);
    return await keepRefused(session.client, id, { rowKey, sqlstate: sqlstateOf(cause) ?? '', message });
  });
  if (count > job.maxRefused) {
    const columns = table.key?.columns ?? ['ctid'];
    throw refusedError(file.path, columns, await readRefused(session.client, id), true);
  }
  return { ...part, ...after };
}

/** The key of the row at a place: its place, where the table has no key, or the row has just moved. */
async function keyAt({ client }: Session, { table }: Job, place: Key): Promise<Key> {
  if (table.key === null) return place;
  const { rows } = await client.query<{ key: string[] }>(
    `select ${keyAsText(table.key)} as key from ${quoteQualified(table)} as t where t.ctid = $1::text::tid`,
    [...place],
  );
  return rows[0]?.key ?? place;
}

/** @returns the number of rows */
async function update(session: Session, file: SourceFile, { sql, parameters, what }: Batch): Promise<number> {
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
  return changed.rowCount ?? 0;
}

/**
 * Runs `body` in a transaction that waits for no lock longer than the file says, and is tried again; triggers see that a
 * backfill runs. Its commit does not wait for the disk: a crash of the server takes the last batches with their checkpoint,
 * and the next run does them again; whatever commits after them waits for them too.
 */
export function inBatchTransaction<T>(
  session: Session,
  file: SourceFile,
  locks: LockOptions & { readonly statementMs?: number },
  body: () => Promise<T>,
): Promise<T> {
  const { client } = session;
  const { lockAttempts: attempts, lockTotalMs: totalMs, lockTimeoutMs, onRetry, statementMs = 0 } = locks;
  session.throwIfCancelled();
  return retrying(session, { attempts, totalMs, lockTimeoutMs, onRetry }, () =>
    inTransaction(client, async () => {
      await client.query(
        `select pg_catalog.set_config('rowhouse.backfill', 'on', true), pg_catalog.set_config('lock_timeout', $1, true),
                pg_catalog.set_config('statement_timeout', $2, true), pg_catalog.set_config('synchronous_commit', 'off', true)`,
        [`${lockTimeoutMs}ms`, `${statementMs}ms`],
      );
      return body().catch((error: unknown) => {
        throw withDatabaseContext(error, file.path);
      });
    }),
  );
}
