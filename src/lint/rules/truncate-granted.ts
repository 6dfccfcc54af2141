import { granteesOf } from '../../access/acl.ts';
import { truncateGranted as rule } from '../../domain/rules/truncate-granted.ts';
import type { LintRule } from '../rule.ts';
import { objectOf, quoted, quotedGrantee } from '../wording.ts';

export const truncateGranted: LintRule = {
  ...rule,
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
