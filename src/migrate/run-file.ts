import { messageOf, RowhouseError } from '../domain/errors.ts';
import { runBatch } from '../postgres/batch.ts';
import { withDatabaseContext } from '../postgres/database-error.ts';
import { retrying, type Retry } from '../postgres/retry.ts';
import { becomeLoginRole, cancelledError } from '../postgres/session.ts';
import { inTransaction } from '../postgres/transaction.ts';
import type { Node } from '../sql/parse.ts';
import { appendHistory, historyRow, recordFinished, type HistoryDirection, type NewHistoryEntry } from './history.ts';
import { clearProgress, type Direction } from './progress.ts';
import type { Migration } from './project.ts';
import { runInOneTransaction } from './one-transaction.ts';
import type { Run } from './run.ts';
import { statementsOf, type SqlFile } from './sql-file.ts';
import { assertNotBegun, runStatementwise } from './statementwise.ts';

/**
 * Applies or undoes one file and records it, in the ledger and in the history.
 *
 * A file runs in one transaction together with its records, unless its header says otherwise: then the records are
 * written when the last statement or batch is done, and a checkpoint tells where to resume.
 *
 * A file in one transaction takes one round trip, from BEGIN to COMMIT, and holds its locks for no client. Where nothing can
 * be in the way of the next one, that is sent behind it, and runs where this one has (docs/adr/0013).
 *
 * @param options.recorded whether the ledger takes part; it knows nothing of a file that was begun and is now undone
 * @param options.next the file that will be run next on the way up, with nothing in between
 * @throws RowhouseError after which nothing of a transactional file is left, and a failed row is in the history
 */
export async function runMigration(
  run: Run,
  migration: Migration,
  direction: Direction,
  { recorded = true, next }: { readonly recorded?: boolean; readonly next?: Migration | undefined } = {},
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
    const ledger = recorded ? await run.ledger() : null;
    // One that is under way behind the one before it has had all this.
    if (!run.ahead.holds(name)) {
      session.throwIfCancelled();
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
    }
    const records = (id: string, { checksum, source }: SqlFile, durationMs: number) => [
      ...becomeLoginRole,
      ...(ledger === null ? [] : [ledger.mark(id, direction)]),
      ...(begun && id === name ? [clearProgress(id)] : []),
      recordFinished(run.actor, { name: id, direction, checksum, source, durationMs }),
    ];
    const own = { name, file, statements, records: () => records(name, file, elapsed()) };
    const onRetry = (retry: Retry) => {
      onEvent({ type: 'retrying', name, ...retry });
    };
    await retrying(session, { attempts: run.lockAttempts, totalMs: run.lockTotalMs, lockTimeoutMs, onRetry }, () => {
      const behind = next !== undefined && mayGoAhead(run, next) ? next : undefined;
      return runInOneTransaction(
        run,
        own,
        behind && {
          name: behind.id,
          file: behind.up,
          statements: statementsOf(behind.up).statements,
          records: () => records(behind.id, behind.up, 0),
        },
      );
    });
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

/**
 * Whether a file may be sent before it is its turn: nothing of it is done, nobody need look before it, and it says nothing
 * itself, which would be told as said by the file before it.
 */
function mayGoAhead(run: Run, { id, up }: Migration): boolean {
  if (up.header.backfill || up.header.noTransaction || run.recorded.partial.has(id)) return false;
  const { statements } = statementsOf(up);
  return statements.every(({ node }) => !runsCode(node)) && run.lookout.isClear(statements);
}

function runsCode(node: Node): boolean {
  return /^(Do|Call|Select|Insert|Update|Delete|Merge|Copy|Execute)/.test(Object.keys(node)[0] ?? '');
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
