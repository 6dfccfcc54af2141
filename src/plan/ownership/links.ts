import { derived, groupBy } from '../../catalog/derived.ts';
import type { CatalogSnapshot } from '../../catalog/snapshot.ts';
import { graphOf, type Graph, type Reference, type Table } from './graph.ts';
import { inferReferences, type PolymorphicPair } from './inferred.ts';

/** All references of a schema, declared and inferred, from both ends. */
export interface Links {
  readonly graph: Graph;
  readonly all: readonly Reference[];
  readonly from: (table: Table) => readonly Reference[];
  readonly to: (table: Table) => readonly Reference[];
  readonly pairs: (table: Table) => readonly PolymorphicPair[];
  readonly unknown: (table: Table) => readonly string[];
}

export const linksOf = derived((snapshot: CatalogSnapshot): Links => {
  const graph = graphOf(snapshot);
  const { references, pairs, unknown } = inferReferences(graph);
  const pairsByTable = groupBy(pairs, ({ from }) => from);
  return {
    graph,
    ...bothEnds([...graph.declared, ...references]),
    pairs: (table) => pairsByTable.get(table) ?? [],
    unknown: (table) => unknown.get(table) ?? [],
  };
});

/** The links with more references. */
export function withReferences(links: Links, more: readonly Reference[]): Links {
  const known = groupBy(more, ({ from }) => from);
  return {
    ...links,
    ...bothEnds([...links.all, ...more]),
    unknown: (table) =>
      links.unknown(table).filter((column) => !known.get(table)?.some(({ columns }) => columns.includes(column))),
  };
}

function bothEnds(all: readonly Reference[]): Pick<Links, 'all' | 'from' | 'to'> {
  const byFrom = groupBy(all, ({ from }) => from);
  const byTo = groupBy(all, ({ to }) => to);
  return { all, from: (table) => byFrom.get(table) ?? [], to: (table) => byTo.get(table) ?? [] };
}
