import { messageOf, RowhouseError } from '../domain/errors.ts';
import { runBatch, type BatchStatement } from '../postgres/batch.ts';
import { withDatabaseContext } from '../postgres/database-error.ts';
import { retrying, type Retry } from '../postgres/retry.ts';
import { becomeLoginRole, cancelledError } from '../postgres/session.ts';
import { statementError } from '../postgres/statement-error.ts';
import { inTransaction, rollbackQuietly } from '../postgres/transaction.ts';
import type { Statement } from '../sql/parse.ts';
import { appendHistory, historyRow, recordFinished, type HistoryDirection, type NewHistoryEntry } from './history.ts';
import { clearProgress, type Direction } from './progress.ts';
import type { Migration } from './project.ts';
import type { Run } from './run.ts';
import { statementsOf, type SqlFile } from './sql-file.ts';
import { runStatement } from './statement.ts';
import { assertNotBegun, runStatementwise } from './statementwise.ts';

/**
 * Applies or undoes one file and records it, in the ledger and in the history.
 *
 * A file runs in one transaction together with its records, unless its header says otherwise: then the records are
 * written when the last statement or batch is done, and a checkpoint tells where to resume.
 *
 * A file in one transaction takes one round trip, from BEGIN to COMMIT, and holds its locks for no client (docs/adr/0013). The
 * next one is not sent before its COMMIT has an answer.
 *
 * @param recorded whether the ledger takes part; it knows nothing of a file that was begun and is now undone
 * @throws RowhouseError after which nothing of a transactional file is left, and a failed row is in the history
 */
export async function runMigration(
  run: Run,
  migration: Migration,
  direction: Direction,
  recorded = true,
): Promise<void> {
  const { session, onEvent } = run;
  const file = fileFor(migration, direction);
  const { id: name, phase } = migration;
  const { backfill, noTransaction, lockTimeoutMs } = file.header;
  const begun = backfill || noTransaction || run.recorded.partial.has(name);
  const statements = backfill || noTransaction ? [] : statementsOf(file).statements;
  let started = Date.now();
  const elapsed = () => Date.now() - started;
  onEvent({ type: 'file-started', name, direction, phase });
  let rows: number | null = null;
  try {
    session.throwIfCancelled();
    const ledger = recorded ? await run.ledger() : null;
    await session.reset();
    if (backfill) {
      const filled = await run.backfills.run(name, direction, file);
      rows = filled.rows;
      started = Math.min(started, filled.begunAt);
    }
    if (noTransaction) {
      await runStatementwise(run, name, file, direction);
      await session.reset();
    } else assertNotBegun(run, name, file, direction);
    await run.lookout.ahead(name, statements, lockTimeoutMs);
    const work = async () => {
      const finished = { name, direction, checksum: file.checksum, source: file.source, durationMs: elapsed() };
      await inOneTransaction(run, file, statements, [
        ...becomeLoginRole,
        ...(ledger === null ? [] : [ledger.mark(name, direction)]),
        ...(begun ? [clearProgress(name)] : []),
        recordFinished(run.actor, finished),
      ]);
    };
    const onRetry = (retry: Retry) => {
      onEvent({ type: 'retrying', name, ...retry });
    };
    await retrying(session, { attempts: run.lockAttempts, totalMs: run.lockTotalMs, lockTimeoutMs, onRetry }, work);
  } catch (error) {
    await recordFailure(run, name, direction, file, error, elapsed());
    if (session.signal.aborted) throw cancelledError(error, file.path);
    throw withDatabaseContext(error, file.path);
  }
  onEvent({ type: 'file-done', name, direction, phase, durationMs: elapsed(), rows });
}

/** Records files as applied without running them, in one transaction. */
export async function recordBaseline(run: Run, migrations: readonly Migration[]): Promise<void> {
  const { client } = run.session;
  const ledger = await run.ledger();
  const records = migrations.flatMap((migration) => [
    ledger.mark(migration.id, 'up'),
    historyRow(run.actor, doneBy('baseline', migration)),
  ]);
  await inTransaction(client, () => runBatch(client, records));
}

/** Accepts the present text of an applied file. */
export async function recordRepair(run: Run, migration: Migration): Promise<void> {
  await appendHistory(run.session.client, run.actor, doneBy('repair', migration));
}

/** What nothing was run for. */
function doneBy(direction: HistoryDirection, { id, up }: Migration): NewHistoryEntry {
  return { name: id, direction, outcome: 'done', checksum: up.checksum, source: up.source, durationMs: 0 };
}

function fileFor(migration: Migration, direction: Direction): SqlFile {
  if (direction === 'up') return migration.up;
  if (migration.down) return migration.down;
  throw new RowhouseError(
    'usage',
    'irreversible',
    `migrations/${migration.id}.sql cannot be rolled back: ${migration.up.header.irreversible ?? ''}`,
    { hint: 'Nothing was run. Roll back to a later point, or restore a backup.' },
  );
}

/** @throws RowhouseError `irreversible` before anything ran, where one of the files has no way back */
export function assertReversible(migrations: readonly Migration[]): void {
  for (const migration of migrations) fileFor(migration, 'down');
}

/** Runs a file's statements with its records: all at once, or one by one where somebody looks at what each has done. */
async function inOneTransaction(
  run: Run,
  file: SqlFile,
  statements: readonly Statement[],
  records: readonly BatchStatement[],
): Promise<void> {
  const { session } = run;
  const { client } = session;
  const before: BatchStatement = {
    text: "select pg_catalog.set_config('lock_timeout', $1, true)",
    values: [`${file.header.lockTimeoutMs}ms`],
  };
  session.throwIfCancelled();
  if (run.watchStatement !== undefined) {
    await inTransaction(client, async () => {
      await runBatch(client, [before]);
      for (const statement of statements) await runStatement(run, file, statement);
      await runBatch(client, records);
    });
    return;
  }
  const own = statements.map((statement) => ({
    text: statement.text,
    failure: (error: unknown) => statementError(session, file, statement, error),
  }));
  const done = runBatch(client, [{ text: 'begin' }, before, ...own, ...records, { text: 'commit' }]);
  session.resetBehind();
  try {
    await done;
  } catch (error) {
    await rollbackQuietly(client);
    // What is no part of a transaction, such as PREPARE, would be in the way of another try.
    await session.reset().catch(() => undefined);
    throw error;
  }
}

/** Best effort: on a lost connection there is nobody to tell. */
async function recordFailure(
  { session, actor }: Run,
  name: string,
  direction: Direction,
  { checksum, source }: SqlFile,
  cause: unknown,
  durationMs: number,
): Promise<void> {
  const error = messageOf(cause);
  const entry = { name, direction, outcome: 'failed', checksum, source, durationMs, error } as const;
  await session
    .reset()
    .then(() => appendHistory(session.client, actor, entry))
    .catch(() => undefined);
}
