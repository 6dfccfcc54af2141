import type { Column } from '../../catalog/snapshot.ts';
import { columnFacts, type Reference, type Table } from './graph.ts';
import { keyFor } from './inferred.ts';
import type { Links } from './links.ts';
import { normalized, stemOf, wordsOf } from './names.ts';

/**
 * The columns by which most tables say the root though no table is called so, as `tenant_id` does in many where tenants are accounts, and
 * those that are called as the root is, without a word for an id: `namespace` of namespaces. What a row's own key is, or what
 * points at something known, says no tenant.
 */
export function customReferences(links: Links, root: Table): readonly Reference[] {
  const { tables } = links.graph;
  const taken = new Set(links.all.flatMap(({ columns }) => columns));
  const found = tables.map((table) =>
    [...table.columns.values()].filter(
      (column) =>
        (stemOf(column.attname) !== null || isRootName(root, column)) &&
        !taken.has(column.attname) &&
        keyFor(column, root) !== undefined &&
        !columnFacts(table, [column.attname]).single,
    ),
  );
  const counts = new Map<string, number>();
  for (const { attname } of found.flat()) counts.set(attname, (counts.get(attname) ?? 0) + 1);
  return tables.flatMap((from, at) =>
    (found[at] ?? [])
      .filter((column) => {
        const count = counts.get(column.attname) ?? 0;
        return from !== root && (count > tables.length / 2 || (isRootName(root, column) && count >= few));
      })
      .map((column) => ({
        ...columnFacts(from, [column.attname]),
        from,
        to: root,
        columns: [column.attname],
        parentColumns: [keyFor(column, root)?.attname ?? ''],
        basis: 'custom',
        onDelete: 'other',
      })),
  );
}

/** How many tables make a name one that this schema goes by. */
const few = 3;

function isRootName(root: Table, { attname, attnotnull }: Column): boolean {
  return attnotnull && normalized(wordsOf(attname)) === normalized(root.words);
}
