import { derived } from '../catalog/derived.ts';
import type { CatalogSnapshot, Relation, Routine, Schema, Sequence } from '../catalog/snapshot.ts';
import { privilegesIn, type Privilege } from './acl.ts';
import type { RoleClosure } from './role-closure.ts';

/** What a role may do with one relation, through grants to it, to roles that it inherits from, and to PUBLIC. */
export interface RelationPrivileges {
  /** On the whole relation. Without USAGE on its schema none counts, and there is none. */
  readonly table: ReadonlySet<Privilege>;
  /** The columns that it may SELECT, INSERT, UPDATE or use in REFERENCES, through the table or by grants of their own. */
  readonly columns: Readonly<Record<ColumnPrivilege, readonly string[]>>;
}

export type ColumnPrivilege = 'SELECT' | 'INSERT' | 'UPDATE' | 'REFERENCES';

const columnPrivileges: readonly ColumnPrivilege[] = ['SELECT', 'INSERT', 'UPDATE', 'REFERENCES'];
/** All that can be granted on a relation. */
export const everything: ReadonlySet<Privilege> = new Set([
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'TRUNCATE',
  'REFERENCES',
  'TRIGGER',
  'MAINTAIN',
]);

/** As `has_table_privilege` and `has_column_privilege` answer, and with USAGE on the schema. */
export function privilegesOn(snapshot: CatalogSnapshot, closure: RoleClosure, relation: Relation): RelationPrivileges {
  return hasUsage(snapshot, closure, relation.nspname)
    ? grantedOn(closure, relation)
    : { table: new Set(), columns: { SELECT: [], INSERT: [], UPDATE: [], REFERENCES: [] } };
}

/** The same by what has found the relation already, as a view or a policy: USAGE was asked for when that was made. */
export function grantedOn(closure: RoleClosure, relation: Relation): RelationPrivileges {
  const table = tablePrivileges(closure, relation);
  const columnsWith = (privilege: ColumnPrivilege): readonly string[] =>
    relation.columns
      .filter(({ attacl }) => table.has(privilege) || privilegesIn(attacl, closure.has).has(privilege))
      .map(({ attname }) => attname);
  const [select, insert, update, references] = columnPrivileges.map(columnsWith);
  return {
    table,
    columns: { SELECT: select ?? [], INSERT: insert ?? [], UPDATE: update ?? [], REFERENCES: references ?? [] },
  };
}

function tablePrivileges({ role, has }: RoleClosure, { relacl }: Relation): ReadonlySet<Privilege> {
  if (role.rolsuper) return everything;
  const granted = new Set(privilegesIn(relacl, has));
  // The predefined roles need no grant. https://www.postgresql.org/docs/current/predefined-roles.html
  if (has.has('pg_read_all_data')) granted.add('SELECT');
  if (has.has('pg_write_all_data'))
    for (const privilege of ['INSERT', 'UPDATE', 'DELETE'] as const) granted.add(privilege);
  if (has.has('pg_maintain')) granted.add('MAINTAIN');
  return granted;
}

/** Whether a role may look objects of a schema up. */
export function hasUsage(snapshot: CatalogSnapshot, { role, has }: RoleClosure, nspname: string): boolean {
  if (role.rolsuper || has.has('pg_read_all_data') || has.has('pg_write_all_data')) return true;
  const schema = schemasByName(snapshot).get(nspname);
  return schema !== undefined && privilegesIn(schema.nspacl, has).has('USAGE');
}

/** Whether a role may make objects in a schema. */
export function mayCreateIn({ role, has }: RoleClosure, { nspacl }: Schema): boolean {
  return role.rolsuper || privilegesIn(nspacl, has).has('CREATE');
}

/** Whether a role may call a function. */
export function mayExecute(snapshot: CatalogSnapshot, closure: RoleClosure, routine: Routine): boolean {
  return hasUsage(snapshot, closure, routine.nspname) && mayCall(closure, routine);
}

/** The same by what has found the function already, as a policy. */
export function mayCall({ role, has }: RoleClosure, { proacl }: Routine): boolean {
  return role.rolsuper || privilegesIn(proacl, has).has('EXECUTE');
}

/** What a role may do with a sequence: SELECT, USAGE, UPDATE. */
export function sequencePrivileges(
  snapshot: CatalogSnapshot,
  closure: RoleClosure,
  { nspname, relacl }: Sequence,
): ReadonlySet<Privilege> {
  if (closure.role.rolsuper) return new Set(['SELECT', 'USAGE', 'UPDATE']);
  if (!hasUsage(snapshot, closure, nspname)) return new Set();
  const granted = new Set(privilegesIn(relacl, closure.has));
  if (closure.has.has('pg_read_all_data')) granted.add('SELECT');
  if (closure.has.has('pg_write_all_data')) granted.add('UPDATE');
  return granted;
}

const schemasByName = derived(
  ({ schemas }): ReadonlyMap<string, Schema> => new Map(schemas.map((schema) => [schema.nspname, schema])),
);
