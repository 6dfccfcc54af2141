import { descendantsOf } from '../../catalog/lookup.ts';
import type { CatalogSnapshot } from '../../catalog/snapshot.ts';
import { nothing, type Verdict } from './decision.ts';
import { hasAnotherKey } from './delegated.ts';
import { isWithin, type Reference, type Table } from './graph.ts';
import { hopOf } from './owned.ts';
import type { PolymorphicPair } from './inferred.ts';
import type { Links } from './links.ts';
import { singular, wordsOf } from './names.ts';
import type { Situation } from './situation.ts';
import { isNamedFor } from './weights.ts';
import { columnList, describeReference, listOf, nameOf } from './wording.ts';

/** People that are a hub: they may belong to several tenants. Undefined where only those of a level below the tenant they must say. */
export function asPeople(table: Table, { membership, links, roots, tenantColumns }: Situation): Verdict | undefined {
  const own = links.from(table).filter(({ to }) => roots.includes(to));
  const home = own.find((reference) => !reference.nullable && tenantColumns.has(reference));
  if (home !== undefined) {
    if (membership === undefined) return undefined;
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
  const made = references.every((reference) => isTraceIn(reference, situation, verdicts));
  if (made) {
    return {
      ...nothing,
      tenancy: 'row',
      confidence: 0.5,
      doubt: true,
      reason: `${columnList(first.columns)} says who made a row, as in tables of tenants, and nothing in it leads to a tenant: whose is it?`,
    };
  }
  // A payment may name the bank account of a person, and tenants' rows name the payment.
  const between =
    first.nullable &&
    !situation.people.has(first.to) &&
    situation.links.to(table).some(({ from }) => verdicts.get(from)?.tenancy === 'row');
  return {
    ...nothing,
    tenancy: 'user',
    path: [hopOf(first)],
    confidence: between ? 0.5 : first.nullable ? 0.65 : 0.85,
    doubt: between,
    reason: `${describeReference(first)}, and nothing in it leads to a tenant: it is the person's in all tenants${between ? ", unless it is the tenant's whose rows refer to it" : ''}.`,
    evidence: references.slice(1).map((reference) => `${describeReference(reference)} too.`),
  };
}

/** How many tables make a custom. */
const custom = 5;

/** Whether most columns of that name stand in tables of tenants: it says who did something, and not whose it is. */
function isTraceIn(reference: Reference, { links }: Situation, verdicts: ReadonlyMap<Table, Verdict>): boolean {
  if (isNamedFor(reference)) return false;
  const alike = links.to(reference.to).filter(({ columns }) => columns.join() === reference.columns.join());
  const owned = alike.filter(({ from }) => verdicts.get(from)?.tenancy === 'row');
  return owned.length >= custom && owned.length > alike.length / 2;
}

function isIdentifying({ from, columns, basis }: Reference): boolean {
  return basis === 'declared' && columns.every((column) => from.primaryKey.includes(column));
}

/** What is known once every way has been followed. */
export interface Settled {
  /** Tables whose rows have tenants, though somebody may have to say whether it is so. */
  readonly owned: ReadonlySet<Table>;
  readonly doubtful: ReadonlySet<Table>;
  readonly delegated: ReadonlyMap<Table, PolymorphicPair>;
}

/** Whether rows are nothing but parts of the row that they refer to. */
function isPartOf({ from, to, nullable }: Reference, links: Links): boolean {
  return !nullable && links.from(from).every((reference) => reference.to === to);
}

/** A table of which nothing says a tenant: what it is then depends on who refers to it. */
export function withoutOwner(table: Table, situation: Situation, { owned, doubtful, delegated }: Settled): Verdict {
  const { links, snapshot } = situation;
  const pointing = links.to(table).filter(({ from }) => from !== table);
  const inward = pointing.filter((reference) => owned.has(reference.from) || !isPartOf(reference, links));
  const outward = links.from(table).filter(({ to }) => to !== table);
  const owners = inward.filter(({ from }) => owned.has(from));
  const rows = Math.max(
    ...[table.relation, ...descendantsOf(snapshot, table.relation)].map(({ reltuples }) => reltuples),
  );
  const measured = rows < 0 ? [] : [`The planner expects ${rows} rows.`];
  const child = owners.find(({ basis, single }) => basis !== 'part-name' && single);
  if (child !== undefined && owners.length === pointing.length && owners.every(({ single }) => single)) {
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
  // What has parts that nobody owns is a list to choose from.
  const part =
    (pointing.length === inward.length ? splitOffPerhaps(table, owners) : undefined) ??
    contentPerhaps(table, snapshot, owners);
  if (part !== undefined)
    return { ...nothing, tenancy: 'row', confidence: 0.5, doubt: true, reason: part, evidence: measured };
  const pair = delegated.get(table);
  if (pair !== undefined && !outward.some(isWithin)) {
    return {
      ...nothing,
      tenancy: 'row',
      confidence: 0.45,
      doubt: true,
      reason: `No table of tenants refers to it by a key of its own, but ${columnList([pair.type, pair.id])} of ${nameOf(pair.from)} may: then it is that row's.`,
      evidence: measured,
    };
  }
  const unknown = links.unknown(table);
  // Where foreign keys are the custom, an id without one is of another system, if anything else says what the table is.
  if (
    unknown.length > 0 &&
    (pointing.length + outward.length === 0 || links.graph.declared.length < links.all.length / 10)
  ) {
    return {
      ...nothing,
      tenancy: 'none',
      confidence: 0.5,
      doubt: true,
      reason: `${columnList(unknown)} ${unknown.length === 1 ? 'is an id' : 'are ids'} of something, and nothing says of what.`,
      evidence: measured,
    };
  }
  if (pointing.length > 0) {
    return {
      ...nothing,
      tenancy: 'shared',
      confidence: owners.length > 0 ? 0.9 : 0.8,
      reason: `Nothing in it leads to a tenant, and ${listOf([...new Set(pointing.map(({ from }) => nameOf(from)))].slice(0, 4))} refer to it.`,
      evidence: measured,
    };
  }
  if (outward.length > 0) {
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
  const relatives = familyOf(table, owned);
  if (relatives !== undefined) {
    return {
      ...nothing,
      tenancy: 'row',
      confidence: 0.45,
      doubt: true,
      reason: `Nothing in it leads anywhere, and it is called as ${relatives.length} tables of tenants are, such as ${listOf(relatives.slice(0, 2).map(nameOf))}.`,
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

/** How many words tables begin with alike to be a family, and how many of its tables must have tenants. */
const family = { words: 3, tables: 4 };

/** The tables with tenants whose names begin with the same words, where those are many. */
function familyOf({ words }: Table, owned: ReadonlySet<Table>): readonly Table[] | undefined {
  const beginning = words.slice(0, Math.min(family.words, words.length - 1));
  const alike = [...owned].filter((other) => beginning.every((word, at) => other.words[at] === word));
  return beginning.length === family.words && alike.length >= family.tables ? alike : undefined;
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

/** So many kinds of rows choose from a list of names, and are not all split in two alike. */
const many = 8;

/** Whether a table may be what its tenants' rows were split off into, as addresses of customers are, and not what they choose from. */
function splitOffPerhaps(table: Table, owners: readonly Reference[]): string | undefined {
  const sources = [...new Set(owners.map(({ from }) => nameOf(from)))];
  const natural =
    isNaturalKey(table) || table.uniqueKeys.some((key) => key.length > 1 || key[0] !== table.key?.attname);
  const required = owners.filter(({ nullable }) => !nullable).length;
  if (sources.length < 2 || natural || required * 2 < owners.length || !holdsWords(table)) return undefined;
  if (sources.length > many && isNamed(table)) return undefined;
  return `${listOf(sources)} refer to it, each row perhaps to one of its own: then they own it, or else it is shared.`;
}

/**
 * Whether a table may hold what tenants put into it, such as pictures, documents and policies of theirs: rows with nothing by which
 * anybody could choose one, be it a name or a key, to which no other is tied by pairs.
 */
function contentPerhaps(table: Table, snapshot: CatalogSnapshot, owners: readonly Reference[]): string | undefined {
  const content = [...table.columns.values()].some(({ type }) => /^(bytea|jsonb?|xml)$/.test(type));
  const [owner, ...others] = owners;
  if (owner === undefined || isNamed(table) || isNaturalKey(table) || hasAnotherKey(snapshot, table)) return undefined;
  if (!content && (owners.some(isWithin) || (owner.nullable && others.length === 0))) return undefined;
  return `${listOf([...new Set(owners.map(({ from }) => nameOf(from)))].slice(0, 4))} refer to it, and nothing in it is a name to choose it by: it may be what a tenant put there, and then it is that tenant's, or else it is shared.`;
}

/** Whether there is anything in a table that somebody may have written: states, numbers and moments give nobody away. */
function holdsWords({ columns }: Table): boolean {
  return [...columns.values()].some(({ type }) => /^(text|character|name|bytea|json|xml)|citext/.test(type));
}

/** Columns by which people tell rows of a list apart, be they in one word; a file's name is what its owner called it. */
const choosing = /(?<!file_?)(name|title|label|code|slug|symbol|description)$/;

function isNamed({ columns }: Table): boolean {
  return [...columns.keys()].some((column) => choosing.test(wordsOf(column).join('_')));
}

/** A key that people choose, such as a code: rows are looked up by it. */
function isNaturalKey({ key }: Table): boolean {
  if (key === null) return true;
  return !['uuid', 'bigint', 'integer', 'smallint'].includes(key.type) && !/id$/i.test(key.attname);
}
