import { policyWrongCommand as rule } from '../../domain/rules/policy-wrong-command.ts';
import { deedsOf } from '../hole-rule.ts';
import { holesOf } from '../holes.ts';
import { mendPolicy, policyObject } from '../mend.ts';
import type { LintRule } from '../rule.ts';

export const policyWrongCommand: LintRule = {
  ...rule,
  examples: [
    {
      bad: `drop policy own on app.notes;
create policy own_select on app.notes for select using (tenant_id = (select app.current_tenant()));
create policy any_delete on app.notes for delete using (true);`,
    },
    {
      bad: `create policy any_update on app.notes for update
  using (true) with check (tenant_id = (select app.current_tenant()));`,
    },
  ],
  *check(input) {
    for (const hole of holesOf(input, 'policy-wrong-command')) {
      const { modelled, policy, ways } = hole;
      const fix = mendPolicy(input, hole, policy, ways);
      yield {
        object: policyObject(modelled.relation, policy),
        message: `a statement without a WHERE lets ${input.role} ${deedsOf(ways)} rows of every tenant, which it may not see`,
        ...(fix !== undefined && { fix }),
      };
    }
  },
};
