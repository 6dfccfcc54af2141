import type { Rule } from '../rule.ts';

export const viewDefiner: Rule = {
  id: 'view-definer',
  severity: 'error',
  summary: 'A view shows the app role the rows of all tenants.',
  help: "A view reads its tables with its owner's rights: where policies do not bind the owner, every tenant sees all rows. Let it read with the caller's (security_invoker, PostgreSQL 15+; the app role then needs SELECT on the tables), or give it an owner whom policies bind.",
  falsePositives: ['The view shows nothing of a tenant, such as a number over all: name it in a waiver.'],
};
