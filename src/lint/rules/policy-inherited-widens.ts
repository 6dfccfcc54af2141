import { appliesTo } from '../../access/policies.ts';
import { closureOf } from '../../access/role-closure.ts';
import { deedsOf, type HoleRule } from '../hole-rule.ts';
import { type Hole, holesOf } from '../holes.ts';
import { lintInput, type LintInput } from '../input.ts';
import { floorPolicy, policyObject } from '../mend.ts';
import type { LintRule } from '../rule.ts';
import { listed } from '../wording.ts';

export const policyInheritedWidens: LintRule = {
  id: 'policy-inherited-widens',
  severity: 'error',
  summary: "A policy for a group lets other tenants' rows pass, and the app role is a member of the group.",
  help: 'Policies reach the members of a role that they are for, by inheritance, at any depth; and whoever may SET ROLE to it. Take the app role out of the group, or narrow it with a restrictive policy of its own.',
  examples: [
    {
      bad: `create role app_group;
grant app_group to app_user;
create policy staff on app.notes for select to app_group using (true);`,
    },
    {
      bad: `create role app_support noinherit;
grant usage on schema app to app_support;
grant select on app.notes to app_support;
grant app_support to app_user with inherit false;
create policy support on app.notes for select to app_support using (true);`,
      good: 'revoke app_support from app_user;',
      since: 16,
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
    for (const { other, hole } of holesOfOthers(input)) {
      yield {
        object: policyObject(hole.modelled.relation, hole.policy),
        message: `it is for ${listed(hole.policy.polroles)}, and ${input.role} may SET ROLE to ${other}, whom it lets ${deedsOf(hole.ways)} rows of every tenant`,
      };
    }
  },
};

/** Those that let every tenant's rows pass. */
const openings: readonly HoleRule[] = [
  'policy-inherited-widens',
  'policy-permissive-or',
  'policy-wrong-command',
  'policy-check-weaker',
  'tenant-root-readable',
];

/** What policies leave open to a role that the app role is not, but may become: policies go by the role of the moment. */
function* holesOfOthers(input: LintInput): Generator<{ readonly other: string; readonly hole: Hole }> {
  const { snapshot, model, intent, access } = input;
  const { becomes, has, exempt } = access.closure;
  if (exempt) return;
  for (const other of becomes) {
    // Of those that nothing binds, and of the model's own, others tell.
    if (has.has(other) || model.roles.app.includes(other) || closureOf(snapshot, other).exempt) continue;
    const its = lintInput(snapshot, model, intent, other);
    for (const rule of openings) {
      for (const hole of holesOf(its, rule)) {
        if (!appliesTo(hole.policy, access.closure)) yield { other, hole };
      }
    }
  }
}
