import type { Rule } from '../rule.ts';

export const accessWidened: Rule = {
  id: 'access-widened',
  severity: 'warning',
  summary: 'A change lets a role see or do more than it may without it.',
  help:
    'Whether that is wanted is for a review to say: `rowhouse prove` without --against says whether it crosses tenants. ' +
    'Narrow the policy or the privilege, or waive the finding with the reason.',
  falsePositives: ['The change is meant to give access.'],
};
