import { closureOf } from '../../access/role-closure.ts';
import { rowSecurityOf } from '../../access/row-security.ts';
import { isInvoker } from '../../access/view-path.ts';
import type { RunInput } from '../input.ts';
import type { Target } from '../target.ts';
import type { Effect } from './effect.ts';

/** The rules that answer for what a write did. */
export type WriteRule =
  | 'foreign-row-writable'
  | 'policy-wrong-command'
  | 'policy-check-weaker'
  | 'policy-shared-writable'
  | 'view-definer-writable';

/** Which rules an effect breaks: one cause has one name. */
export function blame({ snapshot, session }: RunInput, target: Target, effect: Effect): readonly WriteRule[] {
  if (isDefinerView(target)) return ['view-definer-writable'];
  const { relation } = target;
  const bound = rowSecurityOf(closureOf(snapshot, session.appRole), relation) === 'bound';
  const reached = effect.foreign > 0 || effect.tells;
  return [
    ...(reached
      ? [bound && effect.hidden ? ('policy-wrong-command' as const) : ('foreign-row-writable' as const)]
      : []),
    ...(effect.planted > 0 ? ['policy-check-weaker' as const] : []),
    ...(effect.shared > 0 ? ['policy-shared-writable' as const] : []),
  ];
}

/** A view that reads and writes its tables with its owner's rights. */
function isDefinerView({ relation }: Target): boolean {
  return relation.relkind === 'v' && !isInvoker(relation);
}
