import type pg from 'pg';
import { messageOf, RowhouseError } from '../domain/errors.ts';
import { withDatabaseContext } from '../postgres/database-error.ts';
import { retrying, type Retry } from '../postgres/retry.ts';
import { becomeLoginRole, cancelledError } from '../postgres/session.ts';
import { inTransaction } from '../postgres/transaction.ts';
import { runInLedger } from './engine.ts';
import { appendHistory, type Actor, type HistoryDirection } from './history.ts';
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
  const started = Date.now();
  const elapsed = () => Date.now() - started;
  onEvent({ type: 'file-started', name, direction, phase });
  let rows: number | null = null;
  try {
    session.throwIfCancelled();
    await session.reset();
    if (backfill) rows = await run.runBackfill(name, direction, file);
    if (noTransaction) {
      await runStatementwise(run, name, file, direction);
      await session.reset();
    } else await assertNotBegun(session.client, name, file, direction);
    if (!backfill && !noTransaction) await run.lookout.ahead(name, statementsOf(file).statements, lockTimeoutMs);
    const work = async () => {
      if (!backfill && !noTransaction) await runStatements(run, file);
      await becomeLoginRole(session.client);
    };
    const onRetry = (retry: Retry) => {
      onEvent({ type: 'retrying', name, ...retry });
    };
    await retrying(session, { attempts: run.lockAttempts, totalMs: run.lockTotalMs, lockTimeoutMs, onRetry }, () =>
      inTransaction(session.client, async () => {
        await session.client.query("select pg_catalog.set_config('lock_timeout', $1, true)", [`${lockTimeoutMs}ms`]);
        await (recorded ? runInLedger(session.client, run.directory, name, direction, work) : work());
        await clearProgress(session.client, name);
        await record(session.client, run.actor, name, direction, file, elapsed());
      }),
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
  await inTransaction(client, async () => {
    for (const migration of migrations) {
      await runInLedger(client, run.directory, migration.id, 'up', () => Promise.resolve());
      await record(client, run.actor, migration.id, 'baseline', migration.up, 0);
    }
  });
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

async function runStatements(run: Run, file: SqlFile): Promise<void> {
  for (const statement of statementsOf(file).statements) await runStatement(run, file, statement);
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
