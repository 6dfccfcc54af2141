import type { CatalogSnapshot } from '../../catalog/snapshot.ts';
import { customReferences } from './customs.ts';
import type { Table } from './graph.ts';
import { linksOf, withReferences, type Links } from './links.ts';
import { junctionsOf, membershipOf, peopleOf, type Junction } from './people.ts';
import { hubsOf } from './hubs.ts';
import { findWays, type Ways } from './paths.ts';
import { platformTables } from './platform.ts';
import { tenantColumnsOf, type TenantColumns } from './tenant-columns.ts';
import { weigh } from './weights.ts';

/** All that a decision on one table looks at. */
export interface Situation {
  readonly snapshot: CatalogSnapshot;
  readonly links: Links;
  readonly roots: readonly Table[];
  readonly people: ReadonlySet<Table>;
  /** Tables whose rows go with several tenants. */
  readonly hubs: ReadonlySet<Table>;
  readonly tenantColumns: TenantColumns;
  readonly ways: Ways;
  readonly membership: Junction | undefined;
  readonly platform: ReadonlySet<Table>;
}

export function situationOf(snapshot: CatalogSnapshot, roots: readonly Table[]): Situation {
  const [root] = roots;
  const found = linksOf(snapshot);
  const links = root === undefined ? found : withReferences(found, customReferences(found, root));
  const people = new Set([...peopleOf(links)].filter((table) => !roots.includes(table)));
  const junctions = junctionsOf(links, people);
  const tenantColumns = tenantColumnsOf(links, roots);
  const hubs = hubsOf(links, roots, people, junctions, tenantColumns);
  return {
    snapshot,
    links,
    roots,
    people,
    hubs,
    tenantColumns,
    ways: findWays(links, roots, hubs, weigh(links, roots, people, tenantColumns)),
    membership: root && membershipOf(root, links, people, junctions),
    platform: platformTables(links.graph.tables),
  };
}
