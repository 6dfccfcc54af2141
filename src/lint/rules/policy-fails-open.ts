import { policyFailsOpen as rule } from '../../domain/rules/policy-fails-open.ts';
import { deedsOf } from '../hole-rule.ts';
import { holesOf } from '../holes.ts';
import { mendPolicy, policyObject } from '../mend.ts';
import type { LintRule } from '../rule.ts';

export const policyFailsOpen: LintRule = {
  ...rule,
  examples: [
    {
      bad: 'alter policy own on app.notes using (tenant_id = coalesce((select app.current_tenant()), tenant_id));',
    },
    {
      bad: `alter policy own on app.notes using (
  (select app.current_tenant()) is null or tenant_id = (select app.current_tenant())
);`,
    },
  ],
  *check(input) {
    for (const hole of holesOf(input, 'policy-fails-open')) {
      const { modelled, policy, ways } = hole;
      const contexts = new Set(ways.flatMap(({ situations }) => situations.map(({ context }) => context)));
      const state = contexts.has('unset') ? (contexts.has('empty') ? 'unset or empty' : 'unset') : 'empty';
      const fix = mendPolicy(input, hole, policy, ways);
      yield {
        object: policyObject(modelled.relation, policy),
        message: `while ${input.model.context.setting} is ${state}, it lets ${input.role} ${deedsOf(ways)} rows of every tenant`,
        ...(fix !== undefined && { fix }),
      };
    }
  },
};
