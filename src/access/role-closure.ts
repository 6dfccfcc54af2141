import { derived } from '../catalog/derived.ts';
import type { CatalogSnapshot, Role } from '../catalog/snapshot.ts';

/** Whose privileges a role has, and whom it can become. */
export interface RoleClosure {
  readonly role: Role;
  /** The roles whose privileges it has as it is: itself, `public`, and what it inherits. Policies and ownership go by these. */
  readonly has: ReadonlySet<string>;
  /** The roles that SET ROLE makes of it, itself included. */
  readonly becomes: ReadonlySet<string>;
  /** Whether row-level security never binds it: a superuser, or BYPASSRLS. */
  readonly exempt: boolean;
}

/**
 * The closure of a role over memberships. INHERIT counts on every step of the way for `has`, and SET (PostgreSQL 16+; before
 * that every membership) on every step for `becomes`. A superuser has everything and can become everybody.
 * https://www.postgresql.org/docs/current/role-membership.html
 *
 * @throws TypeError where the snapshot has no such role
 */
export function closureOf(snapshot: CatalogSnapshot, name: string): RoleClosure {
  const known = closures(snapshot).get(name) ?? computeClosure(snapshot, name);
  closures(snapshot).set(name, known);
  return known;
}

const closures = derived((): Map<string, RoleClosure> => new Map());

function computeClosure(snapshot: CatalogSnapshot, name: string): RoleClosure {
  const roles = rolesByName(snapshot);
  const role = roles.get(name);
  if (role === undefined) throw new TypeError(`The catalog has no role ${name}.`);
  const everybody = new Set(roles.keys());
  const has = role.rolsuper ? everybody : reachable(roles, snapshot, name, (membership) => membership.inherit);
  const becomes = role.rolsuper ? everybody : reachable(roles, snapshot, name, (membership) => membership.set);
  return {
    role,
    has: new Set([...has, 'public']),
    becomes,
    exempt: role.rolsuper || role.rolbypassrls,
  };
}

type Membership = Role['memberOf'][number];

function reachable(
  roles: ReadonlyMap<string, Role>,
  snapshot: CatalogSnapshot,
  name: string,
  follows: (membership: Membership) => boolean,
): Set<string> {
  const found = new Set([name]);
  // A set that grows while it is walked is walked to its end.
  for (const member of found) {
    for (const membership of roles.get(member)?.memberOf ?? []) if (follows(membership)) found.add(membership.rolname);
    // The owner of a database is a member of this one there, without a row that says so.
    if (member === snapshot.datdba) found.add('pg_database_owner');
  }
  return found;
}

/** The roles of a snapshot by name. */
export const rolesByName = derived(
  ({ roles }): ReadonlyMap<string, Role> => new Map(roles.map((role) => [role.rolname, role])),
);
