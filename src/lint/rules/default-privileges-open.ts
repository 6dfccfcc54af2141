import { mayCreateIn } from '../../access/privileges.ts';
import { closureOf, rolesByName } from '../../access/role-closure.ts';
import type { CatalogSnapshot } from '../../catalog/snapshot.ts';
import { protectsNewTables } from '../opened-walls.ts';
import { parseAclItem } from '../../access/acl.ts';
import { formatIdent, quoteIdent } from '../../sql/ident.ts';
import type { LintRule } from '../rule.ts';
import { listed, quotedGrantee, roleObject } from '../wording.ts';

export const defaultPrivilegesOpen: LintRule = {
  id: 'default-privileges-open',
  severity: 'warning',
  summary: 'Tables that are yet to be created will be granted to the app role at once.',
  help: 'The next table is open to every tenant from its creation until somebody thinks of row-level security. Revoke the default privileges, and grant table by table, with the policy.',
  examples: [
    { bad: 'alter default privileges for role app_owner in schema app grant select, insert on tables to app_user;' },
    { bad: 'alter default privileges for role app_owner grant select on tables to public;' },
    { bad: 'alter default privileges in schema app grant select on tables to app_user;' },
  ],
  *check({ snapshot, modelled, role, access: { closure } }) {
    if (closure.exempt) return;
    const relations = [...modelled.values()].map(({ relation }) => relation);
    const [owners, schemas] = [
      new Set(relations.map(({ relowner }) => relowner)),
      new Set(relations.map(({ nspname }) => nspname)),
    ];
    // Views are granted with the tables, and nothing protects those.
    const severity = protectsNewTables(snapshot) ? 'info' : 'warning';
    for (const { defaclrole, defaclobjtype, nspname, defaclacl } of snapshot.defaultPrivileges) {
      if (defaclobjtype !== 'r' || (nspname !== null && !schemas.has(nspname))) continue;
      const places = nspname === null ? schemas : new Set([nspname]);
      if (!owners.has(defaclrole) && !makesTables(snapshot, defaclrole, places)) continue;
      const items = defaclacl
        .map(parseAclItem)
        .filter(
          ({ grantee, privileges }) => grantee !== defaclrole && closure.has.has(grantee) && privileges.length > 0,
        );
      if (items.length === 0) continue;
      const where = nspname === null ? '' : ` in the schema ${formatIdent(nspname)}`;
      const privileges = [...new Set(items.flatMap((item) => item.privileges))];
      const within = nspname === null ? '' : ` in schema ${quoteIdent(nspname)}`;
      yield {
        object: roleObject(role),
        aspect: `${defaclrole} ${nspname ?? ''}`,
        severity,
        message: `${role} is granted ${listed(privileges)} on every table that ${defaclrole} will create${where}`,
        fix: `alter default privileges for role ${quoteIdent(defaclrole)}${within} revoke all on tables from ${items.map(({ grantee }) => quotedGrantee(grantee)).join(', ')};`,
      };
    }
  },
};

/** Whether a role may make tables where those of the model are. */
function makesTables(snapshot: CatalogSnapshot, role: string, schemas: ReadonlySet<string>): boolean {
  if (!rolesByName(snapshot).has(role)) return false;
  const closure = closureOf(snapshot, role);
  return snapshot.schemas.some((schema) => schemas.has(schema.nspname) && mayCreateIn(closure, schema));
}
