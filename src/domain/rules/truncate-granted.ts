import type { Rule } from '../rule.ts';

export const truncateGranted: Rule = {
  id: 'truncate-granted',
  severity: 'error',
  summary: 'The app role may TRUNCATE a tenant table.',
  help: 'TRUNCATE is no query: row-level security does not apply, and it removes the rows of all tenants. Revoke it; DELETE is bound by policies.',
};
