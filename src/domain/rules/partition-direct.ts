import type { Rule } from '../rule.ts';

export const partitionDirect: Rule = {
  id: 'partition-direct',
  severity: 'error',
  summary:
    'The app role reaches a partition or inheritance child of a tenant table, and its own policies do not hold there.',
  help: "The policies of a table apply to queries that name it, and not to queries that name one of its parts: those see the rows of all tenants. Revoke the privileges on the part: queries of the whole need none. Or enable row-level security there, with the whole's policies.",
};
