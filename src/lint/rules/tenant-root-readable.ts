import { deedsOf } from '../hole-rule.ts';
import { holesOf } from '../holes.ts';
import { isSpare, mendPolicy, policyObject, quotedPolicy } from '../mend.ts';
import type { LintRule } from '../rule.ts';

export const tenantRootReadable: LintRule = {
  id: 'tenant-root-readable',
  severity: 'error',
  summary: 'Every tenant reads the whole table of tenants.',
  help: 'Who else is a customer, with names, addresses and plans, is in plain sight. Give the table a policy that shows a tenant its own row; what all may know of each other belongs into a view or table of its own, or into the model: `share`.',
  examples: [{ bad: 'alter policy own on app.tenants using (true);' }],
  *check(input) {
    for (const hole of holesOf(input, 'tenant-root-readable')) {
      const { modelled, policy, ways } = hole;
      const fix = isSpare(input, hole, policy)
        ? `drop policy ${quotedPolicy(modelled.relation, policy)};`
        : mendPolicy(input, hole, policy, ways);
      yield {
        object: policyObject(modelled.relation, policy),
        message: `it lets ${input.role} ${deedsOf(ways)} the rows of all tenants`,
        ...(fix !== undefined && { fix }),
      };
    }
  },
};
