import type { Reference, Table } from './graph.ts';
import { nameKey } from './inferred.ts';
import type { Links } from './links.ts';
import { abbreviates, nameWithKey, normalized, singular, stemOf, wordsOf } from './names.ts';

/** The names by which this very schema says the tenant. */
export interface TenantColumns {
  /** Whether a reference to a root says the owner by its name, as most do, and not a role of it. */
  readonly has: (reference: Reference) => boolean;
  readonly isName: (root: Table, column: string) => boolean;
  /** How many tables have a reference of that name, to choose between two. */
  readonly countOf: (reference: Reference) => number;
  /** The name that most have, as it is written; of the highest root. */
  readonly mainName: string | null;
  /** Nearly every table that has such a column must fill it: one that need not is an exception here. */
  readonly strict: boolean;
  /** Most of those columns have a foreign key: where one has none, that says something. */
  readonly declared: boolean;
}

export function tenantColumnsOf(links: Links, roots: readonly Table[]): TenantColumns {
  const counts = new Map(roots.map((root) => [root, countNames(links, root)]));
  const names = new Map([...counts].map(([root, count]) => [root, namesOfTenant(root, count)]));
  const isName = (root: Table, column: string): boolean => names.get(root)?.has(nameKey(column)) === true;
  const has = ({ to, columns }: Reference): boolean => columns.some((column) => isName(to, column));
  return {
    has,
    isName,
    countOf: ({ to, columns }) => Math.max(...columns.map((column) => counts.get(to)?.get(nameKey(column)) ?? 0)),
    mainName: mainNameOf(links, roots[0]),
    ...customsOf(links, roots, has),
  };
}

/** How many tables make a custom, and how many of them must keep it. */
const custom = { tables: 20, share: 0.95 };

function customsOf(
  links: Links,
  roots: readonly Table[],
  has: TenantColumns['has'],
): Pick<TenantColumns, 'strict' | 'declared'> {
  const saying = links.graph.tables
    .filter((table) => !roots.includes(table))
    .map((table) => links.from(table).filter((reference) => roots.includes(reference.to) && has(reference)))
    .filter((references) => references.length > 0);
  const bound = saying.filter((references) => references.some(({ nullable, choice }) => !nullable || choice));
  const declared = saying.filter((references) => references.some(({ basis }) => basis === 'declared'));
  return {
    strict: saying.length >= custom.tables && bound.length >= saying.length * custom.share,
    declared: declared.length > saying.length / 2,
  };
}

/** The names under which tables refer to the root: the frequent ones, and those that are its own name. */
function namesOfTenant(root: Table, counts: ReadonlyMap<string, number>): ReadonlySet<string> {
  const most = Math.max(0, ...counts.values());
  const own = normalized(root.words);
  return new Set(
    [...counts]
      .filter(([name, count]) => {
        const stem = stemOf(name) ?? [];
        const isOwn =
          normalized(stem) === own ||
          normalized(wordsOf(name)) === nameWithKey(root) ||
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
