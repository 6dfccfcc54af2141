import { rolesByName, type RoleClosure } from '../access/role-closure.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { quoteIdent } from '../sql/ident.ts';

/**
 * The roles that a role can make of itself, each with the steps that lead there: by SET ROLE, or by granting itself a role
 * that it has the ADMIN option on. It is not among them itself.
 */
export function attainableRoles(
  snapshot: CatalogSnapshot,
  { role }: RoleClosure,
): ReadonlyMap<string, readonly string[]> {
  const roles = rolesByName(snapshot);
  const found = new Map<string, readonly string[]>([[role.rolname, []]]);
  // A map that grows while it is walked is walked to its end.
  for (const [name, steps] of found) {
    for (const { rolname, set, admin } of roles.get(name)?.memberOf ?? []) {
      if ((set || admin) && !found.has(rolname)) found.set(rolname, [...steps, rolname]);
    }
  }
  found.delete(role.rolname);
  return found;
}

/** SQL that takes a role away from each of its direct members among `members`. */
export function revokeFromMembers(snapshot: CatalogSnapshot, rolname: string, members: Iterable<string>): string {
  const roles = rolesByName(snapshot);
  return [...new Set(members)]
    .filter((member) => roles.get(member)?.memberOf.some((membership) => membership.rolname === rolname))
    .map((member) => `revoke ${quoteIdent(rolname)} from ${quoteIdent(member)};`)
    .join('\n');
}
