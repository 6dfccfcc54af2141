import { parseBackfill } from '../backfill/body.ts';
import type { BackfillPace } from '../backfill/runner.ts';
import { RowhouseError } from '../domain/errors.ts';
import { Ahead } from '../migrate/ahead.ts';
import { openLedger, readLedger, type Ledger } from '../migrate/engine.ts';
import type { OnRunEvent } from '../migrate/events.ts';
import { Lookout } from '../migrate/lookout.ts';
import { readAppliedFiles, type Actor } from '../migrate/history.ts';
import { readProgress, readStartedBackfills, type Direction, type Progress } from '../migrate/progress.ts';
import { checkStatements, loadMigrations, type Migration } from '../migrate/project.ts';
import type { Run } from '../migrate/run.ts';
import type { SqlFile } from '../migrate/sql-file.ts';
import type { WatchStatement } from '../migrate/statement.ts';
import { compare, type Entry, type Recorded } from '../migrate/state.ts';
import { acquireLock } from '../postgres/advisory-lock.ts';
import type { Connection } from '../postgres/connect.ts';
import { withDatabaseContext } from '../postgres/database-error.ts';
import { hasRowhouseSchema, installRowhouseSchema } from '../postgres/rowhouse-schema.ts';
import { poolingAdvice, poolingOf, poolingWords } from '../postgres/pooling.ts';
import { openSession, type Session } from '../postgres/session.ts';
import { Backfills } from './backfills.ts';
import type { Project } from './project.ts';

/** What every command that changes a database is given. */
export interface RunRequest {
  readonly project: Project;
  readonly connection: Connection;
  readonly actor: Actor;
  /** How long to wait for another run to end, in milliseconds. */
  readonly lockWaitMs: number;
  /** How often a file, a statement or a batch is tried while others hold its locks. */
  readonly lockAttempts: number;
  /** For how long, from the first try on, in milliseconds. */
  readonly lockTotalMs: number;
  /** How long to wait, before a lock is asked for, for transactions that keep it from us, in milliseconds. */
  readonly transactionWaitMs: number;
  /** Checks that somebody knows better of, by their ids. */
  readonly skipChecks: readonly string[];
  readonly pace: BackfillPace;
  readonly signal: AbortSignal;
  readonly onEvent: OnRunEvent;
  /** Sees each statement run, for a report. */
  readonly watchStatement?: WatchStatement;
}

/** A project's files beside what the database knows of them. */
export interface Situation {
  readonly migrations: readonly Migration[];
  readonly entries: readonly Entry[];
  readonly recorded: Recorded;
}

/** Opens the session of a run, takes the lock, and hands over both. The lock ends with the session. */
export function withRun<T>(
  request: RunRequest,
  command: string,
  body: (run: Run, situation: Situation) => Promise<T>,
): Promise<T> {
  return withCheckedRun(request, command, (_, situation) => Promise.resolve(situation), body);
}

/** The same for a run that may be refused: nothing has changed, not even in the schema `rowhouse`, until `look` has returned. */
export async function withCheckedRun<Seen, T>(
  request: RunRequest,
  command: string,
  look: (session: Session, situation: Situation) => Promise<Seen>,
  body: (run: Run, seen: Seen) => Promise<T>,
): Promise<T> {
  const { project, actor, signal, onEvent } = request;
  const migrations = await loadMigrations(project.directory);
  const applicationName = `rowhouse ${command} ${actor.client}`.slice(0, 63);
  const session = await openSession(request.connection, applicationName, { signal });
  const backfills = new Backfills(request, session, applicationName);
  session.client.on('notice', (notice) => {
    // What a file raises itself, and not that IF EXISTS found nothing.
    const raised = notice.severity === 'NOTICE' && notice.routine === 'exec_stmt_raise';
    if (raised || notice.severity === 'WARNING') onEvent({ type: 'notice', message: notice.message ?? '' });
  });
  try {
    await assertDirect(session, request);
    await acquireLock(session.client, {
      waitMs: request.lockWaitMs,
      signal,
      onWait: (holder) => {
        onEvent({ type: 'waiting-for-run', holder });
      },
    });
    const situation = await readSituation(session.client, migrations);
    const seen = await look(session, situation);
    await installRowhouseSchema(session.client);
    let ledger: Promise<Ledger> | null = null;
    const run: Run = {
      session,
      directory: project.directory,
      actor,
      ledger: () => (ledger ??= openLedger(session.client, project.directory)),
      recorded: situation.recorded,
      lockAttempts: request.lockAttempts,
      lockTotalMs: request.lockTotalMs,
      lookout: new Lookout(session, request.transactionWaitMs, onEvent),
      ahead: new Ahead(session),
      onEvent,
      watchStatement: request.watchStatement,
      backfills,
    };
    return await body(run, seen);
  } catch (error) {
    if (!(error instanceof RowhouseError && error.kind === 'cancelled')) session.throwIfCancelled();
    throw withDatabaseContext(error);
  } finally {
    await backfills.close();
    await session.close();
  }
}

/** Through a pooler the lock would be somebody else's at once. @throws RowhouseError `pooled-connection` */
async function assertDirect(session: Session, { skipChecks, onEvent }: RunRequest): Promise<void> {
  if (skipChecks.includes('pooler')) {
    onEvent({ type: 'preflight', id: 'pooler', outcome: 'skipped', message: 'Skipped, as told.' });
    return;
  }
  const pooling = await poolingOf(session);
  if (pooling === 'none') return;
  const words = poolingWords[pooling];
  if (pooling === 'transaction') {
    throw new RowhouseError('database', 'pooled-connection', `${words} Nothing was run.`, { hint: poolingAdvice });
  }
  const message = `${words} ${poolingAdvice}`;
  onEvent({ type: 'preflight', id: 'pooler', outcome: 'warning', message });
}

/** Connects read-only and looks, without the lock: for `status`, `history` and dry runs. */
export async function withReadOnlySession<T>(
  connection: Connection,
  command: string,
  body: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await openSession(connection, `rowhouse ${command}`, { readOnly: true });
  try {
    return await body(session);
  } catch (error) {
    throw withDatabaseContext(error);
  } finally {
    await session.close();
  }
}

/** Reads what the database knows of the files. Needs no schema `rowhouse`: then nothing is applied. */
export async function readSituation(client: Session['client'], migrations: readonly Migration[]): Promise<Situation> {
  const recorded = (await hasRowhouseSchema(client)) ? await readRecorded(client) : nothingRecorded;
  return { migrations, recorded, entries: compare(migrations, recorded) };
}

const nothingRecorded: Recorded = { ledger: [], files: new Map(), partial: new Map(), progress: [], backfills: [] };

async function readRecorded(client: Session['client']): Promise<Recorded> {
  const [ledger, files, progress, backfills] = await Promise.all([
    readLedger(client),
    readAppliedFiles(client),
    readProgress(client),
    readStartedBackfills(client),
  ]);
  return { ledger, files, progress, backfills, partial: partialFiles([...backfills, ...progress]) };
}

function partialFiles(begun: readonly Pick<Progress, 'name' | 'direction'>[]): Map<string, Direction> {
  const partial = new Map<string, Direction>();
  for (const { name, direction } of begun) {
    // A file that stopped on its way up and then on its way down has both: it has to go on down.
    if (partial.get(name) !== 'down') partial.set(name, direction);
  }
  return partial;
}

/** Refuses files that cannot run, before the first of them does. @throws RowhouseError `project-invalid`, `backfill-invalid` */
export function assertRunnable(files: readonly SqlFile[]): void {
  checkStatements(files);
  for (const { path, source, header } of files) if (header.backfill) parseBackfill(path, source);
}

/** A rollback that stopped half-way must be finished before anything goes up again. @throws RowhouseError `rollback-unfinished` */
export function assertNoHalfRollback({ recorded }: Situation): void {
  const names = [...recorded.partial].filter(([, direction]) => direction === 'down').map(([name]) => name);
  if (names.length === 0) return;
  throw new RowhouseError(
    'database',
    'rollback-unfinished',
    `The rollback of ${names.join(', ')} stopped half-way; nothing was run.`,
    {
      hint: 'Finish it with `rowhouse rollback`.',
    },
  );
}
