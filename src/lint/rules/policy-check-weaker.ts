import { policyCheckWeaker as rule } from '../../domain/rules/policy-check-weaker.ts';
import { holesOf } from '../holes.ts';
import { mendPolicy, policyObject } from '../mend.ts';
import type { LintRule } from '../rule.ts';
import { listed } from '../wording.ts';

export const policyCheckWeaker: LintRule = {
  ...rule,
  examples: [
    { bad: 'alter policy own on app.notes with check (true);' },
    {
      bad: `drop policy own on app.notes;
create policy own_select on app.notes for select using (tenant_id = (select app.current_tenant()));
create policy any_insert on app.notes for insert with check (body <> '');`,
    },
  ],
  *check(input) {
    for (const hole of holesOf(input, 'policy-check-weaker')) {
      const { modelled, policy, ways } = hole;
      const deeds = ways.map(({ command }) =>
        command === 'insert' ? 'insert rows for any tenant' : 'move rows to any tenant',
      );
      const fix = mendPolicy(input, hole, policy, ways);
      yield {
        object: policyObject(modelled.relation, policy),
        message: `it lets ${input.role} ${listed(deeds)}`,
        ...(fix !== undefined && { fix }),
      };
    }
  },
};
