import type { Rule } from '../rule.ts';

export const policyFailsOpen: Rule = {
  id: 'policy-fails-open',
  severity: 'error',
  summary: 'A session that does not say whom it works for sees rows.',
  help:
    'One forgotten SET, one pooled connection, and rows appear that belong to nobody in this session. ' +
    "Compare the tenant column with nullif(current_setting(…, true), '') and give it no fallback.",
};
