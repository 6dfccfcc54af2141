import { closureOf } from '../../access/role-closure.ts';
import { quoteIdent } from '../../sql/ident.ts';
import type { LintRule } from '../rule.ts';
import { listed, roleObject } from '../wording.ts';

export const sessionRoleEscape: LintRule = {
  id: 'session-role-escape',
  severity: 'warning',
  summary: 'The app role cannot log in, and every login that can become it is privileged.',
  help: 'A session that came to the app role by SET ROLE leaves it by RESET ROLE, and is again what it logged in as: one injected statement sees all tenants. Let the application log in as the app role, or as a role whose only right is to become it.',
  falsePositives: [
    'The application logs in as a role that is made a member of the app role only where it runs, and not in this cluster.',
  ],
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
