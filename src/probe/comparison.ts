import { ask } from './ask.ts';
import type { Answer, Asked, Questions } from './block.ts';
import { glimpseOf } from './by-owner.ts';
import type { Contexts } from './contexts.ts';
import { findDifference } from './difference.ts';
import { type Fingerprint, sameFingerprint } from './fingerprint.ts';
import type { RunInput } from './input.ts';
import { Judge, type SharedInPart, type VisibilityOfTarget } from './judge.ts';
import type { Expected } from './owners.ts';
import type { Owning } from './owning.ts';
import { type Part, partsOf, sharedInPart } from './parts.ts';
import { wholeQuestion } from './question.ts';
import { type Attempt, describeFailure, type Failure, type ProbeSession } from './session.ts';
import type { Surveyed } from './survey.ts';
import { sweep } from './sweep.ts';
import { type TimeLimit, TimeLimitReached } from './time-limit.ts';
import { expectedPredicate } from './target.ts';
import { readTruth, type Truth } from './truth.ts';

/** Subjects of one target whose foreign rows are looked up; of the rest only the numbers are kept. */
const examinedSubjects = 5;

/** What the comparisons of all targets go by. */
export interface Common {
  /** Null where there is nothing to tell whose rows each subject should see. */
  readonly owning: Owning | null;
  readonly contexts: Contexts;
}

/** A comparison of one target, on one connection. */
export class TargetComparison {
  readonly #judge: Judge;
  #examined = 0;

  constructor(
    private readonly run: RunInput,
    private readonly session: ProbeSession,
    private readonly surveyed: Surveyed,
    private readonly common: Common,
    private readonly timeLimit: TimeLimit,
    private readonly advance: (subjects: number) => void,
  ) {
    this.#judge = new Judge(surveyed.target);
  }

  async compare(): Promise<VisibilityOfTarget> {
    const { target, order } = this.surveyed;
    if (this.timeLimit.isOver()) return this.#outcome(new TimeLimitReached().message, null);
    try {
      const truth = await readTruth(this.session, target, order, this.common.owning, this.run);
      if (!truth.ok) return this.#outcome(this.#unread(truth.failure), null);
      const parts = await partsOf(this.run, this.session, this.surveyed, truth.value);
      for (const part of parts) await this.#sweep(truth.value, part);
      const obstacle = this.#judge.partial
        ? 'Rows are missing, and there are too many to look at each for one that is foreign.'
        : await this.#cannotTellApart(truth.value, parts[0]);
      return this.#outcome(obstacle, sharedInPart(truth.value, parts));
    } catch (error) {
      if (error instanceof TruthUnread) return this.#outcome(this.#unread(error.failure), null);
      throw error;
    }
  }

  #unread(failure: Failure): string {
    if (this.timeLimit.isOver()) return new TimeLimitReached().message;
    return `The truth could not be read: ${describeFailure(failure)}.`;
  }

  /**
   * The positive control: the same comparison with the truth swapped must turn red for some pair of subjects.
   * Where it cannot, equal numbers say nothing, and this says why.
   */
  async #cannotTellApart(truth: Truth, whole: Part): Promise<string | null> {
    const { noun } = this.run;
    const { tenancy } = this.surveyed.target.intent;
    const controls = this.#judge.controls(this.run, truth);
    if (tenancy === 'shared' || !this.#judge.hasAnswers) return null;
    if (truth.total.rows === 0n) return 'It holds no rows: nothing foreign could have been seen.';
    for (const { subject, owner, expected } of controls) {
      const asked = [{ subject: owner, settings: this.run.contextOf(subject) }];
      const answers = await this.#askEach(whole.questions, asked, true);
      const seen = answers.ok ? answers.value[0] : answers;
      if (seen?.ok && !sameFingerprint(seen.value, expected)) return null;
    }
    return `Every ${noun} should see the same rows: with rows of one ${noun} only, nothing foreign could have been seen.`;
  }

  #outcome(obstacle: string | null, shared: SharedInPart | null): VisibilityOfTarget {
    const judge = this.#judge;
    return {
      target: this.surveyed.target,
      compared: judge.comparisons,
      leaks: judge.leaks,
      stale: judge.stale,
      misses: judge.misses,
      unanswered: judge.withoutAnswer,
      obstacle,
      shared,
    };
  }

  /** Asks these subjects and holds each answer against the truth. */
  async #sweep(truth: Truth, { subjects, questions, apart }: Part): Promise<void> {
    const askChunk = async (chunk: readonly string[], guarded: boolean) => {
      const expected = await truth.expect(chunk);
      // A smaller chunk may come in time.
      if (!expected.ok && chunk.length === 1) throw new TruthUnread(expected.failure);
      if (!expected.ok) return expected;
      const seen = await this.#ask(questions, chunk, guarded);
      return seen.ok ? { ok: true as const, value: paired(expected.value, seen.value) } : seen;
    };
    for await (const swept of sweep(subjects, this.timeLimit, askChunk, this.surveyed.firstChunk)) {
      for (const [index, subject] of swept.subjects.entries()) {
        const answer = swept.answers[index];
        if (!answer?.ok) this.#judge.unanswered(subject, answer?.reason ?? '');
        else if (!this.#agrees(subject, answer.value, truth, apart))
          await this.#judgeOne(subject, answer.value, truth, { first: swept.subjects[0] ?? subject, questions, apart });
      }
      this.advance(swept.subjects.length);
    }
  }

  async #ask(
    questions: Questions,
    subjects: readonly string[],
    guarded: boolean,
  ): Promise<Attempt<readonly Attempt<Answer>[]>> {
    const asked = subjects.map((subject) => this.common.contexts.of(subject));
    return await this.#askEach(questions, asked, guarded);
  }

  async #askEach(
    questions: Questions,
    asked: readonly Asked[],
    guarded: boolean,
  ): Promise<Attempt<readonly Attempt<Answer>[]>> {
    return await ask(this.run, this.session, this.timeLimit, questions, asked, guarded);
  }

  /** Whether the answer is what it should be, as nearly all are. */
  #agrees(subject: string, { expected, seen }: Pair, { sharing }: Truth, apart: boolean): boolean {
    const judge = this.#judge;
    judge.compared();
    judge.expects(subject, expected.whole);
    if (!apart) judge.answered(subject);
    if (!apart) return sameFingerprint(seen, expected.whole);
    return (
      expected.apart === null || (sameFingerprint(seen, expected.apart) && seen.glimpsed === glimpseOf(sharing ?? []))
    );
  }

  async #judgeOne(subject: string, { expected, seen }: Pair, truth: Truth, asked: AskedIn): Promise<void> {
    if (asked.apart) await this.#judgeApart(subject, expected, seen, truth, asked);
    else await this.#examine(subject, expected.whole, seen, asked);
  }

  /** Without the shared rows, of which the answer has only a glimpse. What is not as it should be is looked at in full. */
  async #judgeApart(
    subject: string,
    { whole, apart }: Expected,
    seen: Answer,
    { measure }: Truth,
    asked: AskedIn,
  ): Promise<void> {
    if (apart === null) return;
    if (this.#examined >= examinedSubjects && seen.rows > apart.rows) {
      const visible = { rows: whole.rows - apart.rows + seen.rows, hash: seen.hash };
      this.#judge.mismatch({ subject, expected: whole, visible, difference: null, stale: false });
      return;
    }
    const { target, planner } = this.surveyed;
    const asking = await this.#ask([wholeQuestion(target, measure, planner)], [subject], true);
    const visible = asking.ok ? asking.value[0] : asking;
    if (!visible?.ok) this.#judge.unanswered(subject, visible ? describeFailure(visible.failure) : '');
    else if (sameFingerprint(visible.value, whole)) await this.#stale(subject, apart, seen, asked);
    else await this.#examine(subject, whole, visible.value, asked);
  }

  /** Looks for the rows behind two fingerprints that differ. */
  async #examine(subject: string, expected: Fingerprint, visible: Fingerprint, asked: AskedIn): Promise<void> {
    const { run, session } = this;
    const { target } = this.surveyed;
    const judge = this.#judge;
    // Too many rows are foreign for certain. Too few may hold a foreign one all the same.
    if (this.#examined >= examinedSubjects && visible.rows > expected.rows) {
      judge.mismatch({ subject, expected, visible, difference: null, stale: false });
      return;
    }
    const comparison = {
      target,
      subject,
      settings: run.contextOf(subject),
      predicate: expectedPredicate(target.truth),
    };
    const found = await findDifference(
      session,
      comparison,
      visible.rows > expected.rows ? visible.rows : expected.rows,
    );
    if (!found.ok) {
      judge.unanswered(subject, describeFailure(found.failure));
      return;
    }
    const { surplus, missing } = found.value;
    if (surplus.count > 0) this.#examined += 1;
    if (surplus.count === 0 && !surplus.exact) judge.partial = true;
    if (surplus.count + missing.count > 0) {
      judge.mismatch({ subject, expected, visible, difference: found.value, stale: false });
    } else if (surplus.exact) await this.#stale(subject, expected, visible, asked);
  }

  /**
   * The sweep saw other rows than a statement of its own does. A view may show a row twice, and that is how it is.
   * Otherwise the plan was made for another subject, as that of a prepared statement is: asked the same way again it must answer the same.
   */
  async #stale(
    subject: string,
    expected: Fingerprint,
    visible: Fingerprint,
    { first, questions }: AskedIn,
  ): Promise<void> {
    const alone = await this.#ask(questions, [subject], true);
    const again = await this.#ask(questions, [first, subject], true);
    const [fresh, behind] = [alone.ok ? alone.value[0] : undefined, again.ok ? again.value[1] : undefined];
    if (!fresh?.ok || !behind?.ok) return;
    if (sameFingerprint(fresh.value, visible)) return;
    if (sameFingerprint(behind.value, visible)) {
      this.#examined += 1;
      this.#judge.mismatch({ subject, expected, visible, difference: null, stale: true });
    } else this.#judge.unanswered(subject, 'the same question has another answer each time');
  }
}

/** How an answer was asked for: in one block with that subject first. */
interface AskedIn {
  readonly first: string;
  readonly questions: Questions;
  readonly apart: boolean;
}

interface Pair {
  readonly expected: Expected;
  readonly seen: Answer;
}

class TruthUnread extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

function paired(expected: readonly Expected[], seen: readonly Attempt<Answer>[]): readonly Attempt<Pair>[] {
  return seen.map((answer, index) => {
    const own = expected[index];
    if (!answer.ok || own === undefined) return answer as Extract<typeof answer, { ok: false }>;
    return { ok: true, value: { expected: own, seen: answer.value } };
  });
}
