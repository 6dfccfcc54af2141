import { groupBy } from '../catalog/derived.ts';
import type { Questions } from './block.ts';
import { ownerQuestions } from './by-owner.ts';
import type { RunInput } from './input.ts';
import type { SharedInPart } from './judge.ts';
import { scannedRows } from './plan.ts';
import { wholeQuestion } from './question.ts';
import type { ProbeSession } from './session.ts';
import type { Surveyed } from './survey.ts';
import type { Truth } from './truth.ts';

/** Shared rows × subjects that are read in full: a tenth of a second. */
const sharedReads = 500_000;
/** Subjects that are compared in full where that would be more. */
const fullSubjects = 3;

/** Some subjects of a target, and what they are asked: questions whose answers add up. */
export interface Part {
  readonly subjects: readonly string[];
  readonly questions: Questions;
  /** Without the shared rows. */
  readonly apart: boolean;
}

/**
 * All subjects in full; or, where many rows are shared, a few in full and of the others all rows that are not shared,
 * if those can be told by their owner and an index leads to them.
 */
export async function partsOf(
  run: RunInput,
  session: ProbeSession,
  { target, order, planner }: Surveyed,
  truth: Truth,
): Promise<readonly [Part, ...Part[]]> {
  const questions: Questions = [wholeQuestion(target, truth.measure, planner)];
  const whole: Part = { subjects: order, questions, apart: false };
  if (!truth.sharing || Number(truth.shared.rows) * order.length <= sharedReads) return [whole];
  const byOwner = ownerQuestions(target, truth);
  if (!byOwner || (await scans(run, session, byOwner.apart(0), order))) return [whole];
  const full = fullyCompared(run, order, truth);
  const rest = groupBy(
    order.filter((subject) => !full.has(subject)),
    byOwner.before,
  );
  return [
    { ...whole, subjects: [...full], questions: byOwner.full },
    ...[...rest].map(([before, subjects]) => ({ subjects, questions: byOwner.apart(before), apart: true })),
  ];
}

/** Whether one of them is answered by looking at the whole table. */
async function scans(
  run: RunInput,
  session: ProbeSession,
  questions: Questions,
  [subject]: readonly string[],
): Promise<boolean> {
  if (subject === undefined) return false;
  const scanned = await scannedRows(session, questions, run.contextOf(subject), run.snapshot);
  return !scanned.ok || scanned.value.some((rows) => rows > 0);
}

/** Those that share, the largest and the smallest, and some between. */
function fullyCompared({ intent }: RunInput, order: readonly string[], truth: Truth): ReadonlySet<string> {
  const step = Math.max(1, Math.floor(order.length / fullSubjects));
  const spread = order.filter((_, index) => index % step === 0);
  const known = new Set<string | null>(order);
  const sharing = (truth.sharing ?? []).map(({ owner }) => owner);
  const wanted = [...sharing, intent.platform, ...truth.extremes].filter(
    (subject): subject is string => subject !== null && known.has(subject),
  );
  const size = Math.max(fullSubjects, sharing.length);
  return new Set([...new Set([...wanted, ...spread])].slice(0, size));
}

export function sharedInPart({ shared }: Truth, [whole, ...apart]: readonly [Part, ...Part[]]): SharedInPart | null {
  if (apart.length === 0) return null;
  const inPart = apart.reduce((sum, { subjects }) => sum + subjects.length, 0);
  return { rows: Number(shared.rows), inFull: whole.subjects.length, inPart };
}
