import { mayLack, type Reference, type Table } from './graph.ts';
import type { Links } from './links.ts';
import type { Weight } from './weights.ts';

/** A way from a table to a root, and how far it is to be trusted. */
export interface Way {
  readonly table: Table;
  readonly first: Reference;
  /** What follows; null where the first step leads to a root. */
  readonly next: Way | null;
  /** By which ways are compared: a further step counts against it, since it is one more join and one more chance to be wrong. */
  readonly rank: number;
  /** How sure it is that a row belongs to somebody along this way. */
  readonly trust: number;
}

export interface Ways {
  /** The ways of a table, the best first. */
  readonly of: (table: Table) => readonly Way[];
  /** From a lower root to the highest; null from the highest. */
  readonly up: (root: Table) => Way | null;
}

/** Finds how the tables reach the roots; no way goes through a hub. */
export function findWays(
  links: Links,
  roots: readonly Table[],
  hubs: ReadonlySet<Table>,
  weight: (reference: Reference) => Weight,
): Ways {
  const fromRoot = waysOfRoots(links, roots);
  const best = widestWays(links, roots, fromRoot, hubs, weight);
  const wayBy = (first: Reference): Way[] => {
    const { from, to } = first;
    if (to === from || hubs.has(to)) return [];
    const next = roots.includes(to) ? (fromRoot.get(to) ?? null) : best.get(to);
    return next === undefined || passes(next, from) ? [] : [stepTo(first, next, weight(first))];
  };
  return {
    of: (table) =>
      links
        .from(table)
        .flatMap(wayBy)
        .sort((a, b) => b.rank - a.rank || placeOf(a) - placeOf(b)),
    up: (root) => fromRoot.get(root) ?? null,
  };
}

/** Where the first column of a way stands in its table. */
function placeOf({ table, first }: Way): number {
  return table.columns.get(first.columns[0] ?? '')?.attnum ?? 0;
}

/** The ways from the lower roots to the highest, by what they must say and in as few steps as it goes: whoever named them trusts these. */
function waysOfRoots(links: Links, roots: readonly Table[]): ReadonlyMap<Table, Way> {
  const ways = new Map<Table, Way>();
  for (const [level, root] of roots.entries()) {
    const [first] = links
      .from(root)
      .filter(({ to }) => roots.slice(0, level).includes(to))
      .sort((a, b) => Number(mayLack(a)) - Number(mayLack(b)) || roots.indexOf(a.to) - roots.indexOf(b.to));
    if (first !== undefined)
      ways.set(root, { table: root, first, next: ways.get(first.to) ?? null, rank: 1, trust: 1 });
  }
  return ways;
}

function stepTo(first: Reference, next: Way | null, { rank, trust }: Weight): Way {
  return { table: first.from, first, next, rank: rank * (next?.rank ?? 1), trust: trust * (next?.trust ?? 1) };
}

function passes(way: Way | null, table: Table): boolean {
  return way !== null && (way.table === table || passes(way.next, table));
}

/** The best way of each table: the one of the highest rank (Dijkstra). */
function widestWays(
  links: Links,
  roots: readonly Table[],
  fromRoot: ReadonlyMap<Table, Way>,
  hubs: ReadonlySet<Table>,
  weight: (reference: Reference) => Weight,
): ReadonlyMap<Table, Way> {
  const best = new Map(fromRoot);
  const done = new Set<Table>();
  const open = new Map<Table, number>(roots.map((root) => [root, 1]));
  while (open.size > 0) {
    const [parent] = [...open].reduce((a, b) => (b[1] > a[1] ? b : a));
    open.delete(parent);
    done.add(parent);
    for (const first of links.to(parent)) {
      const { from } = first;
      if (done.has(from) || hubs.has(from)) continue;
      const way = stepTo(first, best.get(parent) ?? null, weight(first));
      if (way.rank <= (open.get(from) ?? 0)) continue;
      open.set(from, way.rank);
      best.set(from, way);
    }
  }
  return best;
}
