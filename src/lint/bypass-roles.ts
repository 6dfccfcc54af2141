import { effectivePolicies, usingOf, type Command } from '../access/policies.ts';
import { privilegesOn, type RelationPrivileges } from '../access/privileges.ts';
import { closureOf, rolesByName, type RoleClosure } from '../access/role-closure.ts';
import { rowSecurityOf } from '../access/row-security.ts';
import type { CatalogSnapshot, Relation } from '../catalog/snapshot.ts';
import type { LintInput } from './input.ts';

/** A table on which row-level security binds a role that is to see all rows. */
export interface BoundTable {
  readonly relation: Relation;
  readonly privileges: RelationPrivileges;
  /** Whether a policy for the role lets every row pass, for a command. */
  readonly isOpen: (command: Command) => boolean;
}

/** The roles that the model lets bypass row-level security, and where it binds them nevertheless. */
export function boundBypassRoles({
  snapshot,
  model,
  commonTables,
}: LintInput): ReadonlyMap<string, readonly BoundTable[]> {
  const roles = model.roles.bypass.filter((role) => rolesByName(snapshot).has(role));
  return new Map(
    roles.map((role) => {
      const closure = closureOf(snapshot, role);
      const bound = commonTables
        .filter(({ relation }) => rowSecurityOf(closure, relation) === 'bound')
        .map(({ relation }) => ({
          relation,
          privileges: privilegesOn(snapshot, closure, relation),
          isOpen: (command: Command) => isOpen(snapshot, closure, relation, command),
        }));
      return [role, bound];
    }),
  );
}

function isOpen(snapshot: CatalogSnapshot, closure: RoleClosure, relation: Relation, command: Command): boolean {
  const { permissive, restrictive } = effectivePolicies(snapshot, closure, relation, command);
  return restrictive.length === 0 && permissive.some((policy) => usingOf(policy) === 'true');
}
