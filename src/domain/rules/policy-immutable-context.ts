import type { Rule } from '../rule.ts';

export const policyImmutableContext: Rule = {
  id: 'policy-immutable-context',
  severity: 'error',
  summary: 'A policy reads the context through a function that is marked IMMUTABLE.',
  help:
    'PostgreSQL puts the value of an IMMUTABLE function into the plan: a prepared statement that was planned for one tenant shows the rows of that tenant to the next. ' +
    'Mark the function STABLE.',
};
