import { createHash } from 'node:crypto';
import type pg from 'pg';
import { RowhouseError } from '../domain/errors.ts';
import { runBatch } from '../postgres/batch.ts';
import { retrying, type Retry } from '../postgres/retry.ts';
import { becomeLoginRole } from '../postgres/session.ts';
import { inTransaction } from '../postgres/transaction.ts';
import type { Statement } from '../sql/parse.ts';
import { prepareIndexBuild, tellingProgress } from './index-build.ts';
import { saveProgress, type Direction, type Progress } from './progress.ts';
import type { Run } from './run.ts';
import { isConcurrent, isConcurrentBuild, runsBare, statementsOf, type SqlFile } from './sql-file.ts';
import { runStatement } from './statement.ts';

/**
 * Runs a no-transaction file statement by statement, from where an earlier run stopped.
 *
 * A statement that may run in a transaction runs in one with its checkpoint, so exactly once. One that may not (CREATE
 * INDEX CONCURRENTLY) is marked as begun before it runs: if we die in it, the next run looks whether it came to its end.
 * What an earlier run has SET went with its session, and is set again.
 *
 * @throws RowhouseError `executed-part-edited` where the part that has run is no longer what the file says
 */
export async function runStatementwise(run: Run, name: string, file: SqlFile, direction: Direction): Promise<void> {
  const { client } = run.session;
  const { statements } = statementsOf(file);
  const progress = findProgress(run, name, direction);
  const done = progress?.statementsDone ?? 0;
  const prefixes = hashPrefixes(statements);
  if (progress) assertSamePrefix(file, prefixes, progress);
  if (done > 0) run.onEvent({ type: 'resumed', name, from: `statement ${done + 1} of ${statements.length}` });
  for (const statement of statements.slice(0, done)) {
    if ('VariableSetStmt' in statement.node) await runStatement(run, file, statement);
  }
  for (const [index, statement] of statements.entries()) {
    if (index < done) continue;
    const reached = (statementsDone: number, inFlight: number | null) =>
      saveProgressAsLogin(client, {
        name,
        direction,
        statementsDone,
        prefixHash: prefixes[statementsDone] ?? '',
        inFlight,
      });
    await run.lookout.ahead(name, [statement], file.header.lockTimeoutMs);
    if (isBare(statement)) {
      await inTransaction(client, () => reached(index, index));
      try {
        const begun = progress?.inFlight === index;
        await retryingLocks(run, name, file, () => runBare(run, name, file, statement, begun));
      } catch (error) {
        // It has failed, and we know it. On a lost connection we do not, and cannot write: the mark stays.
        await inTransaction(client, () => reached(index, null)).catch(() => undefined);
        throw error;
      }
      await inTransaction(client, () => reached(index + 1, null));
    } else {
      await retryingLocks(run, name, file, () =>
        inTransaction(client, async () => {
          await client.query("select pg_catalog.set_config('lock_timeout', $1, true)", [
            `${file.header.lockTimeoutMs}ms`,
          ]);
          await runStatement(run, file, statement);
          await reached(index + 1, null);
        }),
      );
    }
    run.onEvent({ type: 'statement-done', name, done: index + 1, total: statements.length });
  }
}

/**
 * Refuses a file that has begun statement by statement, and now says that it is one transaction.
 *
 * @throws RowhouseError `executed-part-edited`
 */
export function assertNotBegun(run: Run, name: string, file: SqlFile, direction: Direction): void {
  const progress = findProgress(run, name, direction);
  if (progress) throw editedError(file, progress, 'is no longer a no-transaction file');
}

function retryingLocks(run: Run, name: string, file: SqlFile, body: () => Promise<void>): Promise<void> {
  const { lockTimeoutMs } = file.header;
  const onRetry = (retry: Retry) => {
    run.onEvent({ type: 'retrying', name, ...retry });
  };
  return retrying(run.session, { attempts: run.lockAttempts, totalMs: run.lockTotalMs, lockTimeoutMs, onRetry }, body);
}

async function saveProgressAsLogin(client: pg.ClientBase, progress: Progress): Promise<void> {
  await runBatch(client, becomeLoginRole);
  await saveProgress(client, progress);
}

function findProgress({ recorded }: Run, name: string, direction: Direction): Progress | undefined {
  return recorded.progress.find((progress) => progress.name === name && progress.direction === direction);
}

/** Identifies the text of the first statements, whatever comes after them: at `[n]` that of the first `n`. */
function hashPrefixes(statements: readonly Statement[]): string[] {
  const hash = createHash('sha256');
  const prefixes = [hash.copy().digest('hex')];
  statements.forEach(({ text }, index) => {
    hash.update(index === 0 ? text : `\u0000${text}`);
    prefixes.push(hash.copy().digest('hex'));
  });
  return prefixes;
}

function assertSamePrefix(file: SqlFile, prefixes: readonly string[], progress: Progress): void {
  if (prefixes[progress.statementsDone] === progress.prefixHash) return;
  throw editedError(file, progress, 'no longer says what they were');
}

function editedError({ path }: SqlFile, { statementsDone: done }: Progress, change: string): RowhouseError {
  const begun = done === 0 ? 'it has begun' : `the first ${done} statement${done === 1 ? ' has' : 's have'} run`;
  return new RowhouseError('drift', 'executed-part-edited', `${path}: ${begun} already, and the file ${change}.`, {
    hint: `Restore ${done === 1 ? 'it' : 'them'}; only what comes after may be edited before the run goes on.`,
  });
}

/** DO blocks may end transactions of their own, and then run outside one. */
function isBare({ node, text }: Statement): boolean {
  return runsBare(node) || (('DoStmt' in node || 'CallStmt' in node) && /\b(commit|rollback)\b/i.test(text));
}

async function runBare(run: Run, name: string, file: SqlFile, statement: Statement, begun: boolean): Promise<void> {
  const { client } = run.session;
  const before = await client.query<{ statement: string; lock: string }>(
    `select pg_catalog.current_setting('statement_timeout') as statement, pg_catalog.current_setting('lock_timeout') as lock`,
  );
  // What waits for old snapshots and not in the queue of a lock stops nobody: a lock timeout would only make it fail.
  const lockTimeout = isConcurrent(statement.node) ? '0' : `${file.header.lockTimeoutMs}ms`;
  await setTimeouts(client, `${file.header.deadlineMs}ms`, lockTimeout);
  try {
    if (isConcurrentBuild(statement.node) && !(await prepareIndexBuild(run, name, statement, begun))) return;
    await tellingProgress(run, name, () => runStatement(run, file, statement));
  } catch (error) {
    if (!(begun && isAlreadyDone(statement, error))) throw error;
  } finally {
    const { statement: statementTimeout, lock } = before.rows[0] ?? { statement: '0', lock: '0' };
    await setTimeouts(client, statementTimeout, lock).catch(() => undefined);
  }
}

async function setTimeouts(client: pg.ClientBase, statement: string, lock: string): Promise<void> {
  await client.query(
    "select pg_catalog.set_config('statement_timeout', $1, false), pg_catalog.set_config('lock_timeout', $2, false)",
    [statement, lock],
  );
}

/** DROP INDEX CONCURRENTLY that came to its end before we could note it finds nothing to drop. */
function isAlreadyDone(statement: Statement, error: unknown): boolean {
  const cause = error instanceof RowhouseError ? (error.cause as { code?: unknown } | undefined) : undefined;
  return 'DropStmt' in statement.node && cause?.code === '42704';
}
