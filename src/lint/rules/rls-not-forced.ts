import { isReachable } from '../../access/matrix.ts';
import { quoteIdent } from '../../sql/ident.ts';
import type { LintRule } from '../rule.ts';
import { objectOf, quoted } from '../wording.ts';

export const rlsNotForced: LintRule = {
  id: 'rls-not-forced',
  severity: 'error',
  summary: 'The app role has the rights of the owner of a tenant table, whose row-level security is not forced.',
  help: "Policies do not bind a table's owner, nor who inherits from it: every query sees and changes the rows of all tenants. Force row-level security, and let the application log in as a role that owns nothing and is granted what it needs.",
  examples: [
    {
      bad: `alter table app.notes no force row level security;
alter table app.notes owner to app_user;`,
    },
  ],
  *check({ snapshot, tenantTables, model, role }) {
    for (const { relation, access } of tenantTables) {
      if (access.rowSecurity !== 'owner' || !isReachable(access)) continue;
      const owns = relation.relowner === role;
      const { owner } = model.roles;
      const other = owns && owner !== null && owner !== role && snapshot.roles.some(({ rolname }) => rolname === owner);
      const table = quoted(relation);
      yield {
        object: objectOf(relation),
        message: `${role} ${owns ? 'owns it' : `inherits the rights of its owner ${relation.relowner}`}, and row-level security is not forced: it does not bind ${role}`,
        fix: `alter table ${table} force row level security;${other ? `\nalter table ${table} owner to ${quoteIdent(owner)};` : ''}`,
      };
    }
  },
};
