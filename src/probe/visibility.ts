import { type Difference, findDifference, readVisible } from './difference.ts';
import { type Fingerprint, sameFingerprint } from './fingerprint.ts';
import type { RunInput } from './input.ts';
import { type Attempt, describeFailure, type Failure } from './session.ts';
import type { Target } from './target.ts';
import { expectedPredicate, readTruth, type Truth } from './truth.ts';

/** Subjects of one target whose foreign rows are looked up; of the rest only the numbers are kept. */
const examinedSubjects = 5;

/** What one subject sees of one target, where that is not what it should see. */
export interface Mismatch {
  readonly subject: string;
  readonly expected: Fingerprint;
  readonly visible: Fingerprint;
  /** Null where the rows were not looked up, because enough of them were for other subjects. */
  readonly difference: Difference | null;
}

/** What all subjects see of one target. */
export interface VisibilityOfTarget {
  readonly target: Target;
  /** Comparisons that came to an answer. */
  readonly compared: number;
  readonly mismatches: readonly Mismatch[];
  /** Why some comparisons came to none, by subject. */
  readonly failures: readonly { readonly subject: string; readonly failure: Failure }[];
  /** Why the target as a whole could not be judged, or null. */
  readonly obstacle: string | null;
}

/** Compares what every subject sees of every target with what it should see. */
export async function observeVisibility(run: RunInput): Promise<readonly VisibilityOfTarget[]> {
  const judged: { readonly target: Target; readonly truth: Attempt<Truth> }[] = [];
  for (const target of run.targets) {
    if (target.identity.length === 0 || target.privileges.truthBound) continue;
    run.progress(`truth of ${target.name}`);
    judged.push({ target, truth: await readTruth(run.session, target, run.subjects, run) });
  }
  const readable = judged.flatMap(({ target, truth }) => (truth.ok ? [{ target, truth: truth.value }] : []));
  const seen = await readSeen(
    run,
    readable.map(({ target }) => target),
  );
  const observed: VisibilityOfTarget[] = [];
  for (const { target, truth } of judged) {
    run.progress(`rows of ${target.name}`);
    observed.push(
      truth.ok
        ? await compare(run, target, truth.value, seen)
        : obstructed(target, `The truth could not be read: ${describeFailure(truth.failure)}.`),
    );
  }
  return observed;
}

type Seen = ReadonlyMap<string, ReadonlyMap<Target, Attempt<Fingerprint>>>;

/** What every subject sees of every target. The one loop whose length is subjects × relations. */
async function readSeen(run: RunInput, targets: readonly Target[]): Promise<Seen> {
  const seen = new Map<string, Map<Target, Attempt<Fingerprint>>>();
  for (const subject of run.subjects) {
    run.progress(`${run.noun} ${subject}`);
    const bySubject = new Map<Target, Attempt<Fingerprint>>();
    await run.session.asApp(run.contextOf(subject), async () => {
      for (const target of targets) bySubject.set(target, await readVisible(run.session, target));
    });
    seen.set(subject, bySubject);
  }
  return seen;
}

async function compare(run: RunInput, target: Target, truth: Truth, seen: Seen): Promise<VisibilityOfTarget> {
  const mismatches: Mismatch[] = [];
  const failures: { subject: string; failure: Failure }[] = [];
  const visibles = new Map<string, Fingerprint>();
  let partial = false;
  let leaks = 0;
  for (const subject of run.subjects) {
    const visible = seen.get(subject)?.get(target);
    const expected = truth.expected.get(subject);
    if (!visible || !expected) continue;
    if (!visible.ok) {
      failures.push({ subject, failure: visible.failure });
      continue;
    }
    visibles.set(subject, visible.value);
    if (sameFingerprint(visible.value, expected)) continue;
    // Too many rows are foreign for certain. Too few may hold a foreign one all the same.
    if (leaks >= examinedSubjects && visible.value.rows > expected.rows) {
      mismatches.push({ subject, expected, visible: visible.value, difference: null });
      continue;
    }
    const comparison = {
      target,
      subject,
      settings: run.contextOf(subject),
      predicate: expectedPredicate(target.truth),
    };
    const found = await findDifference(run.session, comparison, larger(visible.value, expected));
    if (!found.ok) {
      failures.push({ subject, failure: found.failure });
      continue;
    }
    const { surplus, missing } = found.value;
    const missed = target.intent.complete ? missing.count : 0;
    if (surplus.count > 0) leaks += 1;
    if (surplus.count === 0 && !surplus.exact) partial = true;
    if (surplus.count + missed > 0) {
      mismatches.push({ subject, expected, visible: visible.value, difference: found.value });
    }
  }
  const obstacle = partial
    ? 'Rows are missing, and there are too many to look at each for one that is foreign.'
    : cannotTellApart(run, target, truth, visibles);
  return { target, compared: visibles.size, mismatches, failures, obstacle };
}

/**
 * The positive control: the same comparison with the truth swapped must turn red for some pair of subjects.
 * Where it cannot, equal fingerprints say nothing.
 */
function cannotTellApart(
  run: RunInput,
  target: Target,
  truth: Truth,
  visibles: ReadonlyMap<string, Fingerprint>,
): string | null {
  if (visibles.size === 0) return null;
  if (target.intent.tenancy === 'shared') return null;
  if (truth.total.rows === 0n) return 'It holds no rows: nothing foreign could have been seen.';
  const others =
    run.subjects.length > 1 && target.intent.tenancy !== 'none' ? truth.expected : new Map([['', truth.total]]);
  for (const [subject, visible] of visibles) {
    for (const [other, expected] of others) {
      if (other !== subject && !sameFingerprint(visible, expected)) return null;
    }
  }
  return `Every ${run.noun} should see the same rows: with rows of one ${run.noun} only, nothing foreign could have been seen.`;
}

function obstructed(target: Target, obstacle: string): VisibilityOfTarget {
  return { target, compared: 0, mismatches: [], failures: [], obstacle };
}

function larger(a: Fingerprint, b: Fingerprint): bigint {
  return a.rows > b.rows ? a.rows : b.rows;
}
