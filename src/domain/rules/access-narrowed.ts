import type { Rule } from '../rule.ts';

export const accessNarrowed: Rule = {
  id: 'access-narrowed',
  severity: 'info',
  summary: 'A change takes from a role what it may see or do without it.',
  help: 'Nothing leaks by it. Where the application needs these rows, it will miss them: `policy-hides-own` says whether they are its own.',
};
