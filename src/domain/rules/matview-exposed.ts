import type { Rule } from '../rule.ts';

export const matviewExposed: Rule = {
  id: 'matview-exposed',
  severity: 'error',
  summary: 'The app role reads a materialized view that was filled from the rows of all tenants.',
  help: 'A materialized view cannot have row-level security: every tenant sees all of it. Revoke it, and grant a view over it that compares its tenant column with the context, with security_barrier; or let the model say that what it holds is shared.',
};
