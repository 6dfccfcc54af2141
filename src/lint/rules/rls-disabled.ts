import { isReachable } from '../../access/matrix.ts';
import { policiesOf } from '../../access/policies.ts';
import { isPartOf } from '../parts.ts';
import type { LintRule } from '../rule.ts';
import { objectOf, quoted } from '../wording.ts';

export const rlsDisabled: LintRule = {
  id: 'rls-disabled',
  severity: 'error',
  summary: 'A tenant table has no row-level security, and the app role has privileges on it.',
  help: 'Every query of the application sees and changes the rows of all tenants. Enable and force row-level security, and give the table a policy that compares its tenant column with the context.',
  examples: [
    {
      bad: `create table app.invoices (id uuid primary key, tenant_id uuid not null references app.tenants);
grant select on app.invoices to app_user;`,
      model: `tables: { app.invoices: { tenancy: row, column: tenant_id } }`,
    },
  ],
  *check({ snapshot, commonTables, modelled, role }) {
    for (const { relation, access } of commonTables) {
      if (relation.relrowsecurity || policiesOf(snapshot, relation).length > 0 || !isReachable(access)) continue;
      // A partition, a foreign table and a materialized view have rules of their own.
      if (isPartOf(modelled, relation) || !['r', 'p'].includes(relation.relkind)) continue;
      yield {
        object: objectOf(relation),
        message: `${role} reaches it, and row-level security is not enabled`,
        fix: `alter table ${quoted(relation)} enable row level security;\nalter table ${quoted(relation)} force row level security;`,
      };
    }
  },
};
