import { granteesOf } from '../../access/acl.ts';
import type { Routine } from '../../catalog/snapshot.ts';
import { written } from '../../sql/written.ts';
import { wantedRights } from '../definer-functions.ts';
import { appGrantees } from '../grants.ts';
import type { Situation } from '../situation.ts';
import type { Step, StepKind } from '../step.ts';

/** Functions that would read past the policies. */
export const functionRights: StepKind = {
  id: 'function_rights',
  phase: 'contract',
  run: 'transaction',
  does: `Functions that ran with the rights of an owner whom no policy binds: they run with those of their caller, who needs the
rights on their tables, or the application may not call them, as the model says of each. PUBLIC may execute a new function, and so
does every role.`,
  locks: 'none that anybody waits for.',
  rows: 'none.',
  plan: (situation) => {
    const steps = wantedRights(situation).map(({ routine, rights }) =>
      rights === 'caller' ? toInvoker(routine) : withoutCallers(situation, routine),
    );
    if (steps.length === 0) return [];
    return [{ table: null, up: steps.flatMap(({ up }) => up), down: steps.flatMap(({ down }) => down).reverse() }];
  },
};

type Change = Pick<Step, 'up' | 'down'>;

function toInvoker({ signature }: Routine): Change {
  return {
    up: [`alter routine ${signature} security invoker`],
    down: [`alter routine ${signature} security definer`],
  };
}

function withoutCallers(situation: Situation, { signature, proacl, proowner }: Routine): Change {
  const list = granteesOf(proacl, appGrantees(situation), 'EXECUTE')
    .filter((grantee) => grantee !== proowner)
    .map((grantee) => (grantee === 'public' ? grantee : written(grantee)))
    .join(', ');
  return {
    up: [`revoke execute on routine ${signature} from ${list}`],
    down: [`grant execute on routine ${signature} to ${list}`],
  };
}
