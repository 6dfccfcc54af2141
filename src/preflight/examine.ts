import type { Check, Outcome, Verdict } from './check.ts';
import type { Facts } from './facts.ts';
import { NotKnown } from './known.ts';

/** What a check has come to. */
export interface CheckResult extends Omit<Verdict, 'outcome'> {
  readonly id: string;
  readonly looksAt: string;
  readonly outcome: Outcome | 'skipped';
}

/** Makes checks, but for those that somebody knows better of. */
export function examine(facts: Facts, checks: readonly Check[], skip: readonly string[]): CheckResult[] {
  return checks.map((check) => {
    const { id, looksAt } = check;
    if (skip.includes(id)) return { id, looksAt, outcome: 'skipped', message: 'Skipped, as told.' };
    return { id, looksAt, ...verdictOf(check, facts) };
  });
}

/** What cannot be judged is no verdict at all. */
function verdictOf({ judge }: Check, facts: Facts): Verdict {
  try {
    return judge(facts);
  } catch (error) {
    if (!(error instanceof NotKnown)) throw error;
    return { outcome: 'unknown', message: `It could not be looked at: ${error.message.replace(/\.$/, '')}.` };
  }
}
