import type pg from 'pg';
import { messageOf, RowhouseError } from '../domain/errors.ts';
import { withDatabaseContext } from '../postgres/database-error.ts';
import { retrying, type Retry } from '../postgres/retry.ts';
import { becomeLoginRole, cancelledError } from '../postgres/session.ts';
import { sendAll } from '../postgres/pipeline.ts';
import { inTransaction } from '../postgres/transaction.ts';
import { appendHistory, recordFinished, type Actor, type HistoryDirection } from './history.ts';
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
 * A file in one transaction takes three round trips, of which it holds locks for two: BEGIN in a clean session, then all
 * statements and records behind each other, then COMMIT (docs/adr/0013). BEGIN is waited for, or what follows could run
 * without it; COMMIT is sent by who knows that all went well.
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
  const { client } = session;
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
    const clean = session.reset();
    // BEGIN is sent behind it, and whether it went well is asked then.
    clean.catch(() => undefined);
    if (backfill || noTransaction) await clean;
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
      await clean;
      const finished = { name, direction, checksum: file.checksum, source: file.source, durationMs: elapsed() };
      await (run.watchStatement === undefined ? sendAll : runEach)([
        () => client.query("select pg_catalog.set_config('lock_timeout', $1, true)", [`${lockTimeoutMs}ms`]),
        ...statements.map((statement) => () => runStatement(run, file, statement)),
        () => becomeLoginRole(client),
        ...(ledger === null ? [] : [() => ledger.mark(name, direction)]),
        ...(begun ? [() => clearProgress(client, name)] : []),
        () => recordFinished(client, run.actor, finished),
      ]);
    };
    const onRetry = (retry: Retry) => {
      onEvent({ type: 'retrying', name, ...retry });
    };
    await retrying(session, { attempts: run.lockAttempts, totalMs: run.lockTotalMs, lockTimeoutMs, onRetry }, () =>
      inTransaction(client, work),
    );
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
  await inTransaction(client, () =>
    sendAll(
      migrations.flatMap((migration) => [
        () => ledger.mark(migration.id, 'up'),
        () => record(client, run.actor, migration.id, 'baseline', migration.up, 0),
      ]),
    ),
  );
}

/** Accepts the present text of an applied file. */
export async function recordRepair(run: Run, migration: Migration): Promise<void> {
  await record(run.session.client, run.actor, migration.id, 'repair', migration.up, 0);
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

/** One after the other, for who looks what each has done. */
async function runEach(steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const step of steps) await step();
}

function record(
  client: pg.ClientBase,
  actor: Actor,
  name: string,
  direction: HistoryDirection,
  { checksum, source }: SqlFile,
  durationMs: number,
): Promise<void> {
  return appendHistory(client, actor, { name, direction, outcome: 'done', checksum, source, durationMs });
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
