import { type Answer, type Asked, askBlock, askOne, type Question } from './block.ts';
import { sqlstate } from '../postgres/database-error.ts';
import { addFingerprints } from './fingerprint.ts';
import type { RunInput } from './input.ts';
import type { Attempt, ProbeSession } from './session.ts';
import type { TimeLimit } from './time-limit.ts';

/** Asks questions whose answers add up, of several subjects at once where the app role may use plpgsql. */
export async function ask(
  { limits, blocks }: Pick<RunInput, 'limits' | 'blocks'>,
  session: ProbeSession,
  timeLimit: TimeLimit,
  questions: readonly Question[],
  asked: readonly Asked[],
  guarded: boolean,
): Promise<Attempt<readonly Attempt<Answer>[]>> {
  const timeoutMs = (): number => timeLimit.statementMs(limits.statementTimeoutMs);
  let sums: readonly Attempt<Answer>[] = asked.map(() => ({ ok: true, value: { rows: 0n, hash: 0n, glimpsed: 0n } }));
  for (const question of questions) {
    const answers: Attempt<Answer>[] = [];
    if (blocks) {
      const block = await askBlock(session, question, asked, { guarded, timeoutMs: timeoutMs() });
      if (!block.ok) return block;
      answers.push(...block.value);
    } else for (const one of asked) answers.push(await askOne(session, question, one, timeoutMs()));
    sums = sums.map((sum, index) => added(sum, answers[index] ?? unanswered));
  }
  return { ok: true, value: sums };
}

const unanswered: Attempt<Answer> = {
  ok: false,
  failure: { sqlstate: sqlstate.internalError, message: 'no answer came', routine: null },
};

function added(a: Attempt<Answer>, b: Attempt<Answer>): Attempt<Answer> {
  if (!a.ok) return a;
  if (!b.ok) return b;
  const glimpsed = a.value.glimpsed + b.value.glimpsed;
  return { ok: true, value: { ...addFingerprints(a.value, b.value), glimpsed } };
}
