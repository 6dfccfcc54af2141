import { usualArchiveBacklog, usualReplicaLag } from '../domain/wal-limits.ts';
import type { Session } from '../postgres/session.ts';
import type { SourceFile } from '../postgres/statement-error.ts';
import { formatQualified, quoteQualified } from '../sql/ident.ts';
import { begin, endOf, type Beginning } from './begin.ts';
import { shareDone, type Field } from './batch.ts';
import { parseBackfill, type BackfillBody } from './body.ts';
import { createPart, readParts, repeatSweep, type BackfillId, type Part, type Stage } from './checkpoint.ts';
import { describePace, uncancel } from './control.ts';
import { Gate } from './gate.ts';
import { Pace, type Aim } from './pace.ts';
import { sameKey } from './position.ts';
import { forgetRefused, readRefused, refusedError } from './refused.ts';
import { divideParts } from './split.ts';
import { findTable } from './table.ts';
import type { Limits } from './throttle.ts';
import { Bloat } from './vacuum.ts';
import type { Way } from './way.ts';
import { inBatchTransaction, runParts, type Job, type LockOptions } from './worker.ts';

/** How fast a backfill goes, and what it may cost the others. */
export interface BackfillPace extends Limits {
  /** Rows of each batch; null where the time decides. */
  readonly batchSize: number | null;
  /** How long a batch should take, in milliseconds. */
  readonly batchMs: number;
  /** How many workers take parts of a table at the same time. */
  readonly jobs: number;
  /** Passes over each range of pages; null where the table decides. */
  readonly passes: number | null;
  /** Rows that a trigger or a constraint may refuse before it stops. */
  readonly maxRefused: number;
}

export const usualPace: BackfillPace = {
  batchSize: null,
  batchMs: 50,
  jobs: 1,
  passes: null,
  maxRefused: 100,
  load: 100,
  replicaLag: usualReplicaLag,
  walRate: null,
  archiveBacklog: usualArchiveBacklog,
  active: null,
};

/** What a backfill has come to. */
export interface BackfillProgress {
  /** Rows changed so far, by earlier runs too. */
  readonly rows: number;
  /** The share of the table, 0 to 1; null where nothing is known of its size. */
  readonly fraction: number | null;
  /** Rows a second, of late. */
  readonly rate: number | null;
  /** Why no batch may begin now, or why they are fewer or smaller. */
  readonly heldBy: string | null;
}

export interface BackfillOptions extends LockOptions {
  readonly pace: BackfillPace;
  /** Triggers that shall fire: they are not warned of. */
  readonly fires: readonly string[];
  /** The sessions of the workers of all backfills of the run. */
  readonly ours: Set<number>;
  /** Opens the session of one more worker. */
  readonly openWorker: (signal: AbortSignal) => Promise<Session>;
  readonly onResume: (rowsDone: number) => void;
  /** After each batch. */
  readonly onProgress: (progress: BackfillProgress) => void;
  readonly onWarning: (message: string) => void;
}

/** Rows of the first batch, where the time decides; a sweep changes few of those that it looks at. */
const firstBatch = 1000;
const firstSweep = 10_000;
/** Parts that one of several workers takes in turn. */
const partsOfWorker = 3;
/** Sweeping comes behind what the bar is about. */
const fillShare = 0.99;

/** A backfill at work. */
interface Backfill {
  readonly session: Session;
  readonly id: BackfillId;
  readonly file: SourceFile;
  readonly body: BackfillBody;
  readonly options: BackfillOptions;
}

/**
 * Runs a backfill to its end: ranges of pages in passes, or ranges of a key, each batch one UPDATE in a transaction of
 * its own with its checkpoint, so that a run that dies resumes exactly behind the last batch that committed. The end is
 * fixed when it begins: later rows are attributed by triggers and defaults that an expand file has put in place. Rows
 * that moved or came meanwhile are caught by a last sweep, where the body says which rows still need it.
 *
 * @returns the rows changed, those of earlier runs of this backfill included
 * @throws RowhouseError `rows-refused` at the end, where a trigger or a constraint has refused some
 */
export async function runBackfill(
  session: Session,
  id: BackfillId,
  file: SourceFile,
  options: BackfillOptions,
): Promise<number> {
  const backfill = { session, id, file, body: parseBackfill(file.path, file.source), options };
  const { body } = backfill;
  const beginning = await inBatchTransaction(session, file, options, async () => {
    // What earlier runs have set aside counts anew, and the sweep that has passed it is done once more.
    if ((await forgetRefused(session.client, id)) > 0) await repeatSweep(session.client, id);
    return begin(session, id, file, body, options.pace.passes);
  });
  const { table, triggers } = beginning;
  for (const trigger of triggers.filter((name) => !options.fires.includes(name))) {
    options.onWarning(
      `the trigger ${trigger} on ${formatQualified(table)} fires; to keep it quiet, give it a WHEN that asks for current_setting('rowhouse.backfill', true) is distinct from 'on'; if it shall fire, say \`-- rowhouse: fires ${trigger}\``,
    );
  }
  if (beginning.parts.length === 0) return 0;
  if (beginning.parts.some(({ last, pass }) => last !== null || pass > 0)) options.onResume(rowsOf(beginning.parts));
  const set = describePace(await uncancel(session.client, id));
  if (set !== '') options.onWarning(`goes as \`rowhouse backfill set\` has said, and not as this command: ${set}`);
  await runStage(backfill, 'fill', beginning);
  if (body.selfLimiting) await sweep(backfill, beginning);
  const rows = rowsOf(await readParts(session.client, id));
  options.onProgress({ rows, fraction: 1, rate: null, heldBy: null });
  const refused = await readRefused(session.client, id);
  if (refused.length > 0) throw refusedError(file.path, table.key?.columns ?? ['ctid'], refused, false);
  return rows;
}

/** Goes over the table as it is by now: for what moved or came meanwhile, and what was refused. */
async function sweep(backfill: Backfill, beginning: Beginning): Promise<void> {
  const { session, id, file, body, options } = backfill;
  const { client } = session;
  const way: Way = beginning.table.partitioned ? beginning.way : { kind: 'pages', passes: 1, dealt: null };
  const table = await inBatchTransaction(session, file, options, async () => {
    const now = await findTable(client, file.path, body);
    if ((await readParts(client, id)).some(({ stage }) => stage === 'sweep')) return now;
    await forgetRefused(client, id);
    const end = await endOf(session, now, way);
    if (end !== null) await createPart(client, id, { stage: 'sweep', part: 0, last: null, end });
    return now;
  });
  await runStage(backfill, 'sweep', { ...beginning, table, way });
}

/** Takes all parts of a stage to their end, as many at a time as there are workers. */
async function runStage(backfill: Backfill, stage: Stage, beginning: Omit<Beginning, 'parts'>): Promise<void> {
  const { session, id, file, body, options } = backfill;
  const { table, way, rowsPerPage } = beginning;
  const { pace } = options;
  const field: Field = { body, table, way, rowsPerPage };
  const parts = new Map((await readParts(session.client, id)).map((part) => [`${part.stage} ${part.part}`, part]));
  const ofStage = () => [...parts.values()].filter((part) => part.stage === stage);
  const { jobs } = pace;
  const divided = await inBatchTransaction(session, file, options, () =>
    divideParts(session, id, { table, way }, ofStage(), jobs === 1 ? 1 : jobs * partsOfWorker),
  );
  for (const part of divided) parts.set(`${stage} ${part.part}`, part);
  const left = divided.filter(({ last, end }) => !sameKey(last, end));
  if (left.length === 0) return;

  const progress = () => ({
    rows: rowsOf([...parts.values()]),
    fraction: scaled(body, stage, shareDone(field, ofStage())),
  });
  const failure = new AbortController();
  const signal = AbortSignal.any([session.signal, failure.signal]);
  const others = await Promise.all(
    Array.from({ length: Math.min(jobs, left.length) - 1 }, () => options.openWorker(signal)),
  );
  const workers = [session, ...others];
  const aim = aimOf(pace, stage);
  const pids = workers.map(({ pid }) => pid);
  const tell = () => {
    options.onProgress({ ...progress(), rate: gate.rate, heldBy: gate.slowedBy });
  };
  const gate = new Gate(session, id, quoteQualified(table), aim, pace, pids, options.ours, progress, tell);
  const onBatch = (part: Part) => {
    parts.set(`${stage} ${part.part}`, part);
    tell();
  };
  const bloat = new Bloat(table);
  const job: Job = { ...field, id, file, gate, locks: options, maxRefused: pace.maxRefused, signal, bloat, onBatch };
  const work = (worker: Session, index: number) => {
    const own = left.filter((_, part) => part % workers.length === index);
    return runParts(job, worker, own, new Pace(aim, stage === 'fill' ? firstBatch : firstSweep));
  };
  try {
    await gate.open();
    await allOrFirstError(workers.map(work), failure);
  } finally {
    await gate.close();
    await Promise.all(others.map((worker) => worker.close()));
  }
}

/** Lets all workers come to rest, and tells of the error that stopped them. */
async function allOrFirstError(works: readonly Promise<void>[], failure: AbortController): Promise<void> {
  const errors: unknown[] = [];
  await Promise.all(
    works.map((work) =>
      work.catch((error: unknown) => {
        errors.push(error);
        failure.abort();
      }),
    ),
  );
  for (const error of errors) throw error;
}

/** A sweep looks at many rows and changes few: only the time tells how many a batch may be. */
function aimOf({ batchSize, batchMs }: BackfillPace, stage: Stage): Aim {
  return { size: stage === 'fill' ? batchSize : null, ms: batchMs };
}

function scaled({ selfLimiting }: BackfillBody, stage: Stage, fraction: number | null): number | null {
  if (fraction === null || !selfLimiting) return fraction;
  return stage === 'fill' ? fraction * fillShare : fillShare + fraction * (1 - fillShare);
}

function rowsOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { rowsDone }) => sum + rowsDone, 0);
}
