import { type Answer, type Asked, askBlock, askOne, type Questions } from './block.ts';
import { addFingerprints } from './fingerprint.ts';
import type { RunInput } from './input.ts';
import type { Attempt, ProbeSession } from './session.ts';
import type { TimeLimit } from './time-limit.ts';

/** Asks several subjects at once where the app role may use plpgsql. */
export async function ask(
  { limits, blocks }: Pick<RunInput, 'limits' | 'blocks'>,
  session: ProbeSession,
  timeLimit: TimeLimit,
  questions: Questions,
  asked: readonly Asked[],
  guarded: boolean,
): Promise<Attempt<readonly Attempt<Answer>[]>> {
  const timeoutMs = (): number => timeLimit.statementMs(limits.statementTimeoutMs);
  if (blocks) return await askBlock(session, questions, asked, { guarded, timeoutMs: timeoutMs() });
  const answers: Attempt<Answer>[] = [];
  for (const one of asked) {
    const [first, ...more] = questions;
    let sum = await askOne(session, first, one, timeoutMs());
    for (const question of more) sum = added(sum, await askOne(session, question, one, timeoutMs()));
    answers.push(sum);
  }
  return { ok: true, value: answers };
}

function added(a: Attempt<Answer>, b: Attempt<Answer>): Attempt<Answer> {
  if (!a.ok) return a;
  if (!b.ok) return b;
  const glimpsed = a.value.glimpsed + b.value.glimpsed;
  return { ok: true, value: { ...addFingerprints(a.value, b.value), glimpsed } };
}
