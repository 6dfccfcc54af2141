import { findRelation, nameOf } from '../catalog/lookup.ts';
import type { Policy, Relation } from '../catalog/snapshot.ts';
import { written, writtenName } from '../sql/written.ts';
import { splitStatements } from '../sql/parse.ts';
import { joined } from './attribution.ts';
import { appGrantees } from './grants.ts';
import { isMembership } from './membership.ts';
import { once } from './memo.ts';
import { referencesOf, type GuardedReference } from './references.ts';
import { anyOf, own, ownTenant, ownUser, parentAlias, rowOf, sharedWith, type Row } from './row-conditions.ts';
import { mayBeShared, type Situation, type TenantTable } from './situation.ts';

export interface WantedPolicy {
  readonly name: string;
  /** `create policy …`. */
  readonly sql: string;
}

/** The policies that a table is to have, as statements. */
export interface WantedPolicies {
  readonly tenant: TenantTable;
  readonly policies: readonly WantedPolicy[];
  /** `alter table …`, which turns them on. */
  readonly enable: readonly string[];
  /** In words, for the head of its file. */
  readonly summary: string;
}

/** The names of policies that are Rowhouse's. */
export const ourPolicies: readonly string[] = ['tenant_select', 'tenant_insert', 'tenant_update', 'tenant_delete'];

/** The wanted policies of every table whose rows have owners. */
export const wantedPolicies = once((situation: Situation): readonly WantedPolicies[] =>
  situation.tables
    .filter(({ relation }) => !relation.relispartition)
    .map((tenant) => reviewed(situation, tenant) ?? rendered(situation, tenant)),
);

/** What people have reviewed stays as they have it. */
function reviewed({ reviewedPolicies }: Situation, tenant: TenantTable): WantedPolicies | undefined {
  const text = reviewedPolicies.get(writtenName(nameOf(tenant.relation)));
  if (text === undefined) return undefined;
  const statements = splitStatements(text);
  const policies = statements.flatMap(({ node, text: sql }) =>
    'CreatePolicyStmt' in node ? [{ name: node.CreatePolicyStmt.policy_name ?? '', sql }] : [],
  );
  return {
    tenant,
    policies,
    enable: statements.filter(({ node }) => !('CreatePolicyStmt' in node)).map((statement) => statement.text),
    summary: `as policies/${writtenName(nameOf(tenant.relation))}.sql has them`,
  };
}

function rendered(situation: Situation, tenant: TenantTable): WantedPolicies {
  const row = rowOf(tenant);
  const name = writtenName(nameOf(tenant.relation));
  const readable = anyOf([own(situation, row), ...sharedWith(situation, row, 'read')]);
  // Whoever could add a membership of its own would be in any tenant that it likes.
  const mine = isMembership(situation, tenant) ? ownTenant(situation, row) : own(situation, row);
  const writable = anyOf([mine, ...sharedWith(situation, row, 'write')]);
  const guards = referencesOf(situation)
    .guarded.filter(({ child }) => child === tenant)
    .map((reference) => pointsWithin(situation, row, reference));
  const check = [writable, ...guards].join('\n    and ');
  const restrictive = hasPoliciesOfItsOwn(situation, tenant);
  const policy = (command: string, clauses: string): WantedPolicy => ({
    name: `tenant_${command}`,
    sql: `create policy tenant_${command} on ${name}${restrictive ? ' as restrictive' : ''} for ${command}\n  ${clauses}`,
  });
  const insertable = tenant.table.tenancy === 'root' ? signup(situation, row) : check;
  return {
    tenant,
    policies: [
      policy('select', `using (${readable})`),
      ...(insertable === null ? [] : [policy('insert', `with check (${insertable})`)]),
      policy('update', `using (${writable})\n  with check (${check})`),
      policy('delete', `using (${writable})`),
    ],
    enable: [
      `alter table ${name} enable row level security`,
      ...(isMembership(situation, tenant) ? [] : [`alter table ${name} force row level security`]),
    ],
    summary: summaryOf(tenant, restrictive),
  };
}

/** Who may add a tenant: nobody, or any subject, for itself where the table says for whom. */
function signup(situation: Situation, row: Row): string | null {
  const { table } = row.tenant;
  if (table.tenancy !== 'root' || !table.signup) return null;
  const user = ownUser(situation, row);
  return user === 'false' ? 'true' : user;
}

function summaryOf(tenant: TenantTable, restrictive: boolean): string {
  const rows = tenant.table.tenancy === 'root' ? 'its own row' : 'its own rows';
  const shared = mayBeShared(tenant) ? `${rows} and the shared ones` : rows;
  const writes = mayBeShared(tenant) ? `, and writes ${rows}` : '';
  const beside = restrictive
    ? '. Restrictive: the policies that were there go on saying who may do what within a tenant'
    : '';
  return `a tenant sees ${shared}${writes}; without a context there is no row${beside}`;
}

/** Policies that say already what the application may do: ours then only stand in its way. */
function hasPoliciesOfItsOwn(situation: Situation, tenant: TenantTable): boolean {
  const roles = appGrantees(situation);
  return livePolicies(situation, tenant).some(
    ({ polname, polpermissive, polroles }) =>
      polpermissive && !ourPolicies.includes(polname) && polroles.some((role) => roles.has(role)),
  );
}

/** A table for everybody that has the policies of one of tenants. */
export interface FormerTable {
  readonly relation: Relation;
  readonly ours: readonly Policy[];
  readonly others: readonly Policy[];
}

export const formerTables = once((situation: Situation): readonly FormerTable[] =>
  situation.model.tables.flatMap(({ table, tenancy }) => {
    const relation = tenancy === 'shared' ? findRelation(situation.snapshot, table) : undefined;
    if (relation === undefined) return [];
    const live = livePolicies(situation, { relation });
    const ours = live.filter(({ polname }) => ourPolicies.includes(polname));
    return ours.length === 0 ? [] : [{ relation, ours, others: live.filter((policy) => !ours.includes(policy)) }];
  }),
);

/** The policies that a table has. */
export function livePolicies({ snapshot }: Situation, { relation }: Pick<TenantTable, 'relation'>): readonly Policy[] {
  return snapshot.policies.filter(({ polrelid }) => polrelid === relation.oid);
}

/** A row points at nothing, or at a parent of its own tenant or one that is shared. */
export function pointsWithin(situation: Situation, row: Row, { parent, key }: GuardedReference): string {
  const alias = parentAlias(row);
  const theirs: Row = { tenant: parent, prefix: `${alias}.`, name: alias };
  const sameTenant =
    row.tenant.column !== null && parent.column !== null && row.tenant.type === parent.type
      ? `${alias}.${written(parent.column)} = ${row.name}.${written(row.tenant.column)}`
      : own(situation, theirs, 1);
  const pairs = key.columns.map((column, at) => ({ column, parentColumn: key.confcolumns[at] ?? '' }));
  const on = joined({ pairs }, row.name, alias);
  const nullable = key.columns.map((column) => `${row.name}.${written(column)} is null`);
  const seen = anyOf([sameTenant, ...sharedWith(situation, theirs, 'read', 1)]);
  return `(${nullable.join(' or ')} or exists (
      select from ${writtenName(parent.table.table)} as ${alias}
      where ${on} and ${seen}
    ))`;
}

const commands = { r: 'select', a: 'insert', w: 'update', d: 'delete', '*': 'all' } as const;

/** A policy as a statement; clauses on lines of their own, so that a difference shows the clause. */
export function policyDefinition(table: string, policy: Policy): string {
  const { polname, polpermissive, polcmd, polroles, polqual, polwithcheck } = policy;
  const restrictive = polpermissive ? '' : ' as restrictive';
  return [
    `create policy ${written(polname)} on ${table}${restrictive} for ${commands[polcmd]}`,
    `  to ${polroles.map((role) => (role === 'public' ? role : written(role))).join(', ')}`,
    ...(polqual === null ? [] : [`  using (${polqual})`]),
    ...(polwithcheck === null ? [] : [`  with check (${polwithcheck})`]),
  ].join('\n');
}
