import { closureOf } from '../../access/role-closure.ts';
import { sessionRoleEscape as rule } from '../../domain/rules/session-role-escape.ts';
import { quoteIdent } from '../../sql/ident.ts';
import type { LintRule } from '../rule.ts';
import { listed, roleObject } from '../wording.ts';

export const sessionRoleEscape: LintRule = {
  ...rule,
  examples: [
    {
      bad: `create role app_login login bypassrls;
grant app_user to app_login;`,
    },
  ],
  *check({ snapshot, commonTables, role, access: { closure } }) {
    if (closure.role.rolcanlogin) return;
    const owners = new Set(commonTables.map(({ relation }) => relation.relowner));
    const logins = snapshot.roles
      // A superuser can become everybody: that says nothing of who does.
      .filter(({ rolname, rolcanlogin, rolsuper }) => rolname !== role && rolcanlogin && !rolsuper)
      .map(({ rolname }) => closureOf(snapshot, rolname))
      .filter(({ becomes }) => becomes.has(role));
    const privileged = logins.filter(({ exempt, has }) => exempt || [...owners].some((owner) => has.has(owner)));
    if (logins.length === 0 || privileged.length < logins.length) return;
    yield {
      object: roleObject(role),
      message: `${role} cannot log in, and is reached by SET ROLE only from ${listed(privileged.map((login) => login.role.rolname))}, whom policies do not bind or who may drop them: RESET ROLE leads back there`,
      fix: `alter role ${quoteIdent(role)} login;`,
    };
  },
};
