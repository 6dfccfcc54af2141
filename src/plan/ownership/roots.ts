import { formatIdent, formatQualified, type QualifiedName } from '../../sql/ident.ts';
import { mentions } from '../../sql/mentions.ts';
import type { RootCandidate } from './decision.ts';
import type { Table } from './graph.ts';
import type { Links } from './links.ts';
import { singular } from './names.ts';
import { isNamedForPeople, membershipOf, type Junction } from './people.ts';
import { isNamedFor } from './weights.ts';

export interface Scored extends RootCandidate {
  readonly of: Table;
  /** What it leads to. */
  readonly under: ReadonlySet<Table>;
}

interface RootFacts {
  /** Tables that refer to it themselves. */
  readonly direct: number;
  /** Tables that reach it by references. */
  readonly reached: number;
  /** Tables that refer to it and to another that refers to it too: nobody stores that twice but for a tenant. */
  readonly repeated: number;
  /** Keys that are unique within one of its rows. */
  readonly scoped: number;
  /** People are members of it. */
  readonly members: QualifiedName | null;
  /** Policies read the column that refers to it. */
  readonly policies: number;
  /** It is called what tenants often are. */
  readonly named: boolean;
  /** Tables above it. */
  readonly above: number;
  /** Its rows are people, who seldom are the customers. */
  readonly people: boolean;
  /** A column by which its rows, and most others, say something above it of which there is no table. */
  readonly beyond: string | null;
  readonly tables: number;
}

/** Tables that tenancy could start at, the best first. */
export function rootCandidates(
  links: Links,
  people: ReadonlySet<Table>,
  junctions: readonly Junction[],
): readonly Scored[] {
  const unlisted = unlistedOf(links);
  return links.graph.tables
    .filter((table) => table.key !== null && links.to(table).some(({ from }) => from !== table))
    .map((table) => score(table, aboveOf(table, links), factsOf(table, links, people, junctions, unlisted)))
    .filter(({ confidence }) => confidence > 0.1)
    .sort((a, b) => b.confidence - a.confidence || (formatQualified(a.table) < formatQualified(b.table) ? -1 : 1));
}

const tenantWords = new Set(
  'tenant organization organisation org account workspace company team client customer community realm group site shop store merchant business agency school clinic practice firm institution'.split(
    ' ',
  ),
);

/** The columns that most tables must fill, and many tell their rows apart within, though they refer to nothing: a tenant without a table. */
function unlistedOf(links: Links): readonly string[] {
  const { tables } = links.graph;
  const referring = new Set(links.all.flatMap(({ columns }) => columns));
  const counts = new Map<string, number>();
  const within = new Map<string, number>();
  const count = (counted: Map<string, number>, name: string): unknown =>
    counted.set(name, (counted.get(name) ?? 0) + 1);
  for (const { columns, key, uniqueKeys } of tables) {
    for (const { attname, attnotnull } of columns.values()) {
      if (!attnotnull || attname === key?.attname || referring.has(attname)) continue;
      count(counts, attname);
      if (uniqueKeys.some(([first, ...more]) => first === attname && more.length > 0)) count(within, attname);
    }
  }
  return [...counts]
    .filter(([name, all]) => all > tables.length / 2 && (within.get(name) ?? 0) > tables.length / 10)
    .map(([name]) => name);
}

function factsOf(
  table: Table,
  links: Links,
  people: ReadonlySet<Table>,
  junctions: readonly Junction[],
  unlisted: readonly string[],
): RootFacts {
  const inward = links.to(table).filter(({ from, basis }) => from !== table && basis !== 'part-name');
  const direct = new Set(inward.map(({ from }) => from));
  const repeated = [...direct].filter((child) =>
    links.from(child).some(({ to }) => to !== child && to !== table && !people.has(to) && direct.has(to)),
  );
  const columnOf = new Map(inward.map(({ from, columns }) => [from, columns.at(-1) ?? '']));
  const scoped = [...direct].filter((child) => {
    const column = columnOf.get(child) ?? '';
    return child.uniqueKeys.some(
      (key) =>
        key.length > 1 &&
        key.includes(column) &&
        !key.some((name) => name !== column && refersToPeople(links, child, name, people)),
    );
  });
  const membership = membershipOf(table, links, people, junctions);
  const belonging = people.has(table)
    ? undefined
    : inward.find(
        (reference) =>
          people.has(reference.from) &&
          isNamedForPeople(reference.from) &&
          !reference.nullable &&
          isNamedFor(reference),
      );
  const last = singular(table.words.at(-1) ?? '');
  return {
    direct: direct.size,
    reached: reachOf(table, links, people).size,
    repeated: repeated.length,
    scoped: scoped.length,
    members: membership?.table.name ?? belonging?.from.name ?? null,
    policies: links.graph.snapshot.policies.filter(({ polrelid, polqual, polwithcheck }) => {
      const child = links.graph.of(polrelid);
      const column = child && columnOf.get(child);
      return column !== undefined && mentions(`${polqual ?? ''} ${polwithcheck ?? ''}`, column);
    }).length,
    named: tenantWords.has(last),
    above: new Set(
      links
        .from(table)
        .filter(({ to, nullable }) => to !== table && !nullable && !people.has(to))
        .map(({ to }) => to),
    ).size,
    people: people.has(table),
    beyond: unlisted.find((name) => table.columns.has(name)) ?? null,
    tables: links.graph.tables.length,
  };
}

function refersToPeople(links: Links, child: Table, column: string, people: ReadonlySet<Table>): boolean {
  return links.from(child).some(({ columns, to }) => columns.includes(column) && people.has(to));
}

/** The tables that reach a table by references, not through people. */
function reachOf(table: Table, links: Links, people: ReadonlySet<Table>): ReadonlySet<Table> {
  const reached = new Set<Table>();
  const queue = [table];
  for (let parent = queue.pop(); parent !== undefined; parent = queue.pop()) {
    for (const { from, basis } of links.to(parent)) {
      if (from === table || reached.has(from) || people.has(from) || basis === 'part-name') continue;
      reached.add(from);
      queue.push(from);
    }
  }
  return reached;
}

/** The tables that a table leads to. */
function aboveOf(table: Table, links: Links): ReadonlySet<Table> {
  const above = new Set<Table>();
  const queue = [table];
  for (let child = queue.pop(); child !== undefined; child = queue.pop()) {
    for (const { to } of links.from(child)) {
      if (above.has(to)) continue;
      above.add(to);
      queue.push(to);
    }
  }
  return above;
}

/** From what is counted to a number between 0 and 1. People and names alone make no tenant, nor does a table that much depends on. */
function score(of: Table, under: ReadonlySet<Table>, facts: RootFacts): Scored {
  const { direct, reached, repeated, scoped, members, policies, named, above, people, beyond, tables } = facts;
  const share = (count: number, enough: number): number => Math.min(1, count / tables / enough);
  const sum =
    (named ? 0.27 : 0) +
    (members === null ? 0 : 0.3) +
    0.27 * share(reached, 0.75) +
    0.17 * share(repeated, 0.4) +
    0.1 * share(direct, 0.4) +
    0.05 * Math.min(1, scoped / 4) +
    (policies >= 2 ? 0.1 : 0) -
    (above > 0 ? 0.12 : 0) -
    // Much is somebody's in any application: that each is kept apart from the others, policies would say.
    (people && policies < 2 ? 0.15 : 0);
  const most = beyond !== null ? 0.4 : 0.99;
  const confidence = Math.min(sum, direct < 2 ? 0.3 : most);
  return { of, table: of.name, under, confidence: round(confidence), reason: reasonOf(facts) };
}

function reasonOf(facts: RootFacts): string {
  const { direct, reached, repeated, scoped, members, policies, named, above, people, beyond, tables } = facts;
  const parts = [
    `${reached} of ${tables} tables lead to it, ${direct} of them by a column of their own`,
    ...(members === null ? [] : [`${formatQualified(members)} says which people belong to it`]),
    ...(repeated > 0
      ? [
          `${repeated} ${repeated === 1 ? 'repeats' : 'repeat'} what ${repeated === 1 ? 'its' : 'their'} parent says of it`,
        ]
      : []),
    ...(scoped > 0 ? [`${scoped} ${scoped === 1 ? 'has a key that is' : 'have keys that are'} unique within it`] : []),
    ...(policies > 0 ? [`${policies} ${policies === 1 ? 'policy reads' : 'policies read'} that column`] : []),
    ...(named ? ['its name is one that tenants often have'] : []),
    ...(people ? ['its rows are people'] : []),
    ...(beyond === null
      ? []
      : [
          `its rows are told apart by ${formatIdent(beyond)}, as those of most tables are, and no table lists what that names`,
        ]),
    ...(above > 0 ? [`it must itself point at ${above} other ${above === 1 ? 'table' : 'tables'}`] : []),
  ];
  return `${parts.join('; ')}.`;
}

function round(value: number): number {
  return Math.max(0, Math.round(value * 100) / 100);
}
