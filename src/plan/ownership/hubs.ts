import type { Table } from './graph.ts';
import type { Links } from './links.ts';
import { admits, membershipOf, type Junction } from './people.ts';
import type { TenantColumns } from './tenant-columns.ts';

/**
 * Tables whose rows go with several tenants, such as people with memberships: no way to an owner goes through them.
 * A row that must have one owner is none, whatever else it is joined with, unless it is a person with memberships.
 */
export function hubsOf(
  links: Links,
  roots: readonly Table[],
  people: ReadonlySet<Table>,
  junctions: readonly Junction[],
  columns: TenantColumns,
): ReadonlySet<Table> {
  const isRoot = new Set(roots);
  const solid = solidTables(links, roots, people, columns);
  const owned = (table: Table): boolean =>
    links.from(table).some((reference) => isRoot.has(reference.to) && columns.has(reference));
  const joined = new Set<Table>();
  for (const junction of junctions) {
    const { left, right } = junction;
    for (const [one, other] of [
      [left, right],
      [right, left],
    ] as const) {
      const ofRoot = isRoot.has(other.to) && (!people.has(one.to) || admits(junction, other.to, links));
      if (ofRoot || (people.has(one.to) && !isRoot.has(other.to) && solid.has(other.to))) joined.add(one.to);
    }
  }
  const members = new Set(
    roots.flatMap((root) => {
      const membership = membershipOf(root, links, people, junctions);
      return membership === undefined ? [] : [membership.left.to, membership.right.to];
    }),
  );
  const hub = (table: Table): boolean => {
    if (isRoot.has(table)) return false;
    // Where memberships are kept, a column of the person's own is only one of its tenants.
    if (people.has(table) && members.has(table)) return true;
    if (solid.has(table)) return false;
    if (people.has(table)) return joined.has(table) || !owned(table);
    return joined.has(table) && !owned(table);
  };
  return new Set(links.graph.tables.filter(hub));
}

/** Tables each of whose rows must have an owner: by columns that are not null, all the way. */
function solidTables(
  links: Links,
  roots: readonly Table[],
  people: ReadonlySet<Table>,
  columns: TenantColumns,
): ReadonlySet<Table> {
  const isRoot = new Set(roots);
  const solid = new Set(roots);
  const queue = [...roots];
  for (let parent = queue.shift(); parent !== undefined; parent = queue.shift()) {
    for (const reference of links.to(parent)) {
      const { from, nullable } = reference;
      if (nullable || solid.has(from)) continue;
      // People who have a favourite project do not belong to it.
      if (people.has(from) && !(isRoot.has(parent) && columns.has(reference))) continue;
      solid.add(from);
      queue.push(from);
    }
  }
  return solid;
}
