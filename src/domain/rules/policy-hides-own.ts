import type { Rule } from '../rule.ts';

export const policyHidesOwn: Rule = {
  id: 'policy-hides-own',
  severity: 'error',
  summary: 'A tenant misses rows of its own, or rows that are shared with it.',
  help:
    'The application shows less than the customer has, and writes that should find these rows change nothing. ' +
    'Loosen the policy to the predicate of the model; a restrictive policy, or a view without some rows, may be what is in the way.',
};
