import { granteesOf } from '../../access/acl.ts';
import type { LintRule } from '../rule.ts';
import { objectOf, quoted, quotedGrantee } from '../wording.ts';

export const triggerGranted: LintRule = {
  id: 'trigger-granted',
  severity: 'warning',
  summary: 'The app role may create triggers on a tenant table.',
  help: "A trigger runs in the session of whoever writes next, with that role's rights and tenant: one tenant's code sees another's rows, or those that a job writes. Revoke TRIGGER.",
  examples: [{ bad: 'grant trigger on app.notes to app_user;' }],
  *check({ commonTables, role, access: { closure } }) {
    for (const { relation, access } of commonTables) {
      // Whoever is exempt, or has the owner's rights, needs no grant: other rules tell of that.
      if (closure.exempt || closure.has.has(relation.relowner) || !access.privileges.table.has('TRIGGER')) continue;
      const grantees = granteesOf(relation.relacl, closure.has, 'TRIGGER');
      yield {
        object: objectOf(relation),
        message: `${role} may create triggers on it, which run in the sessions of others`,
        fix: `revoke trigger on ${quoted(relation)} from ${grantees.map(quotedGrantee).join(', ')};`,
      };
    }
  },
};
