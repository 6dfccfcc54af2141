import type { Rule } from '../rule.ts';

export const sessionRoleEscape: Rule = {
  id: 'session-role-escape',
  severity: 'warning',
  summary: 'The app role is reached by SET ROLE, from a login that is privileged.',
  help: 'A session that came to the app role by SET ROLE leaves it by RESET ROLE, and is again what it logged in as: one injected statement sees all tenants. Let the application log in as the app role, or as a role whose only right is to become it.',
  falsePositives: [
    'The application logs in as a role that is made a member of the app role only where it runs, and not in this cluster.',
  ],
};
