import type { CatalogSnapshot } from '../../catalog/snapshot.ts';
import { formatQualified, sameName, type QualifiedName } from '../../sql/ident.ts';
import { byJsonKey, withPolicies } from './clues.ts';
import { delegatedParts } from './delegated.ts';
import { nothing, type Decision, type Membership, type Ownership, type Verdict } from './decision.ts';
import type { Table } from './graph.ts';
import { linksOf } from './links.ts';
import { byMistypedColumn, byPair, byParent, byTenantColumn, hopsOf, ofDoubtful } from './owned.ts';
import { junctionsOf, peopleOf } from './people.ts';
import { rootCandidates, type Scored } from './roots.ts';
import { situationOf, type Situation } from './situation.ts';
import { asPeople, ofPeople, withoutOwner } from './unowned.ts';
import { nameOf } from './wording.ts';

/** How plain a root has to be to be taken without asking, and by how much it must stand out. */
const plain = 0.5;
const margin = 0.15;

/**
 * Says for each table whose its rows are, as far as the catalog tells, and why.
 *
 * @param chosen the roots that somebody named, from the highest level to the lowest; without them a plain one is looked for
 */
export function findOwnership(snapshot: CatalogSnapshot, chosen: readonly QualifiedName[] = []): Ownership {
  const links = linksOf(snapshot);
  const people = peopleOf(links);
  const candidates = rootCandidates(links, people, junctionsOf(links, people));
  const named = chosen.flatMap((name) => links.graph.tables.filter((table) => sameName(table.name, name)));
  const roots = chosen.length > 0 ? named : plainRoot(candidates);
  if (roots.length === 0) {
    return { roots: [], candidates, tables: [], columnName: null, membership: null, platform: [] };
  }
  const situation = situationOf(snapshot, roots);
  return {
    roots: roots.map(({ name }) => name),
    candidates,
    tables: decide(situation),
    columnName: situation.tenantColumns.mainName,
    membership: membershipIn(situation),
    platform: [...situation.platform].map(({ name }) => name),
  };
}

function membershipIn({ membership, people }: Situation): Membership | null {
  if (membership === undefined) return null;
  const { table, left, right } = membership;
  const [person, tenant] = people.has(left.to) ? [left, right] : [right, left];
  return {
    table: table.name,
    user: person.columns[0] ?? '',
    tenant: tenant.columns[0] ?? '',
    users: person.to.name,
    userKey: person.parentColumns,
  };
}

/** The best candidate, where it is plain enough and no other that it does not stand above is nearly as good. */
function plainRoot(candidates: readonly Scored[]): readonly Table[] {
  const [best, ...others] = candidates;
  if (best === undefined || best.confidence < plain) return [];
  const rival = others.find(
    ({ confidence, under }) => confidence > best.confidence - margin && confidence >= plain && !under.has(best.of),
  );
  return rival === undefined ? [best.of] : [];
}

function decide(situation: Situation): readonly Decision[] {
  const { links } = situation;
  const verdicts = new Map<Table, Verdict>();
  for (const table of links.graph.tables) {
    const verdict = firstVerdict(table, situation);
    if (verdict !== undefined) verdicts.set(table, verdict);
  }
  spread(situation, verdicts);
  const last = withoutOwners(situation, verdicts);
  // What belongs to those of them that are in doubt is in doubt with them.
  for (const [table, verdict] of last) if (verdict.doubt) verdicts.set(table, verdict);
  spread(situation, verdicts);
  return [...new Map([...last, ...verdicts])]
    .map(([table, verdict]) => ({ table: table.name, ...withPolicies(table, situation, verdict) }))
    .sort((a, b) => (formatQualified(a.table) < formatQualified(b.table) ? -1 : 1));
}

function withoutOwners(situation: Situation, verdicts: ReadonlyMap<Table, Verdict>): ReadonlyMap<Table, Verdict> {
  const undecided = situation.links.graph.tables.filter((table) => !verdicts.has(table));
  const owned = new Set(
    [...verdicts].filter(([, { tenancy }]) => tenancy === 'row' || tenancy === 'root').map(([table]) => table),
  );
  const doubtful = new Set([...verdicts].filter(([, { doubt }]) => doubt).map(([table]) => table));
  const sure = new Set([...owned].filter((table) => !doubtful.has(table)));
  const settled = { owned, doubtful, delegated: delegatedParts(situation, undecided, owned, sure) };
  return new Map(undecided.map((table) => [table, withoutOwner(table, situation, settled)]));
}

/** Gives what is not decided yet to what it leads to: parts of people's things, and of what is in doubt, are no better. */
function spread(situation: Situation, verdicts: Map<Table, Verdict>): void {
  const { links, platform } = situation;
  for (let found = true; found;) {
    found = false;
    for (const table of links.graph.tables) {
      if (verdicts.has(table) || platform.has(table)) continue;
      const verdict = ofDoubtful(table, situation, verdicts) ?? ofPeople(table, situation, verdicts);
      if (verdict === undefined) continue;
      verdicts.set(table, verdict);
      found = true;
    }
  }
}

function firstVerdict(table: Table, situation: Situation): Verdict | undefined {
  const { roots, ways, hubs, people, platform } = situation;
  const level = roots.indexOf(table);
  if (level >= 0) {
    return {
      ...nothing,
      tenancy: 'root',
      column: ways.up(table)?.first.columns.at(-1) ?? null,
      path: hopsOf(ways.up(table)),
      confidence: 1,
      reason: level === 0 ? 'It is the table of tenants.' : `It is a level below ${nameOf(roots[level - 1] ?? table)}.`,
    };
  }
  if (platform.has(table) && !people.has(table)) {
    return {
      ...nothing,
      tenancy: 'none',
      confidence: 0.95,
      reason: 'It belongs to the platform, not to the application.',
    };
  }
  return (
    (people.has(table) && hubs.has(table) ? asPeople(table, situation) : undefined) ??
    byTenantColumn(table, situation) ??
    byMistypedColumn(table, situation) ??
    byParent(table, situation) ??
    byPair(table, situation) ??
    byJsonKey(table, situation)
  );
}
