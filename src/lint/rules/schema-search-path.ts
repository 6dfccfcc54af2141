import { isReachable } from '../../access/matrix.ts';
import { formatIdent } from '../../sql/ident.ts';
import type { LintRule } from '../rule.ts';
import { listedBriefly, roleObject } from '../wording.ts';

export const schemaSearchPath: LintRule = {
  id: 'schema-search-path',
  severity: 'error',
  summary: 'One app role reaches tables in the schemas of several tenants, and no policy keeps them apart.',
  help: 'Only the search path says whose table a query means: one that is left over from another session, or a qualified name, reads another tenant. Give each tenant a role with USAGE on its own schema alone, or the tables row-level security.',
  examples: [
    {
      bad: `alter table app.tenants add column schema_name name;
create schema tenant_a create table threads (id int);
create schema tenant_b create table threads (id int);
grant usage on schema tenant_a, tenant_b to app_user;
grant select on tenant_a.threads, tenant_b.threads to app_user;`,
      good: 'revoke usage on schema tenant_b from app_user;',
      model: `tenants: { schema: schema_name }
tables: { tenant_a.threads: { tenancy: schema } }`,
    },
  ],
  *check({ tenantTables, role, access: { closure } }) {
    if (closure.exempt) return;
    const open = tenantTables.filter(
      ({ intent, access }) => intent.tenancy === 'schema' && access.rowSecurity !== 'bound' && isReachable(access),
    );
    const schemas = [...new Set(open.map(({ relation }) => relation.nspname))];
    if (schemas.length < 2) return;
    yield {
      object: roleObject(role),
      message: `${role} reaches tables in the schemas ${listedBriefly(schemas.map(formatIdent))}`,
    };
  },
};
