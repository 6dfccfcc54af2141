import { listed } from '../wording.ts';
import { deedsOf } from '../hole-rule.ts';
import { holesOf } from '../holes.ts';
import { isSpare, mendPolicy, policyObject, quotedPolicy } from '../mend.ts';
import type { LintRule } from '../rule.ts';
import { formatIdent } from '../../sql/ident.ts';

export const policyPermissiveOr: LintRule = {
  id: 'policy-permissive-or',
  severity: 'error',
  summary: "A permissive policy lets other tenants' rows pass, and no other policy can take that back.",
  help: 'Permissive policies are joined by OR: one that is too wide makes all the others void. Drop it, scope it, or make it restrictive if it was meant to narrow.',
  falsePositives: ['Rows that are shared on purpose, which the model does not say: say so under `share`.'],
  examples: [
    { bad: 'create policy everything on app.notes for select using (true);' },
    {
      bad: `alter policy own on app.notes using (tenant_id = (select app.current_tenant()) or body like 'public:%');`,
    },
    {
      bad: `create role app_group;
grant usage on schema app to app_group;
grant select on app.notes to app_group;
grant app_group to app_user with inherit false;
create policy support on app.notes for select to app_group using (true);`,
      good: 'revoke app_group from app_user;',
      since: 16,
    },
  ],
  *check(input) {
    for (const hole of holesOf(input, 'policy-permissive-or')) {
      const { modelled, policy, ways } = hole;
      const others = modelled.access.policies.select.permissive.filter((other) => other !== policy);
      const beside =
        others.length === 0 ? '' : `, whatever ${listed(others.map(({ polname }) => formatIdent(polname)))} says`;
      const fix = isSpare(input, hole, policy)
        ? `drop policy ${quotedPolicy(modelled.relation, policy)};`
        : mendPolicy(input, hole, policy, ways);
      yield {
        object: policyObject(modelled.relation, policy),
        message: `it lets ${input.role} ${deedsOf(ways)} rows of every tenant${beside}`,
        ...(fix !== undefined && { fix }),
      };
    }
  },
};
