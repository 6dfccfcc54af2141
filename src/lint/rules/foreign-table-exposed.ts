import { granteesOf, parseAclItem, privilegesIn } from '../../access/acl.ts';
import { mayUse } from '../../access/matrix.ts';
import { commands } from '../../access/policies.ts';
import { hasUsage } from '../../access/privileges.ts';
import type { Relation, SystemGrant } from '../../catalog/snapshot.ts';
import { quoteIdent } from '../../sql/ident.ts';
import type { LintRule } from '../rule.ts';
import { listed, objectOf, quoted, quotedGrantee, roleObject } from '../wording.ts';

/** What USAGE opens. */
const ways: Readonly<Partial<Record<SystemGrant['kind'], string>>> = {
  server: 'it may make a user mapping there, and foreign tables that log in as that user',
  wrapper: 'it may make servers that lead anywhere, to this database again as another role among them',
};

export const foreignTableExposed: LintRule = {
  id: 'foreign-table-exposed',
  severity: 'error',
  summary:
    'The app role reaches rows through a foreign table or a connection of its own, where no policy of this database applies.',
  help: 'A foreign table cannot have row-level security, and answers as the user of its mapping: every tenant sees what that user sees. Functions of dblink open any connection, this database again as another role among them. Revoke the privileges, and let a view or function filter by tenant.',
  examples: [
    {
      bad: `create foreign data wrapper remote;
create server remote foreign data wrapper remote;
create foreign table app.remote_notes (id uuid, tenant_id uuid, body text) server remote;
grant select on app.remote_notes to app_user;`,
    },
    {
      bad: `create foreign data wrapper remote;
create server remote foreign data wrapper remote;
grant usage on foreign server remote to app_user;`,
    },
    {
      bad: `create foreign data wrapper remote;
grant usage on foreign data wrapper remote to app_user;`,
    },
  ],
  *check({ snapshot, modelled, role, access: { closure, relations } }) {
    if (closure.exempt) return;
    for (const access of relations.values()) {
      const { relation } = access;
      if (relation.relkind !== 'f' || modelled.get(relation.oid)?.intent.tenancy === 'shared') continue;
      const used = commands.filter((command) => mayUse(access, command));
      if (used.length === 0) continue;
      yield {
        object: objectOf(relation),
        message: `${role} may ${listed(used.map((command) => command.toUpperCase()))} in it, and a foreign table cannot have row-level security`,
        fix: `revoke all on ${quoted(relation)} from ${grantees(relation, closure.has)};`,
      };
    }
    for (const { kind, name, owner, acl } of snapshot.systemGrants) {
      const privilege = ways[kind];
      if (privilege === undefined || !privilegesIn(acl, closure.has).has('USAGE')) continue;
      const given = granteesOf(acl, closure.has, 'USAGE').filter((grantee) => grantee !== owner);
      const on = `${kind === 'server' ? 'foreign server' : 'foreign data wrapper'} ${quoteIdent(name)}`;
      yield {
        object: roleObject(role),
        aspect: `${kind} ${name}`,
        severity: 'warning',
        message: `${role} may use the ${on}: ${privilege}`,
        ...(given.length > 0 && { fix: `revoke usage on ${on} from ${given.map(quotedGrantee).join(', ')};` }),
      };
    }
    for (const { extname, nspname, connectacl } of snapshot.extensions) {
      if (!hasUsage(snapshot, closure, nspname) || !privilegesIn(connectacl, closure.has).has('EXECUTE')) continue;
      yield {
        object: roleObject(role),
        aspect: extname,
        severity: 'warning',
        message: `${role} may open connections with the functions of ${extname}`,
      };
    }
  },
};

function grantees({ relacl }: Relation, roles: ReadonlySet<string>): string {
  const granted = relacl.map(parseAclItem).filter(({ grantee }) => roles.has(grantee));
  return granted.map(({ grantee }) => quotedGrantee(grantee)).join(', ');
}
