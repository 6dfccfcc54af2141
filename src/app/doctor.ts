import { firingTriggers, findTable } from '../backfill/table.ts';
import { parseBackfill } from '../backfill/body.ts';
import { readBackfills } from '../backfill/state.ts';
import { measureRate } from '../backfill/trial.ts';
import { RowhouseError, type ErrorKind } from '../domain/errors.ts';
import { loadMigrations, nameOf, type Migration } from '../migrate/project.ts';
import type { SqlFile } from '../migrate/sql-file.ts';
import { assertNoDrift, selectUp } from '../migrate/state.ts';
import { countRows } from '../preflight/count-rows.ts';
import { examine, type CheckResult } from '../preflight/examine.ts';
import type { Facts, FiringTrigger } from '../preflight/facts.ts';
import { checks } from '../preflight/index.ts';
import type { Known } from '../preflight/known.ts';
import { learned, readFacts, readInvalidIndexes } from '../preflight/read-facts.ts';
import type { Work } from '../preflight/work.ts';
import type { Connection } from '../postgres/connect.ts';
import { withDatabaseContext } from '../postgres/database-error.ts';
import { poolingOf } from '../postgres/pooling.ts';
import { isRowhouseSchemaCurrent } from '../postgres/rowhouse-schema.ts';
import { openSession, type Session } from '../postgres/session.ts';
import { formatQualified } from '../sql/ident.ts';
import { pendingWork } from './pending-work.ts';
import type { Project } from './project.ts';
import { assertNoHalfRollback, assertRunnable, readSituation, type Situation } from './run.ts';

export interface DoctorRequest {
  readonly project: Project;
  readonly connection: Connection;
  /** Checks that somebody knows better of. */
  readonly skipChecks: readonly string[];
  /** Try a batch of each pending backfill, and roll it back. */
  readonly measure: boolean;
}

/** Whether a database is ready for a run. */
export interface Examination {
  readonly schemaVersion: 1;
  readonly database: string;
  readonly role: string;
  readonly server: string;
  /** The worst of the checks; what was skipped does not count. */
  readonly outcome: 'ok' | 'warning' | 'unknown' | 'refused';
  /** As what a run would end; null where it would begin. */
  readonly refusedAs: ErrorKind | null;
  readonly pending: readonly string[];
  readonly checks: readonly CheckResult[];
}

/** Looks at all that a run would meet. Reads only, unless it shall measure. */
export async function doctor({ project, connection, skipChecks, measure }: DoctorRequest): Promise<Examination> {
  const migrations = await loadMigrations(project.directory);
  const session = await openSession(connection, 'rowhouse doctor', { readOnly: true });
  try {
    const pooling = await poolingOf(session);
    const { files, objection } = await readPending(session, migrations);
    const work: Known<Work> = 'value' in files ? { value: pendingWork(files.value) } : files;
    const backfills = 'value' in files ? files.value.filter(({ header }) => header.backfill) : [];
    const facts: Facts = {
      ...(await readFacts(session.client, work, pooling)),
      objection,
      invalidIndexes: await readInvalidIndexes(session.client),
      triggers: await learned(() => readTriggers(session, backfills)),
      rates: await readRates(session, connection, backfills, measure),
    };
    const relations = await countRows(session.client, facts);
    const results = examine({ ...facts, relations }, checks, skipChecks);
    const refused = results.find(({ outcome }) => outcome === 'refused');
    return {
      schemaVersion: 1,
      database: facts.server.database,
      role: facts.server.user,
      server: facts.server.version,
      outcome: worst(results),
      refusedAs: refused === undefined ? null : (refused.kind ?? 'database'),
      pending: 'value' in work ? work.value.files : [],
      checks: results,
    };
  } catch (error) {
    throw withDatabaseContext(error);
  } finally {
    await session.close();
  }
}

function worst(results: readonly CheckResult[]): Examination['outcome'] {
  const order = ['refused', 'unknown', 'warning'] as const;
  return order.find((candidate) => results.some(({ outcome }) => outcome === candidate)) ?? 'ok';
}

/** The files that `migrate` would run, and why it would not begin. */
async function readPending(
  { client }: Session,
  migrations: readonly Migration[],
): Promise<{ files: Known<readonly SqlFile[]>; objection: RowhouseError | null }> {
  const situation = await learned(() => readSituation(client, migrations));
  if (!('value' in situation)) return { files: situation, objection: unreadable(situation.reason) };
  const { entries } = situation.value;
  const files = selectUp(entries, {}).map(({ up }) => up);
  assertRunnable(files);
  return { files: { value: files }, objection: objectionOf(situation.value) };
}

function unreadable(reason: string): RowhouseError {
  return new RowhouseError(
    'database',
    'history-unreadable',
    `The history of this database cannot be read: ${reason}.`,
    {
      hint: 'Run as the role that has migrated it before: the schema rowhouse belongs to it.',
    },
  );
}

function objectionOf(situation: Situation): RowhouseError | null {
  try {
    assertNoDrift(situation.entries);
    assertNoHalfRollback(situation);
    return null;
  } catch (error) {
    if (error instanceof RowhouseError) return error;
    throw error;
  }
}

async function readTriggers({ client }: Session, files: readonly SqlFile[]): Promise<FiringTrigger[]> {
  const found: FiringTrigger[] = [];
  for (const file of files) {
    const { path, source, header } = file;
    const body = parseBackfill(path, source);
    const table = await findTable(client, path, body).catch(() => null);
    if (table === null) continue;
    for (const trigger of await firingTriggers(client, table, body.columns)) {
      if (!header.fires.includes(trigger))
        found.push({ backfill: nameOf(file), relation: formatQualified(table), trigger });
    }
  }
  return found;
}

/** What batches have taken: those of a run that is not done, or one that is tried now. */
async function readRates(
  { client }: Session,
  connection: Connection,
  files: readonly SqlFile[],
  measure: boolean,
): Promise<ReadonlyMap<string, number>> {
  const rates = new Map<string, number>();
  const begun = await learned(async () => ((await isRowhouseSchemaCurrent(client)) ? await readBackfills(client) : []));
  for (const { name, rate } of 'value' in begun ? begun.value : [])
    if (rate !== null && rate > 0) rates.set(name, rate);
  if (!measure) return rates;
  const session = await openSession(connection, 'rowhouse doctor --measure');
  try {
    for (const file of files) {
      const rate = await measureRate(session, file, parseBackfill(file.path, file.source));
      if (rate !== null) rates.set(nameOf(file), rate);
    }
    return rates;
  } finally {
    await session.close();
  }
}
