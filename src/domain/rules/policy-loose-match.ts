import type { Rule } from '../rule.ts';

export const policyLooseMatch: Rule = {
  id: 'policy-loose-match',
  severity: 'warning',
  summary: 'A policy takes different texts for the same tenant.',
  help:
    'LIKE, lists, lengths and loose collations let one context stand for several tenants: a % or a comma in it, or a blank after it, is enough. ' +
    'Compare with = and the type of the key.',
};
