import type { Difference } from './difference.ts';
import { type Fingerprint, sameFingerprint } from './fingerprint.ts';
import type { RunInput } from './input.ts';
import type { Reason } from './sweep.ts';
import type { Target } from './target.ts';
import type { Truth } from './truth.ts';

/** Subjects that a finding names; of the others only their number is kept. */
const keptSubjects = 50;
/** Subjects of one reason that are named. */
const namedSubjects = 3;
/** What so many subjects see is held against the truth of others. */
const controlled = 20;
/** Different truths that are kept for that, and subjects of each: one of them is another's than the subject's own. */
const controlTruths = 2;

/** What one subject sees of one target, where that is not what it should see. */
export interface Mismatch {
  readonly subject: string;
  readonly expected: Fingerprint;
  readonly visible: Fingerprint;
  /** Null where the rows were not looked up, because enough of them were for other subjects. */
  readonly difference: Difference | null;
  /** Seen only by a statement whose plan was made for another subject. */
  readonly stale: boolean;
}

/** Some of them, and how many there are. */
export interface Counted<T> {
  readonly count: number;
  readonly kept: readonly T[];
}

/** Why no answer came for some subjects. */
export interface Unanswered {
  readonly reason: Reason;
  readonly subjects: Counted<string>;
}

/** Shared rows that were compared in full for some subjects only. */
export interface SharedInPart {
  readonly rows: number;
  /** Subjects that were compared with all rows. */
  readonly inFull: number;
  /** Subjects that were compared with all rows but the shared ones, and of these with a few. */
  readonly inPart: number;
}

/** What all subjects see of one target. */
export interface VisibilityOfTarget {
  readonly target: Target;
  /** Comparisons that came to an answer. */
  readonly compared: number;
  /** Subjects that see foreign rows. */
  readonly leaks: Counted<Mismatch>;
  /** Subjects that see other rows where the plan of the statement was made for another subject. */
  readonly stale: Counted<Mismatch>;
  /** Subjects that miss rows; none where the model says that the application hides some. */
  readonly misses: Counted<Mismatch>;
  readonly unanswered: readonly Unanswered[];
  /** Why the target as a whole could not be judged, or null. */
  readonly obstacle: string | null;
  /** Null where shared rows were compared like all others. */
  readonly shared: SharedInPart | null;
}

/** Collects what became of the comparisons of one target, in memory that does not grow with their number. */
export class Judge {
  readonly #leaks = new Bounded<Mismatch>(keptSubjects);
  readonly #stale = new Bounded<Mismatch>(keptSubjects);
  readonly #misses = new Bounded<Mismatch>(keptSubjects);
  readonly #unanswered = new Map<Reason, Bounded<string>>();
  readonly #seen = new Map<string, Fingerprint>();
  readonly #truths: { readonly expected: Fingerprint; readonly subjects: string[] }[] = [];
  #compared = 0;
  /** Rows were missing, and not all of those that stood in their place were looked at. */
  partial = false;

  constructor(private readonly target: Target) {}

  compared(count = 1): void {
    this.#compared += count;
  }

  /** What a subject should see, for the control. */
  expects(subject: string, expected: Fingerprint): void {
    const same = this.#truths.find((truth) => sameFingerprint(truth.expected, expected));
    if (same) {
      if (same.subjects.length < controlTruths) same.subjects.push(subject);
    } else if (this.#truths.length < controlTruths) this.#truths.push({ expected, subjects: [subject] });
  }

  /** What a subject sees of all rows, for the control. */
  saw(subject: string, visible: Fingerprint): void {
    if (this.#seen.size < controlled) this.#seen.set(subject, visible);
  }

  mismatch(mismatch: Mismatch): void {
    if (mismatch.stale) {
      this.#stale.add(mismatch);
      return;
    }
    if (seesForeign(mismatch)) this.#leaks.add(mismatch);
    if (this.target.intent.complete && misses(mismatch)) this.#misses.add(mismatch);
  }

  unanswered(subject: string, reason: Reason): void {
    const known = this.#unanswered.get(reason) ?? new Bounded<string>(namedSubjects);
    known.add(subject);
    this.#unanswered.set(reason, known);
  }

  get leaks(): Counted<Mismatch> {
    return this.#leaks;
  }
  get stale(): Counted<Mismatch> {
    return this.#stale;
  }
  get misses(): Counted<Mismatch> {
    return this.#misses;
  }
  get comparisons(): number {
    return this.#compared;
  }
  get withoutAnswer(): readonly Unanswered[] {
    return [...this.#unanswered].map(([reason, subjects]) => ({ reason, subjects }));
  }

  /**
   * The positive control: the same comparison with the truth swapped must turn red for some pair of subjects.
   * Where it cannot, equal fingerprints say nothing, and this says why.
   */
  cannotTellApart({ noun, subjects }: RunInput, { total }: Truth): string | null {
    const { tenancy } = this.target.intent;
    if (this.#seen.size === 0 || tenancy === 'shared') return null;
    if (total.rows === 0n) return 'It holds no rows: nothing foreign could have been seen.';
    const others = subjects.length > 1 && tenancy !== 'none' ? this.#truths : [{ expected: total, subjects: [null] }];
    for (const [subject, visible] of this.#seen) {
      for (const { expected, subjects: owners } of others) {
        if (owners.some((owner) => owner !== subject) && !sameFingerprint(visible, expected)) return null;
      }
    }
    return `Every ${noun} should see the same rows: with rows of one ${noun} only, nothing foreign could have been seen.`;
  }
}

/** Without the rows, more of them than should be there means that some are foreign. */
function seesForeign({ difference, visible, expected }: Mismatch): boolean {
  return difference ? difference.surplus.count > 0 : visible.rows > expected.rows;
}

function misses({ difference, visible, expected }: Mismatch): boolean {
  return difference ? difference.missing.count > 0 : visible.rows < expected.rows;
}

class Bounded<T> implements Counted<T> {
  readonly #kept: T[] = [];
  #count = 0;

  constructor(private readonly limit: number) {}

  add(value: T): void {
    this.#count += 1;
    if (this.#kept.length < this.limit) this.#kept.push(value);
  }

  get count(): number {
    return this.#count;
  }
  get kept(): readonly T[] {
    return this.#kept;
  }
}
