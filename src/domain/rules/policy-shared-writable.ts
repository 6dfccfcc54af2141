import type { Rule } from '../rule.ts';

export const policySharedWritable: Rule = {
  id: 'policy-shared-writable',
  severity: 'error',
  summary: 'A tenant changes, deletes, seizes or adds rows that all tenants share.',
  help:
    'One customer changes what every customer sees. A policy FOR ALL that admits shared rows does this: ' +
    'admit them in the policy FOR SELECT alone, and let INSERT, UPDATE and DELETE compare the tenant column with the context only.',
};
