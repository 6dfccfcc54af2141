import { nameOf } from '../../catalog/lookup.ts';
import { writtenName } from '../../sql/written.ts';
import type { StepKind } from '../step.ts';
import { ownersViews, securityInvoker } from '../views.ts';

/** Views are bound as their readers are. */
export const invokerViews: StepKind = {
  id: 'invoker_views',
  phase: 'contract',
  run: 'statements',
  does: `The policies of whoever reads a view decide, and not those of its owner. Who reads one needs the rights on its tables too.`,
  locks: 'AccessExclusive on one view at a time, for an instant.',
  rows: 'none.',
  plan: (situation) =>
    situation.snapshot.serverVersionNum < securityInvoker
      ? []
      : ownersViews(situation).map((view) => {
          const name = writtenName(nameOf(view));
          const before = view.reloptions.find((option) => option.startsWith('security_invoker='));
          const back = before === undefined ? 'reset (security_invoker)' : `set (${before})`;
          return {
            table: nameOf(view),
            up: [`alter view ${name} set (security_invoker = true)`],
            down: [`alter view ${name} ${back}`],
          };
        }),
};
