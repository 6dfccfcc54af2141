import { policySharedWritable as rule } from '../../domain/rules/policy-shared-writable.ts';
import { deedsOf } from '../hole-rule.ts';
import { holesOf } from '../holes.ts';
import { mendPolicy, policyObject } from '../mend.ts';
import type { LintRule } from '../rule.ts';

export const policySharedWritable: LintRule = {
  ...rule,
  examples: [
    {
      bad: `drop policy shared on app.tools;
alter policy own on app.tools using (
  tenant_id = (select app.current_tenant())
  or (tenant_id = '00000000-0000-0000-0000-000000000001' and (select app.current_tenant()) is not null)
);`,
    },
    {
      bad: `alter table app.notes add column pinned boolean not null default false;
create policy pinned_select on app.notes for select using (pinned);
create policy pinned_delete on app.notes for delete using (pinned);`,
      model: `tables: { app.notes: { tenancy: row, column: tenant_id, share: { when: pinned, access: read } } }`,
    },
  ],
  *check(input) {
    for (const hole of holesOf(input, 'policy-shared-writable')) {
      const { modelled, policy, ways } = hole;
      const fix = mendPolicy(input, hole, policy, ways);
      yield {
        object: policyObject(modelled.relation, policy),
        message: `it lets ${input.role} ${deedsOf(ways)} rows that all tenants share and may only read`,
        ...(fix !== undefined && { fix }),
      };
    }
  },
};
