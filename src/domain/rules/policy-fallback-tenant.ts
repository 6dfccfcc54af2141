import type { Rule } from '../rule.ts';

export const policyFallbackTenant: Rule = {
  id: 'policy-fallback-tenant',
  severity: 'error',
  summary: 'A session that says nothing works for some tenant all the same.',
  help:
    'Whoever forgets to set the context reads and writes the data of that one tenant, and nothing fails. ' +
    'Take the literal out of the policy, and the preset out of ALTER ROLE and ALTER DATABASE: no context must mean no rows.',
};
