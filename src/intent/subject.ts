import type { Relation } from '../catalog/snapshot.ts';
import type { MembershipModel } from '../model/model.ts';
import { quoteIdent, quoteQualified, type QualifiedName } from '../sql/ident.ts';
import type { Reality } from './reality.ts';
import { tableSource } from './row-source.ts';
import { asText, comparable, equals, subjectAs, type TypedSql } from './sql-type.ts';

/** Who asks: a tenant, or a user with the tenants of its memberships. */
export interface Subject {
  /** SQL: the tenant is the subject's. */
  readonly owns: (tenant: TypedSql) => string;
  /** SQL: the user is the subject. */
  readonly is: (user: TypedSql) => string;
  /** SQL: the user is a member of a tenant of the subject; null where subjects are tenants. */
  readonly knows: ((user: TypedSql) => string) | null;
  /** A query of all subjects. */
  readonly all: string;
  /** A query of all memberships: a user's `id` and a `tenant`, as text; null where subjects are tenants. */
  readonly memberships: string | null;
}

/** Fits the model's subjects to the catalog; undefined where it notes that the tables for them are not there. */
export function resolveSubject(reality: Reality): Subject | undefined {
  const { model } = reality;
  const { tenants } = model;
  const table = reality.relation(tenants.table, 'tenants.table');
  const key = table && reality.familyOf(table, tenants.key, tenants.type, 'tenants.key');
  if (table && tenants.schema !== null) reality.hasColumn(table, tenants.schema, 'tenants.schema');
  const is = (user: TypedSql): string => equals(user, subjectAs(model.context.type));
  if (model.membership === null) {
    if (key === undefined) return undefined;
    return { owns: is, is, knows: null, all: everyId(tenants.table, tenants.key, null), memberships: null };
  }
  const members = resolveMembers(reality, model.membership);
  if (!key || !members) return undefined;
  const { all, memberships } = members;
  return { owns: members.owns(is), is, knows: members.knows(is), all, memberships };
}

interface Members {
  owns(is: (user: TypedSql) => string): (tenant: TypedSql) => string;
  knows(is: (user: TypedSql) => string): (user: TypedSql) => string;
  readonly all: string;
  readonly memberships: string;
}

function resolveMembers(reality: Reality, membership: MembershipModel): Members | undefined {
  const { model } = reality;
  const table = reality.relation(membership.table, 'membership.table');
  if (table === undefined) return undefined;
  const column = (name: string): string => `m.${quoteIdent(name)}`;
  const user = reality.typed(table, membership.user, column(membership.user), model.context.type, 'membership.user');
  const tenant = reality.typed(
    table,
    membership.tenant,
    column(membership.tenant),
    model.tenants.type,
    'membership.tenant',
  );
  if (!user || !tenant) return undefined;
  const active = activeWhen(table, membership.when);
  // IN, and not EXISTS, lets PostgreSQL read the memberships once for all rows.
  const isAmong = (outside: TypedSql, inside: TypedSql, where: string): string => {
    const [outer, inner] = comparable(outside, inside);
    return `${outer} in (select ${inner} from ${quoteQualified(membership.table)} m where ${where}${active})`;
  };
  const owns: Members['owns'] = (is) => (own) => isAmong(own, tenant, is(user));
  return {
    owns,
    knows: (is) => (other) => isAmong(other, user, owns(is)(tenant)),
    all: everyId(membership.table, membership.user, membership.when && `true${active}`),
    memberships: `select distinct ${user.sql}::pg_catalog.text as id, ${tenant.sql}::pg_catalog.text as tenant
      from ${quoteQualified(membership.table)} m where ${user.sql} is not null and ${tenant.sql} is not null${active}`,
  };
}

function activeWhen(table: Relation, when: string | null): string {
  return when === null ? '' : ` and ${tableSource(table, 'm').evaluate(when)}`;
}

function everyId(table: QualifiedName, column: string, where: string | null): string {
  const id = `m.${quoteIdent(column)}`;
  const filter = where === null ? '' : ` and ${where}`;
  return `select s.id from (select distinct ${id}::pg_catalog.text as id from ${quoteQualified(table)} m where ${id} is not null${filter}) s order by ${asText({ sql: 's.id', family: 'text' })}`;
}
