import type { RunInput } from '../input.ts';
import type { VisibilityOfTarget } from '../judge.ts';
import { withTriggers } from '../write/live.ts';
import { scratch } from '../write/transaction.ts';
import { type Interference, Ledger } from './ledger.ts';
import { makePlan } from './plan.ts';
import { observeScene } from './scene.ts';
import { observers } from './subjects.ts';

/**
 * Whether what a subject sees changes with rows that are foreign to it: all that the app role can ask is asked, then rows of
 * others are removed, changed and added, and it is asked again. One transaction for each subject, which is rolled back.
 */
export async function observeInterference(
  run: RunInput,
  visibility: readonly VisibilityOfTarget[],
): Promise<Interference> {
  // What is observed runs as it does for the application; only what disturbs it is quiet.
  const live = withTriggers(run);
  run.progress('what the application can ask');
  if (run.queries === null) {
    run.tally.uncalled({ object: 'functions and queries', reason: 'only some relations were asked for' });
  }
  const plan = await scratch(live, () => makePlan(live, visibility));
  const ledger = new Ledger(plan);
  if (plan.relations.length + plan.callables.length + (run.queries?.length ?? 0) > 0) {
    for (const subject of observers(run)) {
      run.progress(subject === null ? 'what nobody sees' : `what ${run.noun} ${subject} sees`);
      await scratch(live, () => observeScene(live, plan, subject, ledger));
    }
  }
  return ledger.close();
}
