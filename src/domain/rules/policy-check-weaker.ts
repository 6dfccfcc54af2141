import type { Rule } from '../rule.ts';

export const policyCheckWeaker: Rule = {
  id: 'policy-check-weaker',
  severity: 'error',
  summary: "A tenant stores rows in another tenant's name.",
  help:
    'A customer finds rows that it never wrote, or its own rows gone to another. ' +
    'Make WITH CHECK as strict as USING; leaving it out reuses USING, which is safe.',
};
