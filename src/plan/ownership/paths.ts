import type { Reference, Table } from './graph.ts';
import type { Links } from './links.ts';
import { nameKey } from './inferred.ts';
import { abbreviates, normalized, singular, stemOf } from './names.ts';
import type { Junction } from './people.ts';

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

/** All ways of a table, the best first. */
export interface Ways {
  readonly best: ReadonlyMap<Table, Way>;
  readonly all: (table: Table) => readonly Way[];
  /** Tables whose rows go with several tenants. */
  readonly hubs: ReadonlySet<Table>;
  /** Whether a reference to a root says the owner by its name, as most do. */
  readonly isTenantColumn: (reference: Reference) => boolean;
  readonly isTenantName: (root: Table, column: string) => boolean;
  /** How often a reference's column has that name, to choose between two. */
  readonly rankOf: (reference: Reference) => number;
  /** From a lower root to the highest; null from the highest. */
  readonly up: (root: Table) => Way | null;
  /** The name that most tenant columns have; of the highest root. */
  readonly columnName: string | null;
}

/** Finds how the tables reach the roots: no way goes through a table whose rows go with several tenants. */
export function findWays(
  links: Links,
  roots: readonly Table[],
  people: ReadonlySet<Table>,
  junctions: readonly Junction[],
): Ways {
  const isRoot = new Set(roots);
  const tenantColumns = new Map(roots.map((root) => [root, namesOfTenant(links, root)]));
  const isTenantName = (root: Table, column: string): boolean => tenantColumns.get(root)?.has(nameKey(column)) === true;
  const isTenantColumn = ({ to, columns }: Reference): boolean => columns.some((column) => isTenantName(to, column));
  const counts = new Map(roots.map((root) => [root, countNames(links, root)]));
  const rankOf = ({ to, columns }: Reference): number =>
    Math.max(...columns.map((column) => counts.get(to)?.get(nameKey(column)) ?? 0));
  const solid = solidTables(links, roots, isTenantColumn, people);
  const hubs = hubsOf(links, isRoot, solid, people, junctions, isTenantColumn);
  const isTrace = tracesIn(links, people);
  const weight = (reference: Reference): Weight =>
    isTrace(reference) && !isRoot.has(reference.to)
      ? { rank: 0.4, trust: 0.4 }
      : weightOf(reference, isRoot, isTenantColumn);
  const fromRoot = waysOfRoots(links, roots);
  const best = widestWays(links, roots, fromRoot, hubs, weight);
  const all = (table: Table): readonly Way[] =>
    links
      .from(table)
      .flatMap((first): Way[] => {
        if (first.to === table || (hubs.has(first.to) && !isRoot.has(first.to))) return [];
        const next = isRoot.has(first.to) ? (fromRoot.get(first.to) ?? null) : best.get(first.to);
        if (next === undefined || passes(next, table)) return [];
        return [stepTo(first, next, weight(first))];
      })
      .sort((a, b) => b.rank - a.rank || placeOf(a) - placeOf(b));
  const up = (root: Table): Way | null => fromRoot.get(root) ?? null;
  return { best, all, hubs, isTenantColumn, isTenantName, rankOf, up, columnName: mainNameOf(links, roots[0]) };
}

/** Where the first column of a way stands in its table. */
function placeOf({ table, first }: Way): number {
  return table.columns.get(first.columns[0] ?? '')?.attnum ?? 0;
}

/** The ways from the lower roots to the highest: whoever named them trusts these. */
function waysOfRoots(links: Links, roots: readonly Table[]): ReadonlyMap<Table, Way> {
  const ways = new Map<Table, Way>();
  for (const [level, root] of roots.entries()) {
    const first = links.from(root).find(({ to }) => roots.slice(0, level).includes(to));
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

/** The names under which tables refer to the root: the frequent ones, and those that are its own name. */
function namesOfTenant(links: Links, root: Table): ReadonlySet<string> {
  const counts = countNames(links, root);
  const most = Math.max(0, ...counts.values());
  const own = normalized(root.words);
  return new Set(
    [...counts]
      .filter(([name, count]) => {
        const stem = stemOf(name) ?? [];
        const isOwn =
          normalized(stem) === own ||
          normalized(stem) === singular(root.words.at(-1) ?? '') ||
          abbreviates(stem.join(''), root.words.at(-1) ?? '');
        return isOwn || count >= Math.max(3, most * 0.2);
      })
      .map(([name]) => name),
  );
}

function countNames(links: Links, root: Table): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { from, columns } of links.to(root)) {
    if (from === root) continue;
    const name = nameKey(columns.at(-1) ?? '');
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** As it is most often written. */
function mainNameOf(links: Links, root: Table | undefined): string | null {
  if (root === undefined) return null;
  const counts = new Map<string, number>();
  for (const { from, columns } of links.to(root)) {
    const [column] = columns;
    if (columns.length === 1 && column !== undefined && from !== root)
      counts.set(column, (counts.get(column) ?? 0) + 1);
  }
  const [main] = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return main?.[0] ?? null;
}

/** Tables each of whose rows must have an owner: by columns that are not null, all the way. */
function solidTables(
  links: Links,
  roots: readonly Table[],
  isTenantColumn: (reference: Reference) => boolean,
  people: ReadonlySet<Table>,
): ReadonlySet<Table> {
  const isRoot = new Set(roots);
  const solid = new Set(roots);
  const queue = [...roots];
  for (let parent = queue.shift(); parent !== undefined; parent = queue.shift()) {
    for (const reference of links.to(parent)) {
      const { from, nullable } = reference;
      if (nullable || solid.has(from)) continue;
      // People who have a favourite project do not belong to it.
      if (people.has(from) && !(isRoot.has(parent) && isTenantColumn(reference))) continue;
      solid.add(from);
      queue.push(from);
    }
  }
  return solid;
}

function hubsOf(
  links: Links,
  roots: ReadonlySet<Table>,
  solid: ReadonlySet<Table>,
  people: ReadonlySet<Table>,
  junctions: readonly Junction[],
  isTenantColumn: (reference: Reference) => boolean,
): ReadonlySet<Table> {
  const owned = (table: Table): boolean =>
    links.from(table).some((reference) => roots.has(reference.to) && isTenantColumn(reference));
  const joined = new Set<Table>();
  for (const { left, right } of junctions) {
    for (const [one, other] of [
      [left, right],
      [right, left],
    ] as const) {
      if (roots.has(other.to) || (people.has(one.to) && solid.has(other.to))) joined.add(one.to);
    }
  }
  const hub = (table: Table): boolean => {
    if (roots.has(table) || solid.has(table)) return false;
    if (people.has(table)) return joined.has(table) || !owned(table);
    return joined.has(table) && !owned(table);
  };
  return new Set(links.graph.tables.filter(hub));
}

/** Which references say who did something, as `created_by` does, and not whose it is. */
function tracesIn(links: Links, people: ReadonlySet<Table>): (reference: Reference) => boolean {
  const counts = new Map<string, number>();
  for (const { columns, to } of links.all) {
    if (people.has(to)) counts.set(nameKey(columns.at(-1) ?? ''), (counts.get(nameKey(columns.at(-1) ?? '')) ?? 0) + 1);
  }
  const many = Math.max(5, links.graph.tables.length * 0.4);
  return (reference) =>
    people.has(reference.to) &&
    (!isNamedFor(reference) || reference.nullable || (counts.get(nameKey(reference.columns.at(-1) ?? '')) ?? 0) > many);
}

const basisWeights = {
  declared: 1,
  learned: 0.97,
  'key-name': 0.97,
  'table-name': 0.95,
  'part-name': 0.84,
  'short-name': 0.9,
};

type Weight = Pick<Way, 'rank' | 'trust'>;

/** How far a reference says whose a row is. */
function weightOf(
  reference: Reference,
  roots: ReadonlySet<Table>,
  isTenantColumn: (reference: Reference) => boolean,
): Weight {
  const { from, to, columns, basis, nullable, onDelete } = reference;
  const toRoot = roots.has(to);
  const known = basisWeights[basis];
  if (toRoot && isTenantColumn(reference)) {
    const weight = known * (nullable ? 0.98 : 1);
    return { rank: weight, trust: weight };
  }
  const plain = isNamedFor(reference);
  const part = normalized(from.words).startsWith(normalized(to.words));
  const identifying = columns.every((column) => from.primaryKey.includes(column));
  // Of two ways that are equal otherwise: what a row is a part of, and what it goes away with.
  const close = (part || identifying ? 1 : 0.995) * (onDelete === 'cascade' || basis !== 'declared' ? 1 : 0.993);
  const named = plain ? 1 : toRoot ? 0.8 : 0.93;
  const role = plain ? 1 : 0.75;
  return {
    rank: 0.85 * known * role * close * (nullable ? 0.9 : 1),
    trust: 0.98 * known * named * (nullable ? (onDelete === 'set null' ? 0.75 : 0.8) : 1),
  };
}

/** Whether a column is named for the table that it refers to, as `team_id` is for teams, and not for a role, as `forked_from` is. */
export function isNamedFor({ columns, to: { words, key } }: Reference): boolean {
  const column = columns.at(-1) ?? '';
  const stem = stemOf(column);
  if (stem === null) return nameKey(column) === nameKey(key?.attname ?? '');
  const name = normalized(words);
  const wanted = normalized(stem);
  return name === wanted || name.endsWith(`_${wanted}`) || nameKey(column) === nameKey(key?.attname ?? '');
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
