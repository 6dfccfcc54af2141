import { holesOf } from '../holes.ts';
import { deedsOf } from '../hole-rule.ts';
import { mendPolicy, policyObject } from '../mend.ts';
import type { LintRule } from '../rule.ts';
import { formatIdent } from '../../sql/ident.ts';

export const policyNullTenant: LintRule = {
  id: 'policy-null-tenant',
  severity: 'error',
  summary: 'A policy lets rows pass that have no tenant, and the table may hold such rows.',
  help: 'IS NOT DISTINCT FROM takes a row without a tenant for that of a session without one, and IS NULL shows it to everybody. Compare with =, and make the tenant column NOT NULL; rows that are for all belong to the model: `nulls: shared`.',
  examples: [
    {
      bad: `alter table app.notes alter tenant_id drop not null;
alter policy own on app.notes using (tenant_id is not distinct from (select app.current_tenant()));`,
    },
    {
      bad: `alter table app.notes alter tenant_id drop not null;
alter policy own on app.notes using (tenant_id = (select app.current_tenant()) or tenant_id is null);`,
    },
  ],
  *check(input) {
    for (const hole of holesOf(input, 'policy-null-tenant')) {
      const { modelled, policy, ways, ownership } = hole;
      const always = ways.some(({ situations }) => situations.some(({ context }) => context === 'set'));
      const fix = mendPolicy(input, hole, policy, ways);
      const owner = ownership.column === null ? 'tenant' : formatIdent(ownership.column);
      yield {
        object: policyObject(modelled.relation, policy),
        message: `it lets ${always ? input.role : 'a session without a context'} ${deedsOf(ways)} rows without a ${owner}`,
        ...(fix !== undefined && { fix }),
      };
    }
  },
};
