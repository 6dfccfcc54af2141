import { descendantsOf } from '../../catalog/lookup.ts';
import { nothing, type Verdict } from './decision.ts';
import type { Reference, Table } from './graph.ts';
import { hopOf } from './owned.ts';
import type { PolymorphicPair } from './inferred.ts';
import { targetsOf } from './pair-values.ts';
import { singular, stemOf } from './names.ts';
import type { Situation } from './situation.ts';
import { isNamedFor } from './weights.ts';
import { columnList, describeReference, listOf, nameOf } from './wording.ts';

/** People that are a hub: they may belong to several tenants. */
export function asPeople(table: Table, { membership, links, roots, tenantColumns }: Situation): Verdict {
  const own = links.from(table).filter(({ to }) => roots.includes(to));
  const home = own.find((reference) => !reference.nullable && tenantColumns.has(reference));
  if (home !== undefined && membership !== undefined) {
    return {
      ...nothing,
      tenancy: 'user',
      confidence: 0.5,
      doubt: true,
      reason: `${describeReference(home)}, and ${nameOf(membership.table)} says which tenants each of them belongs to: are they one tenant's or of several?`,
      alternatives: [[hopOf(home)]],
    };
  }
  const joined = membership !== undefined && [membership.left.to, membership.right.to].includes(table);
  return {
    ...nothing,
    tenancy: 'user',
    confidence: joined ? 0.97 : 0.8,
    reason: joined
      ? `${nameOf(membership.table)} says which tenants each of them belongs to: they may be several.`
      : 'They log in, and no column that must be filled says a tenant.',
    evidence: [
      ...own.map((reference) => `${describeReference(reference)}: a favourite, not an owner.`),
      'No way to an owner goes through it.',
    ],
  };
}

/** A table of people's own things. */
export function ofPeople(
  table: Table,
  situation: Situation,
  verdicts: ReadonlyMap<Table, Verdict>,
): Verdict | undefined {
  const references = situation.links
    .from(table)
    .filter(({ to }) => to !== table && verdicts.get(to)?.tenancy === 'user')
    .sort((a, b) => Number(a.nullable) - Number(b.nullable) || Number(isIdentifying(b)) - Number(isIdentifying(a)));
  const [first] = references;
  // Who changed a setting last does not own it.
  if (first === undefined || references.every((reference) => reference.nullable && !isNamedFor(reference)))
    return undefined;
  return {
    ...nothing,
    tenancy: 'user',
    path: [hopOf(first)],
    confidence: first.nullable ? 0.65 : 0.85,
    reason: `${describeReference(first)}, and nothing in it leads to a tenant: it is the person's in all tenants.`,
    evidence: references.slice(1).map((reference) => `${describeReference(reference)} too.`),
  };
}

/** Whether rows are told apart within the row that they refer to, as prices of a share by their day. */
function isWithin({ from, columns }: Reference): boolean {
  return from.uniqueKeys.some((key) => columns.every((column) => key.includes(column)));
}

function isIdentifying({ from, columns, basis }: Reference): boolean {
  return basis === 'declared' && columns.every((column) => from.primaryKey.includes(column));
}

/** A table of which nothing says a tenant: what it is then depends on who refers to it. */
export function withoutOwner(
  table: Table,
  situation: Situation,
  owned: ReadonlySet<Table>,
  doubtful: ReadonlySet<Table>,
): Verdict {
  const { links, snapshot } = situation;
  const inward = links.to(table).filter(({ from }) => from !== table);
  const outward = links.from(table).filter(({ to }) => to !== table);
  const owners = inward.filter(({ from }) => owned.has(from));
  const rows = Math.max(
    ...[table.relation, ...descendantsOf(snapshot, table.relation)].map(({ reltuples }) => reltuples),
  );
  const measured = rows < 0 ? [] : [`The planner expects ${rows} rows.`];
  const child = owners.find(({ basis, single }) => basis !== 'part-name' && single);
  if (child !== undefined && owners.length === inward.length && owners.every(({ single }) => single)) {
    return splitOff(table, child, owners);
  }
  if (owners.length > 0 && owners.length === inward.length && owners.every(({ from }) => doubtful.has(from))) {
    const [{ from }] = owners as [Reference, ...Reference[]];
    return {
      ...nothing,
      tenancy: 'row',
      confidence: 0.5,
      doubt: true,
      reason: `${nameOf(from)} alone refers to it, and whose that is is in doubt itself.`,
      evidence: measured,
    };
  }
  const part = partOf(table, owners);
  if (part !== undefined)
    return { ...nothing, tenancy: 'row', confidence: 0.5, doubt: true, reason: part, evidence: measured };
  if (inward.length > 0) {
    return {
      ...nothing,
      tenancy: 'shared',
      confidence: owners.length > 0 ? 0.9 : 0.8,
      reason: `Nothing in it leads to a tenant, and ${listOf([...new Set(inward.map(({ from }) => nameOf(from)))].slice(0, 4))} refer to it.`,
      evidence: measured,
    };
  }
  const unknown = links.unknown(table);
  if (unknown.length > 0) {
    return {
      ...nothing,
      tenancy: 'none',
      confidence: 0.5,
      doubt: true,
      reason: `${columnList(unknown)} ${unknown.length === 1 ? 'is an id' : 'are ids'} of something, and nothing says of what.`,
      evidence: measured,
    };
  }
  const pair = isEntity(table) ? delegating(table, situation, owned, doubtful) : undefined;
  if (outward.length > 0 && (pair === undefined || outward.some(isWithin))) {
    return {
      ...nothing,
      tenancy: 'shared',
      confidence: 0.8,
      reason: `It refers to ${listOf([...new Set(outward.map(({ to }) => nameOf(to)))].slice(0, 4))} alone, of which none has a tenant.`,
      evidence: measured,
    };
  }
  const root = situation.roots.find(({ words }) =>
    words.every((word, at) => singular(word) === singular(table.words[at] ?? '')),
  );
  if (root !== undefined) {
    return {
      ...nothing,
      tenancy: 'row',
      confidence: 0.5,
      doubt: true,
      reason: `It is named for ${nameOf(root)}, and no column of it leads there.`,
      evidence: measured,
    };
  }
  if (pair !== undefined) {
    return {
      ...nothing,
      tenancy: 'row',
      confidence: 0.45,
      doubt: true,
      reason: `Nothing refers to it by a key of its own, but ${columnList([pair.type, pair.id])} of ${nameOf(pair.from)} may: then it is that row's.`,
      evidence: measured,
    };
  }
  return {
    ...nothing,
    tenancy: 'none',
    confidence: 0.7,
    reason: 'Nothing in it leads anywhere and nothing refers to it: bookkeeping of the application.',
    evidence: measured,
  };
}

/**
 * A polymorphic pair of a table that has an owner: what it points at is often a part of the row. Where tables are named for
 * what the pair points at, such as `card_sources` for `source_type`, or an enum or a check lists them, the others are none.
 */
function delegating(
  target: Table,
  { links, snapshot }: Situation,
  owned: ReadonlySet<Table>,
  doubtful: ReadonlySet<Table>,
): PolymorphicPair | undefined {
  return links.graph.tables
    .filter((table) => owned.has(table) && !doubtful.has(table))
    .flatMap((table) => links.pairs(table))
    .filter(({ from, id }) => from.columns.get(id)?.type === target.key?.type)
    .filter((pair) => targetsOf(snapshot, links.graph.tables, pair)?.includes(target) !== false)
    .find((pair) => {
      const named = links.graph.tables.filter((table) => table !== pair.from && isNamedAfter(table, pair));
      return named.length === 0 || named.includes(target);
    });
}

function isNamedAfter({ words }: Table, { id }: PolymorphicPair): boolean {
  const stem = stemOf(id)?.map(singular);
  return stem !== undefined && stem.length > 0 && ` ${words.map(singular).join(' ')} `.includes(` ${stem.join(' ')} `);
}

/** Whether the rows of a table have numbers or random ids, as things do and ledgers and settings mostly do not. */
function isEntity({ key, primaryKey, columns }: Table): boolean {
  return (
    key !== null && primaryKey.length === 1 && columns.size > 2 && ['uuid', 'bigint', 'integer'].includes(key.type)
  );
}

/** What a row of another table has to itself belongs to whom that row does. */
function splitOff(table: Table, child: Reference, owners: readonly Reference[]): Verdict {
  return {
    ...nothing,
    tenancy: 'row',
    path: [{ columns: child.parentColumns, parent: child.from.name, parentColumns: child.columns, backward: true }],
    confidence: owners.length === 1 && !child.nullable ? 0.85 : 0.75,
    reason: `${describeReference(child).replace(' leads', ` of ${nameOf(child.from)} leads`)}, each row to one of its own.`,
  };
}

/** Whether a table may be what its tenants' rows were split off into, as addresses of customers are, and not what they choose from. */
function partOf(table: Table, owners: readonly Reference[]): string | undefined {
  const sources = [...new Set(owners.map(({ from }) => nameOf(from)))];
  const natural =
    isNaturalKey(table) || table.uniqueKeys.some((key) => key.length > 1 || key[0] !== table.key?.attname);
  const required = owners.filter(({ nullable }) => !nullable).length;
  if (sources.length < 2 || natural || required * 2 < owners.length) return undefined;
  return `${listOf(sources)} refer to it, each row perhaps to one of its own: then they own it, or else it is shared.`;
}

/** A key that people choose, such as a code: rows are looked up by it. */
function isNaturalKey({ key }: Table): boolean {
  if (key === null) return true;
  return !['uuid', 'bigint', 'integer', 'smallint'].includes(key.type) && !/id$/i.test(key.attname);
}
