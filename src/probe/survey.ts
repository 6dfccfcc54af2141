import { identityMeasure } from './measure.ts';
import { wholeQuestion } from './question.ts';
import { costOf } from './plan.ts';
import type { RunInput } from './input.ts';
import { describeFailure } from './session.ts';
import type { SessionSettings } from '../postgres/impersonate.ts';
import { sqlstate } from '../postgres/database-error.ts';
import { shuffled } from './shuffle.ts';
import { firstChunk } from './sweep.ts';
import type { Target } from './target.ts';

/** Rows that are read for all subjects of one relation before it counts as dear: some ten seconds. */
const dearRows = 50_000_000;

/** A target, and how it is going to be asked. */
export interface Surveyed {
  readonly target: Target;
  /** Subjects in the order in which they are asked. */
  readonly order: readonly string[];
  readonly planner: SessionSettings;
  /** Rows that it holds, as statistics tell. */
  readonly rows: number;
  /** Rows that one subject costs beside its own, where no index serves the policy; 0 where one does or it does not matter. */
  readonly dear: number;
  /** Subjects that are asked at first in one statement. */
  readonly firstChunk: number;
  /** Why it cannot be asked at all: somebody holds a lock on it. */
  readonly locked: string | null;
}

/** Plans the question about each target once, to know what is ahead. */
export async function survey(run: RunInput, targets: readonly Target[]): Promise<readonly Surveyed[]> {
  const surveyed: Surveyed[] = [];
  for (const target of targets) surveyed.push(await surveyOne(run, target));
  return surveyed;
}

async function surveyOne(run: RunInput, target: Target): Promise<Surveyed> {
  const [subject] = run.subjects;
  const rows = Math.max(0, target.relation.reltuples);
  const plain = {
    target,
    order: run.subjects,
    planner: {},
    rows,
    dear: 0,
    firstChunk: firstChunk.careful,
    locked: null,
  };
  if (subject === undefined) return plain;
  const cost = await costOf(
    run.session,
    wholeQuestion(target, identityMeasure(target), {}),
    run.contextOf(subject),
    run.snapshot,
  );
  if (!cost.ok) {
    // What else is wrong is for the question itself to show.
    const locked = cost.failure.sqlstate === sqlstate.lockNotAvailable ? describeFailure(cost.failure) : null;
    return { ...plain, locked };
  }
  const { scanned, planner } = cost.value;
  const isDear = scanned * run.subjects.length > dearRows;
  // Where not all may have their turn, those that have are a sample.
  const order = isDear ? shuffled(run.subjects, 1) : run.subjects;
  // What was never analyzed may be of any size.
  const chunk = isDear || rows === 0 ? firstChunk.careful : firstChunk.cheap;
  return { ...plain, planner, order, dear: isDear ? scanned : 0, firstChunk: chunk };
}
