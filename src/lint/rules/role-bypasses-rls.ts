import { rolesByName } from '../../access/role-closure.ts';
import type { Role } from '../../catalog/snapshot.ts';
import { quoteIdent } from '../../sql/ident.ts';
import { attainableRoles, revokeFromMembers } from '../becoming.ts';
import type { LintRule } from '../rule.ts';
import { listed, roleObject } from '../wording.ts';

/** They read or replace the files of the server, or run programs as its account: below every policy. */
const serverRoles = ['pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'];

export const roleBypassesRls: LintRule = {
  id: 'role-bypasses-rls',
  severity: 'error',
  summary: 'Row-level security does not bind the app role, or a role that it can become.',
  help: 'No policy applies to a superuser or a role with BYPASSRLS: every query sees all tenants. Let the application log in as a role with neither, that is a member of no such role.',
  examples: [
    { bad: 'alter role app_user bypassrls;' },
    { bad: 'grant etl_user to app_user;' },
    { bad: 'grant pg_read_server_files to app_user;' },
    { bad: 'alter role app_user replication;' },
  ],
  *check({ snapshot, role, access: { closure } }) {
    const object = roleObject(role);
    if (closure.exempt) {
      yield {
        object,
        message: `${role} is ${exemption(closure.role) ?? ''}: no policy applies to it`,
        fix: `alter role ${quoteIdent(role)} nosuperuser nobypassrls;`,
      };
      return;
    }
    const attainable = attainableRoles(snapshot, closure);
    for (const [name, steps] of attainable) {
      const found = rolesByName(snapshot).get(name);
      const what = found && exemption(found);
      if (what === undefined) continue;
      const through = steps.length > 1 ? ` through ${listed(steps.slice(0, -1))}` : '';
      yield {
        object,
        aspect: name,
        message: `${role} can become ${name}${through}, which is ${what}`,
        fix: revokeFromMembers(snapshot, name, [role, ...attainable.keys()]),
      };
    }
    for (const name of [role, ...attainable.keys()].filter((one) => rolesByName(snapshot).get(one)?.rolreplication)) {
      yield {
        object,
        aspect: `replication ${name}`,
        message: `${name === role ? `${role} has` : `${role} can become ${name}, which has`} REPLICATION: it may read every change of every tenant from the write-ahead log, where no policy applies`,
        fix: `alter role ${quoteIdent(name)} noreplication;`,
      };
    }
    for (const name of serverRoles.filter((server) => closure.has.has(server) || attainable.has(server))) {
      yield {
        object,
        aspect: name,
        message: `${role} is a member of ${name}: it reaches the server's files, where no policy applies`,
        fix: revokeFromMembers(snapshot, name, [role, ...closure.has, ...attainable.keys()]),
      };
    }
  },
};

function exemption({ rolsuper, rolbypassrls }: Role): string | undefined {
  if (rolsuper) return 'a superuser';
  return rolbypassrls ? 'exempt by BYPASSRLS' : undefined;
}
