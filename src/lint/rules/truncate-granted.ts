import { granteesOf } from '../../access/acl.ts';
import type { LintRule } from '../rule.ts';
import { objectOf, quoted, quotedGrantee } from '../wording.ts';

export const truncateGranted: LintRule = {
  id: 'truncate-granted',
  severity: 'error',
  summary: 'The app role may TRUNCATE a tenant table.',
  help: 'TRUNCATE is no query: row-level security does not apply, and it removes the rows of all tenants. Revoke it; DELETE is bound by policies.',
  examples: [{ bad: 'grant truncate on app.notes to app_user;' }],
  *check({ commonTables, role, access: { closure } }) {
    for (const { relation, access } of commonTables) {
      // Whoever is exempt, or has the owner's rights, needs no grant: other rules tell of that.
      if (closure.exempt || closure.has.has(relation.relowner) || !access.privileges.table.has('TRUNCATE')) continue;
      const grantees = granteesOf(relation.relacl, closure.has, 'TRUNCATE');
      yield {
        object: objectOf(relation),
        message: `${role} may TRUNCATE it, which no policy hinders`,
        fix: `revoke truncate on ${quoted(relation)} from ${grantees.map(quotedGrantee).join(', ')};`,
      };
    }
  },
};
