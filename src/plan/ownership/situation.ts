import type { CatalogSnapshot } from '../../catalog/snapshot.ts';
import type { Table } from './graph.ts';
import { linksOf, type Links } from './links.ts';
import { junctionsOf, membershipOf, peopleOf, type Junction } from './people.ts';
import { findWays, type Ways } from './paths.ts';
import { platformTables } from './platform.ts';

/** All that a decision on one table looks at. */
export interface Situation {
  readonly snapshot: CatalogSnapshot;
  readonly links: Links;
  readonly roots: readonly Table[];
  readonly people: ReadonlySet<Table>;
  readonly ways: Ways;
  readonly membership: Junction | undefined;
  readonly platform: ReadonlySet<Table>;
}

export function situationOf(snapshot: CatalogSnapshot, roots: readonly Table[]): Situation {
  const links = linksOf(snapshot);
  const people = new Set([...peopleOf(links)].filter((table) => !roots.includes(table)));
  const junctions = junctionsOf(links, people);
  const [root] = roots;
  return {
    snapshot,
    links,
    roots,
    people,
    ways: findWays(links, roots, people, junctions),
    membership: root && membershipOf(root, people, junctions),
    platform: platformTables(links.graph.tables),
  };
}
