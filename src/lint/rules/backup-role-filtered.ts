import { quoteIdent } from '../../sql/ident.ts';
import { boundBypassRoles, type BoundTable } from '../bypass-roles.ts';
import type { LintRule } from '../rule.ts';
import { listedBriefly, objectOf, roleObject } from '../wording.ts';

export const backupRoleFiltered: LintRule = {
  id: 'backup-role-filtered',
  severity: 'warning',
  summary: 'A role that is to see all rows is bound by row-level security.',
  help: 'A dump taken as such a role fails, or, with row security on, holds only a part of the rows and nobody notices until it is restored. Give it BYPASSRLS.',
  examples: [{ bad: 'alter role etl_user nobypassrls;' }],
  *check(input) {
    for (const [role, tables] of boundBypassRoles(input)) {
      const bound = tables.filter((table) => !table.isOpen('select') && !isForWriting(table));
      if (bound.length === 0) continue;
      yield {
        object: roleObject(role),
        message: `${role} may bypass row-level security by the model, and is bound by it on ${listedBriefly(bound.map(({ relation }) => objectOf(relation)))}`,
        fix: `alter role ${quoteIdent(role)} bypassrls;`,
      };
    }
  },
};

/** Where it may write and not read, it is job-without-context's. */
function isForWriting({ privileges: { table, columns } }: BoundTable): boolean {
  const writes = table.has('DELETE') || columns.INSERT.length > 0 || columns.UPDATE.length > 0;
  return writes && columns.SELECT.length === 0;
}
