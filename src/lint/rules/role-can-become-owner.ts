import { rolesByName } from '../../access/role-closure.ts';
import { groupBy } from '../../catalog/derived.ts';
import { quoteIdent } from '../../sql/ident.ts';
import { attainableRoles, revokeFromMembers } from '../becoming.ts';
import type { LintRule } from '../rule.ts';
import { listed, listedBriefly, objectOf, roleObject } from '../wording.ts';

export const roleCanBecomeOwner: LintRule = {
  id: 'role-can-become-owner',
  severity: 'error',
  summary: 'The app role can become the owner of tenant tables, or has its rights.',
  help: "An owner may drop its tables' policies, or disable row-level security, and then sees all tenants: forcing does not hinder it. Revoke the membership, and let migrations log in as a role of their own.",
  examples: [
    { bad: 'grant app_owner to app_user;' },
    { bad: 'grant app_owner to app_user with admin option, inherit false, set false;', since: 16 },
    { bad: 'alter role app_user createrole;', until: 16 },
  ],
  *check({ snapshot, commonTables, role, access: { closure } }) {
    if (closure.exempt) return;
    const object = roleObject(role);
    const attainable = attainableRoles(snapshot, closure);
    const roles = rolesByName(snapshot);
    for (const [owner, tables] of groupBy(commonTables, ({ relation }) => relation.relowner)) {
      const steps = attainable.get(owner);
      const inherits = closure.has.has(owner);
      if (owner === role || (steps === undefined && !inherits)) continue;
      const found = roles.get(owner);
      // To become one that is exempt is role-bypasses-rls.
      if (steps !== undefined && (found?.rolsuper === true || found?.rolbypassrls === true)) continue;
      const through = steps !== undefined && steps.length > 1 ? ` through ${listed(steps.slice(0, -1))}` : '';
      yield {
        object,
        aspect: owner,
        message: `${role} ${steps === undefined ? 'inherits the rights of' : 'can become'} ${owner}${through}, which owns ${listedBriefly(tables.map(({ relation }) => objectOf(relation)))}`,
        fix: revokeFromMembers(snapshot, owner, [role, ...closure.has, ...attainable.keys()]),
      };
    }
    // From 16 on it takes the ADMIN option on the owner. https://www.postgresql.org/docs/16/release-16.html
    if (snapshot.serverVersionNum >= 160000) return;
    for (const name of [role, ...attainable.keys()].filter((member) => roles.get(member)?.rolcreaterole === true)) {
      yield {
        object,
        aspect: `createrole ${name}`,
        message: `${name === role ? `${role} has` : `${role} can become ${name}, which has`} CREATEROLE: before PostgreSQL 16 it may grant itself every role that is no superuser`,
        fix: `alter role ${quoteIdent(name)} nocreaterole;`,
      };
    }
  },
};
