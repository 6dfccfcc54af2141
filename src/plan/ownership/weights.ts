import { mayLack, type Basis, type Reference, type Table } from './graph.ts';
import { nameKey } from './inferred.ts';
import type { Links } from './links.ts';
import { nameWithKey, normalized, stemOf, wordsOf } from './names.ts';
import type { TenantColumns } from './tenant-columns.ts';

/** What a step makes of a way: see Way. */
export interface Weight {
  readonly rank: number;
  readonly trust: number;
}

/** Weighs references as steps towards the roots. */
export function weigh(
  links: Links,
  roots: readonly Table[],
  people: ReadonlySet<Table>,
  columns: TenantColumns,
): (reference: Reference) => Weight {
  const isRoot = new Set(roots);
  const share = links.all.filter(({ nullable }) => nullable).length / Math.max(1, links.all.length);
  // Where nearly everything may be NULL, that says little: many schemas never declare what is always filled.
  const nullable = { rank: 0.87 + 0.03 * share, trust: 0.78 + 0.19 * share };
  const isTrace = tracesIn(links, people);
  const weightOfTrace = { rank: 0.4, trust: 0.4 };
  return (reference) => {
    const { to, single } = reference;
    const weight = weightOf(reference, isRoot, columns, nullable);
    if (isRoot.has(to) || !people.has(to)) return weight;
    if (isTrace(reference)) {
      // A person of one tenant alone takes the row along, where there must be one and nothing says that others only changed it.
      const takes = !reference.nullable && reference.basis === 'declared' && !isDeed(reference);
      return takes ? { ...weightOfTrace, trust: Math.min(weight.trust, 0.75) } : weightOfTrace;
    }
    if (!reference.nullable || single) return weight;
    return share > mostly ? { ...weightOfTrace, trust: weight.trust } : weightOfTrace;
  };
}

/** How many references may be NULL where that says nothing any more. */
const mostly = 0.75;

/** Which references say who did something, as `created_by` does, and not whose it is. */
function tracesIn(links: Links, people: ReadonlySet<Table>): (reference: Reference) => boolean {
  const counts = new Map<string, number>();
  const nameOf = ({ columns }: Reference): string => nameKey(columns.at(-1) ?? '');
  for (const reference of links.all) {
    if (people.has(reference.to)) counts.set(nameOf(reference), (counts.get(nameOf(reference)) ?? 0) + 1);
  }
  const many = Math.max(5, links.graph.tables.length * 0.4);
  return (reference) =>
    people.has(reference.to) && (!isNamedFor(reference) || (counts.get(nameOf(reference)) ?? 0) > many);
}

/** `created_by`, `invited_by_id`. */
function isDeed({ columns }: Reference): boolean {
  return /(^|_)by(_|$)/.test(nameKey(columns.at(-1) ?? ''));
}

const basisWeights: Record<Basis, number> = {
  declared: 1,
  learned: 0.97,
  custom: 0.95,
  'key-name': 0.97,
  'table-name': 0.95,
  'part-name': 0.84,
  'short-name': 0.9,
};

/** How far a reference says whose a row is. */
function weightOf(
  reference: Reference,
  roots: ReadonlySet<Table>,
  tenantColumns: TenantColumns,
  nullableHere: Weight,
): Weight {
  const { from, to, columns, basis, nullable, onDelete } = reference;
  const toRoot = roots.has(to);
  const known = basisWeights[basis];
  if (toRoot && tenantColumns.has(reference)) {
    const weight = known * (nullable ? 0.98 : 1);
    return { rank: tenantColumns.strict && mayLack(reference) ? nullableHere.rank * 0.8 : weight, trust: weight };
  }
  const plain = isNamedFor(reference);
  const part = normalized(from.words).startsWith(normalized(to.words));
  const identifying = columns.every((column) => from.primaryKey.includes(column));
  // Of two ways that are equal otherwise: what a row is a part of, and what it goes away with.
  const close = (part || identifying ? 1 : 0.995) * (onDelete === 'cascade' || basis !== 'declared' ? 1 : 0.993);
  const named = plain ? 1 : toRoot ? 0.8 : 0.93;
  const role = plain ? 1 : 0.9;
  return {
    rank: 0.85 * known * role * close * (nullable ? nullableHere.rank : 1),
    trust: 0.98 * known * named * (nullable ? nullableHere.trust * (onDelete === 'set null' ? 0.95 : 1) : 1),
  };
}

/** Whether a column is named for the table that it refers to, as `team_id` is for teams, and not for a role, as `forked_from` is. */
export function isNamedFor({ columns, basis, to: { words, key } }: Reference): boolean {
  if (basis === 'custom') return true;
  const column = columns.at(-1) ?? '';
  if (normalized(wordsOf(column)) === nameWithKey({ words, key })) return true;
  const stem = stemOf(column);
  if (stem === null) return nameKey(column) === nameKey(key?.attname ?? '');
  const name = normalized(words);
  const wanted = normalized(stem);
  return name === wanted || name.endsWith(`_${wanted}`) || nameKey(column) === nameKey(key?.attname ?? '');
}
