import { deedsOf } from '../hole-rule.ts';
import { holesOf } from '../holes.ts';
import { floorPolicy, policyObject } from '../mend.ts';
import type { LintRule } from '../rule.ts';
import { listed } from '../wording.ts';

export const policyInheritedWidens: LintRule = {
  id: 'policy-inherited-widens',
  severity: 'error',
  summary: "A policy for a group lets other tenants' rows pass, and the app role is a member of the group.",
  help: 'Policies reach the members of a role that they are for, by inheritance, at any depth. Take the app role out of the group, or narrow it with a restrictive policy of its own.',
  examples: [
    {
      bad: `create role app_group;
grant app_group to app_user;
create policy staff on app.notes for select to app_group using (true);`,
    },
  ],
  *check(input) {
    for (const hole of holesOf(input, 'policy-inherited-widens')) {
      const { modelled, policy, ways } = hole;
      const groups = policy.polroles.filter((role) => input.access.closure.has.has(role));
      const fix = floorPolicy(input, hole, [input.role]);
      yield {
        object: policyObject(modelled.relation, policy),
        message: `it is for ${listed(groups)}, which ${input.role} belongs to, and so lets it ${deedsOf(ways)} rows of every tenant`,
        ...(fix !== undefined && { fix }),
      };
    }
  },
};
