import { granteesOf } from '../../access/acl.ts';
import { mayUse, type RelationAccess } from '../../access/matrix.ts';
import type { Command } from '../../access/policies.ts';
import { asksForSecret, isDefiner } from '../../access/definer-body.ts';
import { findRelation } from '../../catalog/lookup.ts';
import type { Relation, Routine } from '../../catalog/snapshot.ts';
import { statementsOf } from '../../sql/function-body.ts';
import { isRecord, lastName, nodesOf } from '../../sql/tree.ts';
import { isWalled } from '../walls.ts';
import { formatIdent } from '../../sql/ident.ts';
import { appliedPolicies } from '../applied.ts';
import { expressionOf, ownedTables } from '../conditions.ts';
import type { LintInput } from '../input.ts';
import { policyObject } from '../mend.ts';
import { codeOf, readsOf } from '../reads.ts';
import type { LintRule, Observed } from '../rule.ts';
import { Evaluation, type Setting } from '../scope/evaluate.ts';
import { keyOf } from '../scope/expression.ts';
import type { Situation } from '../scope/situation.ts';
import { subject } from '../scope/value.ts';
import { listed, listedBriefly, objectOf, quoted, quotedGrantee } from '../wording.ts';

const writes = ['insert', 'update', 'delete'] as const;

export const policyLookupWritable: LintRule = {
  id: 'policy-lookup-writable',
  severity: 'error',
  summary: 'Tenants may write the table that says who belongs to which tenant.',
  help: 'Who may add a membership of its own, or change one, is in any tenant that it likes. Let the application read the table only, under row-level security, and change it through a function that checks.',
  examples: [
    {
      bad: `create table app.members (user_id uuid, tenant_id uuid references app.tenants, primary key (user_id, tenant_id));
grant select, insert on app.members to app_user;
alter policy own on app.notes using (
  tenant_id in (select m.tenant_id from app.members m where m.user_id = (select app.current_tenant()))
);`,
      model: 'tables: { app.members: { tenancy: shared, access: read } }',
    },
    {
      bad: `create table app.members (user_id uuid, tenant_id uuid references app.tenants, primary key (user_id, tenant_id));
grant select, insert on app.members to app_user;
create function app.tenants_of(who uuid) returns setof uuid language plpgsql stable as $$
begin
  return query select m.tenant_id from app.members m where m.user_id = who;
end $$;
alter policy own on app.notes using (tenant_id in (select app.tenants_of((select app.current_tenant()))));`,
      model: 'tables: { app.members: { tenancy: shared, access: read } }',
    },
  ],
  *check(input) {
    const readers = new Map<Relation, string[]>();
    for (const { modelled, policy, scope } of appliedPolicies(input)) {
      if (scope === 'scoped') continue;
      const { tables, functions } = readsOf(input.snapshot, policy);
      for (const lookup of new Set([...tables, ...functions.flatMap((one) => one.tables)])) {
        if (lookup === modelled.relation) continue;
        readers.set(lookup, [...(readers.get(lookup) ?? []), policyObject(modelled.relation, policy)]);
      }
    }
    for (const [lookup, policies] of readers) yield* judged(input, lookup, policies);
    yield* joining(input);
    yield* joiningByCall(input);
  },
};

/** A lookup table that is nobody's: those of tenants have rules of their own. */
function* judged(input: LintInput, lookup: Relation, policies: readonly string[]): Generator<Observed> {
  const access = input.access.relations.get(lookup.oid);
  if (access === undefined || input.commonTables.some(({ relation }) => relation === lookup)) return;
  const open = writes.filter((command) => mayUse(access, command) && isOpen(input, access, command));
  if (open.length === 0) return;
  const revoked = open.flatMap((command) =>
    granteesOf(lookup.relacl, input.access.closure.has, command.toUpperCase() as 'INSERT').map(
      (grantee) => `revoke ${command} on ${quoted(lookup)} from ${quotedGrantee(grantee)};`,
    ),
  );
  yield {
    object: objectOf(lookup),
    message: `${input.role} may ${listed(open)} its rows, on which ${listedBriefly(policies)} ${policies.length === 1 ? 'rests' : 'rest'}`,
    ...(revoked.length > 0 && { fix: revoked.join('\n') }),
  };
}

type OwnerKeys = Setting['ownership'];

/** The rows of a table without owners are all alike. */
const unowned: OwnerKeys = { tenantKey: null, userKey: null, pointers: [] };
const anyRow: Situation = {
  rows: 'foreign',
  context: 'set',
  tenant: { kind: 'free' },
  user: { kind: 'free' },
  known: new Map(),
  apart: [],
};

function isOpen(input: LintInput, { rowSecurity, policies }: RelationAccess, command: Command): boolean {
  if (rowSecurity === 'disabled') return true;
  if (rowSecurity !== 'bound') return false;
  return lets(input, unowned, policies[command], command, anyRow);
}

/** A membership of the subject's own, in a tenant that is not its own, which a policy lets it store. */
function* joining(input: LintInput): Generator<Observed> {
  const { membership } = input.model;
  if (membership === null) return;
  const { schema, name } = membership.table;
  const table = ownedTables(input).find(
    ({ modelled: { relation } }) => relation.nspname === schema && relation.relname === name,
  );
  if (table === undefined) return;
  const { access, relation } = table.modelled;
  const owned = {
    tenantKey: keyOf({ kind: 'column', name: membership.tenant }),
    userKey: keyOf({ kind: 'column', name: membership.user }),
    pointers: [],
  };
  const own: Situation = { ...anyRow, tenant: { kind: 'id', of: 'tenant' }, user: subject };
  const moved = access.privileges.columns.UPDATE.includes(membership.tenant);
  for (const command of ['insert', ...(moved ? (['update'] as const) : [])] as const) {
    if (!mayUse(access, command)) continue;
    const policy = access.policies[command].permissive.find((one) =>
      lets(input, owned, { permissive: [one], restrictive: access.policies[command].restrictive }, command, own),
    );
    if (policy === undefined) continue;
    yield {
      object: policyObject(relation, policy),
      message: `it lets a user ${command === 'insert' ? 'add itself to' : 'move its membership to'} any tenant: it asks for ${formatIdent(membership.user)} alone`,
    };
    return;
  }
}

/** Functions that store a membership, as an owner whom no policy binds, in the tenant that they are told, and ask nothing. */
function* joiningByCall(input: LintInput): Generator<Observed> {
  const { model, snapshot, access, role } = input;
  const { membership } = model;
  const table = membership && findRelation(snapshot, membership.table);
  if (!membership || !table) return;
  for (const routine of access.functions) {
    if (!isDefiner(routine) || asksForSecret(routine) || isWalled(input, routine.proowner, table, 'insert')) continue;
    if (!storedIn(table, membership.tenant, routine)) continue;
    yield {
      object: routine.signature,
      message: `${role} may call it, and as ${routine.proowner} it adds a member to whatever tenant its argument names`,
      fix: `revoke execute on routine ${routine.signature} from ${granteesOf(routine.proacl, access.closure.has, 'EXECUTE').map(quotedGrantee).join(', ')};`,
    };
  }
}

/** Whether all that a function does is to insert rows whose `column` is one of its arguments. */
function storedIn(table: Relation, column: string, routine: Routine): boolean {
  const code = codeOf(routine);
  // Whatever it looks up or tells apart may be a check.
  if (/\b(if|case|select|perform|execute|raise|assert)\b/i.test(code)) return false;
  const text = routine.lanname === 'sql' ? code : (/\binsert\s+into\b[^;]*?(?=\breturning\b|;)/i.exec(code)?.[0] ?? '');
  const inserts = statementsOf(text).flatMap(({ node }) => nodesOf(node).filter(({ tag }) => tag === 'InsertStmt'));
  return inserts.some(({ value: { relation, cols, selectStmt } }) => {
    if (!isRecord(relation) || relation['relname'] !== table.relname) return false;
    const targets = nodesOf(cols).filter(({ tag }) => tag === 'ResTarget');
    const names =
      cols === undefined ? table.columns.map(({ attname }) => attname) : targets.map(({ value }) => value['name']);
    const rows = nodesOf(isRecord(selectStmt) ? selectStmt['SelectStmt'] : undefined).filter(
      ({ tag }) => tag === 'List',
    );
    return rows.some(({ value: { items } }) =>
      isArgument(routine, Array.isArray(items) ? (items as readonly unknown[])[names.indexOf(column)] : undefined),
    );
  });
}

function isArgument(routine: Routine, value: unknown): boolean {
  if (!isRecord(value)) return false;
  if (isRecord(value['TypeCast'])) return isArgument(routine, value['TypeCast']['arg']);
  if (isRecord(value['ParamRef'])) return true;
  const { ColumnRef: named } = value;
  return isRecord(named) && routine.argnames.includes(lastName(named['fields']) ?? '');
}

/** Whether new rows pass for certain; of those that are deleted, the old ones. */
function lets(
  input: LintInput,
  owned: OwnerKeys,
  { permissive, restrictive }: RelationAccess['policies'][Command],
  command: Command,
  situation: Situation,
): boolean {
  const evaluation = new Evaluation({ ...input, ownership: owned }, situation);
  const part = command === 'delete' ? 'using' : 'check';
  const passes = (policy: (typeof permissive)[number]): boolean => {
    const expression = expressionOf(policy, part);
    return expression !== null && evaluation.truth(expression).true === 'certain';
  };
  return permissive.some(passes) && restrictive.every(passes);
}
