import { privilegesIn } from '../../access/acl.ts';
import type { Routine } from '../../catalog/snapshot.ts';
import { quoteIdent } from '../../sql/ident.ts';
import { appliedPolicies } from '../applied.ts';
import type { LintInput } from '../input.ts';
import { routinesBehind, tablesOf } from '../reads.ts';
import type { LintRule } from '../rule.ts';
import { listed } from '../wording.ts';

export const policyUnqualifiedHelper: LintRule = {
  id: 'policy-unqualified-helper',
  severity: 'warning',
  summary:
    'A function that policies call names a table without its schema, and the app role may create temporary tables.',
  help: 'A temporary table of that name is found first, in SECURITY DEFINER functions and with a search_path too, unless that names pg_temp last: whoever makes one says who belongs to which tenant. Qualify the names, put pg_temp last into the search_path, revoke TEMPORARY on the database.',
  examples: [
    {
      bad: `create table app.members (user_id uuid not null, tenant_id uuid not null references app.tenants, primary key (user_id, tenant_id));
create function app.own_tenants() returns setof uuid language sql stable security definer set search_path = app
  as $$ select tenant_id from members where user_id = app.current_tenant() $$;
alter function app.own_tenants() owner to app_owner;
alter policy own on app.notes using (tenant_id in (select app.own_tenants()));`,
      model: `tables: { app.members: { tenancy: none } }`,
    },
  ],
  *check(input) {
    if (!privilegesIn(input.snapshot.datacl, input.access.closure.has).has('TEMPORARY')) return;
    const helpers = new Set(appliedPolicies(input).flatMap(({ policy }) => routinesBehind(input.snapshot, policy)));
    for (const routine of helpers) {
      const tables = unqualified(input, routine);
      if (tables.length === 0 || isTempLast(routine)) continue;
      yield {
        object: routine.signature,
        message: `it names ${listed(tables)} without a schema: a temporary table of ${input.role} can take its place`,
        fix: `alter function ${routine.signature} set search_path = ${[...pathOf(input, routine, tables), 'pg_temp'].join(', ')};`,
      };
    }
  },
};

/** The tables without a schema; a body that is stored parsed has none. */
function unqualified({ snapshot }: LintInput, routine: Routine): readonly string[] {
  if (/^\s*begin\s+atomic\b/i.test(routine.prosrc)) return [];
  const tables = tablesOf(snapshot, routine).filter(({ schema }) => schema === null);
  const there = new Set(snapshot.relations.map(({ relname }) => relname));
  return [...new Set(tables.map(({ name }) => name).filter((name) => there.has(name)))];
}

/** Whether its search_path names pg_temp, after something else: only then it is not looked through first. */
function isTempLast(routine: Routine): boolean {
  const path = searchPath(routine);
  return path !== null && path.lastIndexOf('pg_temp') > 0;
}

function searchPath({ proconfig }: Routine): readonly string[] | null {
  const setting = proconfig.find((item) => item.startsWith('search_path='));
  if (setting === undefined) return null;
  const names = setting.slice('search_path='.length).split(',');
  return names.map((name) => name.trim().replace(/^"(.*)"$/, '$1')).filter((name) => name !== '');
}

/** Its own search_path, or the schemas where the tables are. */
function pathOf({ snapshot }: LintInput, routine: Routine, tables: readonly string[]): readonly string[] {
  const own = searchPath(routine)?.filter((name) => name !== 'pg_temp');
  if (own !== undefined && own.length > 0) return own.map(quoteIdent);
  const schemas = snapshot.relations.filter(({ relname }) => tables.includes(relname)).map(({ nspname }) => nspname);
  return [...new Set(schemas)].map(quoteIdent);
}
