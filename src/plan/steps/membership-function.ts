import { written } from '../../sql/written.ts';
import { currentTenants } from '../membership.ts';
import type { StepKind } from '../step.ts';

/** Which tenants a session's user belongs to. */
export const membershipFunction: StepKind = {
  id: 'current_tenants',
  phase: 'contract',
  run: 'transaction',
  does: `Which tenants the user of a session belongs to. It reads the memberships with the rights of its owner, since a policy of the
memberships that read them itself would recurse.`,
  locks: 'none.',
  rows: 'none.',
  plan: (situation) => {
    const { name, create } = currentTenants(situation);
    if (create === null) return [];
    const roles = situation.model.roles.app.map(written).join(', ');
    return [
      {
        table: null,
        up: [create, `revoke all on function ${name}() from public`, `grant execute on function ${name}() to ${roles}`],
        down: [`drop function ${name}()`],
      },
    ];
  },
};
