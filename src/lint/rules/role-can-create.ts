import { granteesOf } from '../../access/acl.ts';
import { policiesOf } from '../../access/policies.ts';
import type { Schema } from '../../catalog/snapshot.ts';
import { routinesBehind } from '../reads.ts';
import { formatIdent, quoteIdent } from '../../sql/ident.ts';
import type { LintInput, Modelled } from '../input.ts';
import type { LintRule, Observed } from '../rule.ts';
import { listed, listedBriefly, objectOf, quoted, quotedGrantee, roleObject } from '../wording.ts';

export const roleCanCreate: LintRule = {
  id: 'role-can-create',
  severity: 'warning',
  summary: 'The app role owns tables, schemas or functions that the walls rest on, or may create objects beside them.',
  help: "Whoever owns a table may disable its row-level security, and whoever owns a function that policies call may give it a setting, such as another tenant's context. Whoever may create in a schema of the search path can put a function or table of its own before the real one, and a migration, a job or another tenant's session will run it. Revoke CREATE, and let another role own the objects.",
  examples: [
    { bad: 'grant create on schema app to app_user;' },
    { bad: "do $$ begin execute format('grant create on database %I to app_user', current_database()); end $$;" },
    {
      bad: `create schema helpers;
grant usage, create on schema helpers to app_user;
create function helpers.tenant() returns uuid language sql stable
  return nullif(current_setting('app.current_tenant', true), '')::uuid;
alter policy own on app.notes using (tenant_id = (select helpers.tenant()));`,
    },
    {
      bad: `create schema reporting authorization app_user;
create view reporting.bodies with (security_invoker = true) as select body from app.notes;
grant select on reporting.bodies to app_user;`,
      since: 15,
    },
    { bad: 'alter table app.notes owner to app_user;' },
    { bad: 'alter function app.current_tenant() owner to app_user;' },
  ],
  *check(input) {
    if (input.access.closure.exempt) return;
    yield* ownedTables(input);
    yield* ownedHelpers(input);
    yield* openDatabase(input);
    const tables = usedTables(input).map(({ relation }) => relation.nspname);
    const used = new Set([...tables, ...viewSchemas(input), ...helperSchemas(input)]);
    for (const schema of input.snapshot.schemas.filter(({ nspname }) => used.has(nspname))) {
      yield* openSchema(input, schema);
    }
  },
};

/** The schemas of the functions that policies call: who owns one may drop a function with the policies that call it. */
function helperSchemas({ snapshot }: LintInput): readonly string[] {
  const called = new Set(snapshot.policies.flatMap(({ callsFunctions }) => callsFunctions));
  return snapshot.functions.filter(({ oid }) => called.has(oid)).map(({ nspname }) => nspname);
}

/** The schemas of the views of others that it reads: who owns one may put another view in the place of each. */
function viewSchemas({ snapshot, access }: LintInput): readonly string[] {
  const { has } = access.closure;
  return snapshot.relations
    .filter(({ relkind }) => relkind === 'v' || relkind === 'm')
    .filter(({ relowner, relacl }) => !has.has(relowner) && granteesOf(relacl, has, 'SELECT').length > 0)
    .map(({ nspname }) => nspname);
}

/** Tables in which the application has business, and that are not a tenant's alone. */
function usedTables({ modelled }: LintInput): readonly Modelled[] {
  return [...modelled.values()].filter(
    ({ intent: { kind, tenancy } }) =>
      kind === 'table' && (tenancy === 'row' || tenancy === 'root' || tenancy === 'shared'),
  );
}

/** Those that it owns itself, and that are forced: rls-not-forced and role-can-become-owner tell of the others. */
function* ownedTables(input: LintInput): Generator<Observed> {
  const { model, role } = input;
  const owned = usedTables(input)
    .filter(({ relation, access }) => relation.relowner === role && access.rowSecurity !== 'owner')
    .map(({ relation }) => relation);
  if (owned.length === 0) return;
  const { owner } = model.roles;
  yield {
    object: roleObject(role),
    aspect: 'tables',
    message: `${role} owns ${listedBriefly(owned.map(objectOf))}: it may disable their row-level security`,
    ...(owner !== null &&
      owner !== role && {
        fix: owned.map((relation) => `alter table ${quoted(relation)} owner to ${quoteIdent(owner)};`).join('\n'),
      }),
  };
}

/** The functions behind policies that are its own, or a group's: ALTER FUNCTION … SET holds for the sessions of all. */
function* ownedHelpers(input: LintInput): Generator<Observed> {
  const { snapshot, model, role, access, tenantTables } = input;
  const owners = tableOwners(input);
  const policies = tenantTables.flatMap(({ relation }) => policiesOf(snapshot, relation));
  const helpers = new Set(policies.flatMap((policy) => routinesBehind(snapshot, policy)));
  const owned = [...helpers].filter(
    ({ proowner }) => access.closure.has.has(proowner) && (proowner === role || !owners.has(proowner)),
  );
  if (owned.length === 0) return;
  const { owner } = model.roles;
  yield {
    object: roleObject(role),
    aspect: 'functions',
    message: `${role} owns ${listedBriefly(owned.map(({ signature }) => signature))}, on which policies rest: it may change what they say for every session`,
    ...(owner !== null && {
      fix: owned.map(({ signature }) => `alter function ${signature} owner to ${quoteIdent(owner)};`).join('\n'),
    }),
  };
}

/** What it has as the owner of the tables is role-can-become-owner's. */
function tableOwners({ commonTables }: LintInput): ReadonlySet<string> {
  return new Set(commonTables.map(({ relation }) => relation.relowner));
}

/** A schema of its own, by the name of the role, stands first in the search path that sessions begin with. */
function* openDatabase({ snapshot, role, access: { closure } }: LintInput): Generator<Observed> {
  const grantees = granteesOf(snapshot.datacl, closure.has, 'CREATE');
  if (grantees.length === 0) return;
  const given = grantees.filter((grantee) => grantee !== snapshot.datdba);
  yield {
    object: roleObject(role),
    aspect: 'database',
    message: `${role} may create schemas in the database, and in them whatever it wants to be found before, or to refer to, the tables of tenants`,
    ...(given.length > 0 && {
      fix: `revoke create on database ${quoteIdent(snapshot.database)} from ${given.map(quotedGrantee).join(', ')};`,
    }),
  };
}

function* openSchema(input: LintInput, schema: Schema): Generator<Observed> {
  const { model, role, access } = input;
  const { nspname, nspowner, nspacl } = schema;
  const { has } = access.closure;
  const owners = tableOwners(input);
  const grantees = granteesOf(nspacl, has, 'CREATE').filter((grantee) => grantee === role || !owners.has(grantee));
  if (grantees.length === 0) return;
  const name = quoteIdent(nspname);
  const { owner } = model.roles;
  const given = grantees.filter((grantee) => grantee !== nspowner);
  const fix = [
    ...given.map((grantee) => `revoke create on schema ${name} from ${quotedGrantee(grantee)};`),
    ...(given.length < grantees.length && owner !== null
      ? [`alter schema ${name} owner to ${quoteIdent(owner)};`]
      : []),
  ].join('\n');
  const others = grantees
    .filter((grantee) => grantee !== role)
    .map((grantee) => (grantee === 'public' ? 'PUBLIC' : grantee));
  yield {
    object: roleObject(role),
    aspect: `schema ${nspname}`,
    message: `${role} may create objects in the schema ${formatIdent(nspname)}${others.length > 0 ? `, as ${listed(others)} may` : ''}`,
    ...(fix !== '' && { fix }),
  };
}
