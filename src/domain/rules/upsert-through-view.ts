import type { Rule } from '../rule.ts';

export const upsertThroughView: Rule = {
  id: 'upsert-through-view',
  severity: 'error',
  summary: 'INSERT … ON CONFLICT DO UPDATE through a view changes a row that the view does not show.',
  help:
    'The condition of a view filters what is read, and not the row that a new one is in conflict with: whoever knows or guesses a key overwrites the row of another customer. ' +
    'Make the view security_invoker over a table with policies, revoke INSERT or UPDATE on it, or put the tenant into the key.',
};
