import { RowhouseError } from '../domain/errors.ts';
import { contextAssignments } from '../intent/context.ts';
import { appendHistory } from '../migrate/history.ts';
import { checkStatements } from '../migrate/project.ts';
import type { Run } from '../migrate/run.ts';
import { loadSeeds, type Seed } from '../migrate/seeds.ts';
import { statementsOf, type SqlFile } from '../migrate/sql-file.ts';
import type { Model } from '../model/model.ts';
import { databaseError } from '../postgres/database-error.ts';
import { retrying, type Retry } from '../postgres/retry.ts';
import { statementError } from '../postgres/statement-error.ts';
import { inTransaction } from '../postgres/transaction.ts';
import { quoteIdent, quoteQualified } from '../sql/ident.ts';
import { withRun, type RunRequest } from './run.ts';

/** One seed that was run, or taken out. */
export interface SeedResult {
  readonly name: string;
  readonly tenant: string;
  /** Rows inserted, updated or deleted. */
  readonly rows: number;
}

export interface SeedOptions {
  /** Only the seeds of this tenant. */
  readonly tenant?: string | undefined;
  /** Take the seeds out again, last first. */
  readonly undo: boolean;
}

/**
 * Runs the seeds, each in one transaction as the application's role under its tenant's context: row-level security
 * itself keeps a seed within its tenant.
 *
 * @throws RowhouseError after which the seeds before the failed one stay
 */
export async function seed(request: RunRequest, options: SeedOptions): Promise<readonly SeedResult[]> {
  const all = await loadSeeds(request.project.directory);
  const wanted = all.filter((entry) => options.tenant === undefined || entry.tenant === options.tenant);
  if (wanted.length === 0 && options.tenant !== undefined) {
    throw new RowhouseError('usage', 'no-seeds', `No seed is for the tenant ${options.tenant}.`, {
      hint: `Seeds are there for: ${[...new Set(all.map((entry) => entry.tenant))].join(', ') || 'no tenant'}.`,
    });
  }
  const files = options.undo
    ? wanted.toReversed().map(undoFile)
    : wanted.map((entry) => ({ seed: entry, file: entry.up }));
  checkStatements(files.map(({ file }) => file));
  return withRun(request, 'seed', async (run) => {
    const results: SeedResult[] = [];
    for (const { seed: entry, file } of files) {
      const rows = await runSeed(run, request.project.model, entry, file, options.undo);
      results.push({ name: entry.name, tenant: entry.tenant, rows });
    }
    return results;
  });
}

function undoFile(entry: Seed): { seed: Seed; file: SqlFile } {
  if (entry.undo) return { seed: entry, file: entry.undo };
  throw new RowhouseError('configuration', 'no-undo', `seeds/undo/${entry.name}.sql is missing; nothing was run.`, {
    hint: 'Write it: it deletes what the seed inserts.',
  });
}

async function runSeed(run: Run, model: Model, entry: Seed, file: SqlFile, undo: boolean): Promise<number> {
  const { session, actor } = run;
  const { client } = session;
  const [app] = model.roles.app;
  if (app === undefined)
    throw new RowhouseError('configuration', 'no-app-role', 'The model names no role under roles.app.');
  await session.reset();
  await assertTenantExists(run, model, entry);
  const { lockTimeoutMs } = file.header;
  const started = Date.now();
  const onRetry = (retry: Retry) => {
    run.onEvent({ type: 'retrying', name: entry.name, ...retry });
  };
  return retrying(session, { attempts: run.lockAttempts, totalMs: run.lockTotalMs, lockTimeoutMs, onRetry }, () =>
    inTransaction(client, async () => {
      await client.query("select pg_catalog.set_config('lock_timeout', $1, true)", [`${lockTimeoutMs}ms`]);
      for (const { setting, value } of contextAssignments(model, entry.tenant)) {
        await client.query('select pg_catalog.set_config($1, $2, true)', [setting, value]);
      }
      // Row-level security must apply to the app, and not raise as it does for the rest of a run.
      await client.query('set local row_security = on');
      await client.query(`set local role ${quoteIdent(app)}`).catch((error: unknown) => {
        throw databaseError(error, `Cannot act as the app role ${app}; has \`rowhouse migrate\` run`);
      });
      let rows = 0;
      for (const statement of statementsOf(file).statements) {
        session.throwIfCancelled();
        const result = await client.query(statement.text).catch((error: unknown) => {
          throw statementError(session, file, statement, error);
        });
        if ('InsertStmt' in statement.node || 'UpdateStmt' in statement.node || 'DeleteStmt' in statement.node) {
          rows += result.rowCount ?? 0;
        }
      }
      await client.query('reset role');
      await appendHistory(client, actor, {
        name: entry.name,
        direction: undo ? 'unseed' : 'seed',
        outcome: 'done',
        checksum: file.checksum,
        source: file.source,
        durationMs: Date.now() - started,
      });
      return rows;
    }),
  );
}

async function assertTenantExists(run: Run, model: Model, entry: Seed): Promise<void> {
  const { table, key } = model.tenants;
  const { rows } = await run.session.client
    .query<{ found: boolean }>(
      `select exists (select from ${quoteQualified(table)} as t where t.${quoteIdent(key)}::text = $1) as found`,
      [entry.tenant],
    )
    .catch((error: unknown) => {
      throw databaseError(error, `Cannot look for the tenant ${entry.tenant}; has \`rowhouse migrate\` run`);
    });
  if (rows[0]?.found) return;
  throw new RowhouseError('configuration', 'no-such-tenant', `${entry.up.path}: there is no tenant ${entry.tenant}.`);
}
