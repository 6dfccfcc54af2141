import { RowhouseError } from '../domain/errors.ts';
import { retrying } from '../postgres/retry.ts';
import { inTransaction } from '../postgres/transaction.ts';
import type { Statement } from '../sql/parse.ts';
import { quoteIdent } from '../sql/ident.ts';
import { readProgress, saveProgress, type Direction, type Progress } from './progress.ts';
import type { Run } from './run.ts';
import { isConcurrentBuild, runsBare, sha256, statementsOf, type SqlFile } from './sql-file.ts';
import { runStatement } from './statement.ts';

/**
 * Runs a no-transaction file statement by statement, from where an earlier run stopped.
 *
 * A statement that may run in a transaction runs in one with its checkpoint, so exactly once. One that may not (CREATE
 * INDEX CONCURRENTLY) is marked as begun before it runs: if we die in it, the next run looks whether it came to its end.
 *
 * @throws RowhouseError `executed-part-edited` where the part that has run is no longer what the file says
 */
export async function runStatementwise(run: Run, name: string, file: SqlFile, direction: Direction): Promise<void> {
  const { client } = run.session;
  const { statements } = statementsOf(file);
  const progress = await findProgress(run, name, direction);
  const done = progress?.statementsDone ?? 0;
  if (progress) assertSamePrefix(file, statements, progress);
  if (done > 0) run.onEvent({ type: 'resumed', name, from: `statement ${done + 1} of ${statements.length}` });
  for (const [index, statement] of statements.entries()) {
    if (index < done) continue;
    const after = {
      name,
      direction,
      statementsDone: index + 1,
      prefixHash: prefixHash(statements, index + 1),
      inFlight: null,
    };
    if (isBare(statement)) {
      const begun = progress?.inFlight === index;
      const before = { ...after, statementsDone: index, prefixHash: prefixHash(statements, index), inFlight: index };
      await saveProgress(client, before);
      await runBare(run, name, file, statement, begun);
      await saveProgress(client, after);
    } else {
      await retrying(
        run.session,
        {
          attempts: run.lockAttempts,
          lockTimeoutMs: file.header.lockTimeoutMs,
          onRetry: (retry) => {
            run.onEvent({ type: 'retrying', name, ...retry });
          },
        },
        () =>
          inTransaction(client, async () => {
            await client.query("select pg_catalog.set_config('lock_timeout', $1, true)", [
              `${file.header.lockTimeoutMs}ms`,
            ]);
            await runStatement(run.session, file, statement);
            await saveProgress(client, after);
          }),
      );
    }
    run.onEvent({ type: 'statement-done', name, done: index + 1, total: statements.length });
  }
}

async function findProgress(run: Run, name: string, direction: Direction): Promise<Progress | undefined> {
  const all = await readProgress(run.session.client);
  return all.find((progress) => progress.name === name && progress.direction === direction);
}

/** Identifies the text of the first statements, whatever comes after them. */
function prefixHash(statements: readonly Statement[], count: number): string {
  return sha256(
    statements
      .slice(0, count)
      .map((statement) => statement.text)
      .join('\u0000'),
  );
}

function assertSamePrefix(file: SqlFile, statements: readonly Statement[], progress: Progress): void {
  const done = progress.statementsDone;
  if (statements.length >= done && prefixHash(statements, done) === progress.prefixHash) return;
  throw new RowhouseError(
    'drift',
    'executed-part-edited',
    `${file.path}: the first ${done} statement${done === 1 ? ' has' : 's have'} run already, and the file no longer says what they were.`,
    { hint: `Restore ${done === 1 ? 'it' : 'them'}; only what comes after may be edited before the run goes on.` },
  );
}

/** DO blocks may end transactions of their own, and then run outside one. */
function isBare({ node, text }: Statement): boolean {
  return runsBare(node) || (('DoStmt' in node || 'CallStmt' in node) && /\b(commit|rollback)\b/i.test(text));
}

async function runBare(run: Run, name: string, file: SqlFile, statement: Statement, begun: boolean): Promise<void> {
  const { client } = run.session;
  if (isConcurrentBuild(statement.node) && !(await prepareIndexBuild(run, name, statement, begun))) return;
  await client.query(
    "select pg_catalog.set_config('statement_timeout', $1, false), pg_catalog.set_config('lock_timeout', '0', false)",
    [`${file.header.deadlineMs}ms`],
  );
  try {
    await runStatement(run.session, file, statement);
  } catch (error) {
    if (!(begun && isAlreadyDone(statement, error))) throw error;
  } finally {
    await run.session.reset().catch(() => undefined);
  }
}

/** DROP INDEX CONCURRENTLY that came to its end before we could note it finds nothing to drop. */
function isAlreadyDone(statement: Statement, error: unknown): boolean {
  const cause = error instanceof RowhouseError ? (error.cause as { code?: unknown } | undefined) : undefined;
  return 'DropStmt' in statement.node && cause?.code === '42704';
}

/** Drops what a failed build of this index has left. @returns false where the build is finished already */
async function prepareIndexBuild(run: Run, name: string, { node }: Statement, begun: boolean): Promise<boolean> {
  const index = 'IndexStmt' in node ? node.IndexStmt : undefined;
  if (index?.idxname === undefined || index.relation?.relname === undefined) return true;
  const schema = index.relation.schemaname === undefined ? '' : `${quoteIdent(index.relation.schemaname)}.`;
  const indexName = `${schema}${quoteIdent(index.idxname)}`;
  const { rows } = await run.session.client.query<{ indisvalid: boolean }>(
    `select i.indisvalid
       from pg_catalog.pg_index as i
      where i.indexrelid = pg_catalog.to_regclass($1) and i.indrelid = pg_catalog.to_regclass($2)`,
    [indexName, `${schema}${quoteIdent(index.relation.relname)}`],
  );
  const existing = rows[0];
  if (existing?.indisvalid === true) return !begun;
  if (existing) {
    await run.session.client.query(`drop index concurrently ${indexName}`);
    run.onEvent({ type: 'index-rebuilt', name, index: index.idxname });
  }
  return true;
}
