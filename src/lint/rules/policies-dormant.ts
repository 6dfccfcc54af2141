import { isReachable } from '../../access/matrix.ts';
import { policiesOf } from '../../access/policies.ts';
import type { LintRule } from '../rule.ts';
import { objectOf, quoted } from '../wording.ts';

export const policiesDormant: LintRule = {
  id: 'policies-dormant',
  severity: 'error',
  summary: 'A tenant table has policies, and row-level security is not enabled on it.',
  help: 'The policies do nothing: every query of the application sees and changes the rows of all tenants. Enable row-level security.',
  examples: [{ bad: 'alter table app.notes disable row level security;' }],
  *check({ snapshot, tenantTables, role }) {
    for (const { relation, access } of tenantTables) {
      const policies = policiesOf(snapshot, relation);
      if (relation.relrowsecurity || policies.length === 0 || !isReachable(access)) continue;
      yield {
        object: objectOf(relation),
        message: `${role} reaches it, and its ${policies.length === 1 ? 'policy is' : `${policies.length} policies are`} not enabled`,
        fix: `alter table ${quoted(relation)} enable row level security;`,
      };
    }
  },
};
