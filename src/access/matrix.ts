import type { CatalogSnapshot, Relation, Routine } from '../catalog/snapshot.ts';
import { commands, effectivePolicies, type Command, type EffectivePolicies } from './policies.ts';
import { mayExecute, privilegesOn, type RelationPrivileges } from './privileges.ts';
import { closureOf, type RoleClosure } from './role-closure.ts';
import { rowSecurityOf, type RowSecurity } from './row-security.ts';
import { reachedThrough, type Reached } from './view-path.ts';

/** What one role can do with one relation, and which policies decide over it. */
export interface RelationAccess {
  readonly relation: Relation;
  readonly privileges: RelationPrivileges;
  readonly rowSecurity: RowSecurity;
  readonly policies: Readonly<Record<Command, EffectivePolicies>>;
  /** For a view: the stored relations behind it. */
  readonly reaches: readonly Reached[];
}

/** What one role can reach, and how: the prover, the lints and the audit read the same. */
export interface AccessMatrix {
  readonly closure: RoleClosure;
  /** Every relation of the snapshot, by oid. */
  readonly relations: ReadonlyMap<number, RelationAccess>;
  /** The functions that it may call, by an aggregate too. */
  readonly functions: readonly Routine[];
}

/** Computes the access of a role from the catalog alone. */
export function accessMatrix(snapshot: CatalogSnapshot, role: string): AccessMatrix {
  const closure = closureOf(snapshot, role);
  return {
    closure,
    relations: new Map(
      snapshot.relations.map((relation) => [relation.oid, relationAccess(snapshot, closure, relation)]),
    ),
    functions: callable(snapshot, closure),
  };
}

/** For the functions that an aggregate is made of, its owner's rights count. */
function callable(snapshot: CatalogSnapshot, closure: RoleClosure): readonly Routine[] {
  const granted = new Set(snapshot.functions.filter((routine) => mayExecute(snapshot, closure, routine)));
  const parts = new Set([...granted].flatMap(({ aggregates }) => aggregates));
  return snapshot.functions.filter((routine) => granted.has(routine) || parts.has(routine.oid));
}

/** Computes the access of a role to one relation. */
export function relationAccess(snapshot: CatalogSnapshot, closure: RoleClosure, relation: Relation): RelationAccess {
  const policies = commands.map((command) => [command, effectivePolicies(snapshot, closure, relation, command)]);
  return {
    relation,
    privileges: privilegesOn(snapshot, closure, relation),
    rowSecurity: rowSecurityOf(closure, relation),
    policies: Object.fromEntries(policies) as Record<Command, EffectivePolicies>,
    reaches: reachedThrough(snapshot, closure, relation),
  };
}

/** Whether the role may read some column of the relation, or write to it. */
export function isReachable({ privileges: { table, columns } }: RelationAccess): boolean {
  return table.size > 0 || Object.values(columns).some((names) => names.length > 0);
}

/** Whether the role may use a command on the relation: on some column, for all but DELETE. */
export function mayUse({ privileges: { table, columns } }: RelationAccess, command: Command): boolean {
  if (command === 'delete') return table.has('DELETE');
  const privilege = command.toUpperCase() as 'SELECT' | 'INSERT' | 'UPDATE';
  return columns[privilege].length > 0;
}
