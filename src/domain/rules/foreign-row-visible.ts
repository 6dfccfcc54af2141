import type { Rule } from '../rule.ts';

export const foreignRowVisible: Rule = {
  id: 'foreign-row-visible',
  severity: 'error',
  summary: 'A tenant sees rows of another tenant.',
  help:
    'Any query of the application that forgets its own filter shows these rows to the wrong customer. ' +
    'Enable and force row-level security on the table, keep one permissive policy that compares the tenant column with the context, and make views security_invoker.',
};
