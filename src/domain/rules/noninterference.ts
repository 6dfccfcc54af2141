import type { Rule } from '../rule.ts';

/** Where the catalog does not show why an answer depends on rows of others; the causes that it shows have rules of their own. */
export const noninterference: Rule = {
  id: 'noninterference',
  severity: 'error',
  summary: 'What a tenant sees depends on rows of other tenants.',
  help:
    'A total, a list or an error of one customer tells of the others: through a view, a function or a query that reads past the policies. ' +
    'Let it read as its caller, or compare the tenant column with the context in its own text, and look at what it reads in turn.',
  falsePositives: [
    'A view or function that tells something about all tenants on purpose, such as a number of users; waive it, with the reason.',
    'A lookup by a value that only its owner knows and whose column has no telling name; list the column under `oracles`.',
  ],
};
