import type { Rule } from '../rule.ts';

export const viewDefinerWritable: Rule = {
  id: 'view-definer-writable',
  severity: 'error',
  summary: "A tenant may write rows that are not its own through a view that has its owner's rights.",
  help: "A simple view is written through with its owner's rights: the policies of the table judge the owner, and not the tenant, and where the view filters and has no check option, rows can be put in for others. Make the view security_invoker (PostgreSQL 15+), or revoke INSERT, UPDATE and DELETE on it.",
};
