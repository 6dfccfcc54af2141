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
/** Different reasons that are told for one target: a policy may name the subject in what it raises. */
const toldReasons = 10;
const otherReasons: Reason = 'for other reasons, which differ';
/** What the sessions of so many subjects see is held against the truth of others. */
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
  readonly #answered: string[] = [];
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

  /** That it answered for all rows, for the control. */
  answered(subject: string): void {
    if (this.#answered.length < controlled) this.#answered.push(subject);
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
    const told = this.#unanswered.has(reason) || this.#unanswered.size < toldReasons ? reason : otherReasons;
    const known = this.#unanswered.get(told) ?? new Bounded<string>(namedSubjects);
    known.add(subject);
    this.#unanswered.set(told, known);
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

  get hasAnswers(): boolean {
    return this.#answered.length > 0;
  }

  /** Sessions of subjects, each with the truth of another one, or where there is none with that about all rows. */
  controls(run: Pick<RunInput, 'subjects'>, { unwalled }: Truth): readonly Control[] {
    const others = run.subjects.length > 1 && this.target.intent.tenancy !== 'none' ? this.#truths : null;
    return this.#answered.flatMap((subject): readonly Control[] => {
      if (others === null) return [{ subject, owner: subject, expected: unwalled(subject) }];
      return others.flatMap(({ expected, subjects }) => {
        const owner = subjects.find((candidate) => candidate !== subject);
        return owner === undefined ? [] : [{ subject, owner, expected }];
      });
    });
  }
}

/** What the session of `subject` sees, counted for `owner`, must not be what that one should see. */
export interface Control {
  readonly subject: string;
  readonly owner: string;
  readonly expected: Fingerprint;
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
