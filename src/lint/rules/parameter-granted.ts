import { granteesOf } from '../../access/acl.ts';
import { quoteIdent } from '../../sql/ident.ts';
import type { LintRule } from '../rule.ts';
import { quotedGrantee, roleObject } from '../wording.ts';

/** Parameters that only a superuser sets, since they take away what others rely on; those of logs and timings are not among them. */
const dangers: Readonly<Record<string, string>> = {
  allow_in_place_tablespaces: 'it places files of the server',
  allow_system_table_mods: 'it opens the catalog itself to changes',
  dynamic_library_path: 'it chooses which code the server loads',
  lo_compat_privileges: 'every large object is then readable, whatever is granted',
  session_preload_libraries: 'it chooses which code a session loads',
  session_replication_role: 'triggers and foreign keys are then off, and what they keep apart can be stored',
};

export const parameterGranted: LintRule = {
  id: 'parameter-granted',
  severity: 'warning',
  summary: 'The app role may set a parameter that is kept for superusers.',
  help: 'With session_replication_role no trigger fires and no foreign key is asked, so that rows of one tenant can point at those of another; others load code, or hold for the sessions of everybody. Revoke SET and ALTER SYSTEM; what a job needs, a role of its own may have.',
  examples: [
    { bad: 'grant set on parameter session_replication_role to app_user;', since: 15 },
    { bad: 'grant alter system on parameter log_statement to app_user;', since: 15 },
  ],
  *check({ snapshot, role, access: { closure } }) {
    if (closure.exempt) return;
    for (const { kind, name, acl } of snapshot.systemGrants) {
      if (kind !== 'parameter') continue;
      const danger = dangers[name];
      for (const privilege of ['SET', 'ALTER SYSTEM'] as const) {
        const grantees = granteesOf(acl, closure.has, privilege);
        if (grantees.length === 0 || (privilege === 'SET' && danger === undefined)) continue;
        const why = privilege === 'SET' ? (danger ?? '') : 'that holds for the sessions of all roles';
        yield {
          object: roleObject(role),
          aspect: `${privilege} ${name}`,
          message: `${role} may ${privilege} ${name}: ${why}`,
          fix: `revoke ${privilege.toLowerCase()} on parameter ${quoteIdent(name)} from ${grantees.map(quotedGrantee).join(', ')};`,
        };
      }
    }
  },
};
