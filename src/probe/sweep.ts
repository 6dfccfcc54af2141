import { performance } from 'node:perf_hooks';
import { sqlstate } from '../postgres/database-error.ts';
import { type Attempt, describeFailure } from './session.ts';
import type { TimeLimit } from './time-limit.ts';

/** How many subjects are asked first: few, where nothing is known of what one takes. */
export const firstChunk = { careful: 64, cheap: 1024 } as const;
const largestChunk = 5000;
/** What a chunk should take: long beside a round trip, short for the lock of somebody who waits for ours. */
const wantedMs = 500;
/** Subjects that run out of time before the others are taken to do so too. */
const timeoutsToGiveUp = 3;

/** What is said of subjects whose turn does not come. */
export const timeIsOver = 'the time limit of the verification was reached';

/** Why no answer came, as the end of a sentence. */
export type Reason = string;

export interface Swept<T> {
  readonly subjects: readonly string[];
  readonly answers: readonly (
    { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: Reason }
  )[];
}

/** Answers of some subjects at once; guarded, an answer that fails does not take those of the others with it. */
export type AskChunk<T> = (subjects: readonly string[], guarded: boolean) => Promise<Attempt<readonly Attempt<T>[]>>;

/**
 * Asks for all subjects, as many at a time as half a second allows. Memory holds one chunk.
 * Where a chunk fails it is asked again guarded, or in smaller ones; every subject gets an answer or a reason, and none is waited for without end.
 */
export async function* sweep<T>(
  subjects: readonly string[],
  timeLimit: TimeLimit,
  ask: AskChunk<T>,
  first: number = firstChunk.careful,
): AsyncGenerator<Swept<T>> {
  let size = first;
  let guarded = false;
  let timeouts = 0;
  for (let at = 0; at < subjects.length;) {
    if (timeLimit.isOver()) {
      yield unanswered(subjects.slice(at), timeIsOver);
      return;
    }
    const chunk = subjects.slice(at, at + size);
    const started = performance.now();
    const asked = await ask(chunk, guarded);
    if (asked.ok) {
      yield { subjects: chunk, answers: asked.value.map(answerOrReason) };
      at += chunk.length;
      size = nextSize(chunk.length, performance.now() - started);
      continue;
    }
    const { failure } = asked;
    if (failure.sqlstate === sqlstate.lockNotAvailable) {
      yield unanswered(subjects.slice(at), describeFailure(failure));
      return;
    }
    if (failure.sqlstate !== sqlstate.queryCanceled && !guarded) guarded = true;
    else if (chunk.length > 1) size = Math.ceil(chunk.length / 16);
    else {
      if (failure.sqlstate === sqlstate.queryCanceled) timeouts += 1;
      const end = timeouts === timeoutsToGiveUp ? subjects.length : at + 1;
      if (timeLimit.isOver()) continue;
      yield unanswered(subjects.slice(at, end), describeFailure(failure));
      at = end;
    }
  }
}

function answerOrReason<T>(answer: Attempt<T>): Swept<T>['answers'][number] {
  return answer.ok ? answer : { ok: false, reason: describeFailure(answer.failure) };
}

function unanswered<T>(subjects: readonly string[], reason: Reason): Swept<T> {
  return { subjects, answers: subjects.map(() => ({ ok: false, reason })) };
}

function nextSize(size: number, elapsedMs: number): number {
  const wanted = Math.round((size * wantedMs) / Math.max(1, elapsedMs));
  return Math.max(1, Math.min(largestChunk, size * 8, wanted));
}
