import { nothing, type Hop, type Verdict } from './decision.ts';
import { isWithin, mayLack, type Reference, type Table } from './graph.ts';
import { singular } from './names.ts';
import { byValue, listedValues, targetsOf } from './pair-values.ts';
import type { Way } from './paths.ts';
import type { Situation } from './situation.ts';
import { isNamedFor } from './weights.ts';
import { columnList, describeReference, listOf, nameOf } from './wording.ts';

/**
 * How far a way must be trusted for nobody to be asked: where nearly every table says its tenant by a column that must be filled and has
 * a foreign key, further than where much is left open.
 */
function sureEnough({ tenantColumns: { strict, declared } }: Situation): number {
  return strict && declared ? 0.73 : 0.6;
}

/** A table with a column of its own that says the tenant; undefined where it has none. */
export function byTenantColumn(table: Table, situation: Situation): Verdict | undefined {
  const { links, roots, ways, tenantColumns } = situation;
  const direct = saying(table, situation);
  const [first] = direct;
  if (first === undefined) return undefined;
  // A group that may be named beside a project that must be is a role, whatever it is called.
  if (
    tenantColumns.strict &&
    mayLack(first) &&
    links.from(table).some((other) => roots.includes(other.to) && !mayLack(other))
  )
    return undefined;
  const rivals = direct.filter((other) => other.to === first.to && other !== first);
  const torn = rivals.some(
    (rival) => tenantColumns.countOf(rival) === tenantColumns.countOf(first) && rival.nullable === first.nullable,
  );
  const column = first.columns.find((name) => tenantColumns.isName(first.to, name)) ?? first.columns.at(-1) ?? null;
  const lacking = isOfSomeOnly(table, situation);
  return {
    tenancy: 'row',
    column,
    path: [hopOf(first), ...hopsOf(ways.up(first.to))],
    confidence: torn || lacking ? 0.5 : confidenceOf(first.basis === 'declared' ? 0.99 : 0.95, first.nullable),
    doubt: torn || lacking,
    reason: torn
      ? `${listOf(direct.map((reference) => columnList(reference.columns)))} both say a tenant, and nothing tells which of them owns the row.`
      : `${describeReference(first)}${
          lacking
            ? ', where other tables must say one: are rows without a tenant the same for all, or nobody’s?'
            : first.nullable
              ? '; a row without a tenant belongs to nobody, unless such rows are shared.'
              : '.'
        }`,
    alternatives: [
      ...rivals.map((rival) => [hopOf(rival)]),
      ...ways
        .of(table)
        .filter(({ first: { to } }) => !roots.includes(to))
        .map(hopsOf),
    ],
    evidence: rivals.map((rival) => `${describeReference(rival)} too, under a name that is rarer here.`),
  };
}

/** The references of a table that say its tenant, the best first. */
function saying(table: Table, { links, roots, tenantColumns }: Situation): readonly Reference[] {
  return links
    .from(table)
    .filter((reference) => roots.includes(reference.to) && reference.to !== table && tenantColumns.has(reference))
    .sort(
      (a, b) =>
        Number(mayLack(a)) - Number(mayLack(b)) ||
        roots.indexOf(a.to) - roots.indexOf(b.to) ||
        tenantColumns.countOf(b) - tenantColumns.countOf(a),
    );
}

/**
 * Whether rows of a table may do without a tenant where nearly all others must say one. What is named for the tenant, as imports of
 * accounts are, is the tenant's, though it may begin without one.
 */
function isOfSomeOnly(table: Table, situation: Situation): boolean {
  const [first] = saying(table, situation);
  if (first === undefined || !situation.tenantColumns.strict || !mayLack(first) || isNamedAfter(table, first.to)) {
    return false;
  }
  return !situation.ways.of(table).some((way) => isFirm(way) && way.trust >= sureEnough(situation));
}

/** A column that is called as tenant columns are, and cannot hold their values as it is. */
export function byMistypedColumn(table: Table, { links, roots, tenantColumns }: Situation): Verdict | undefined {
  const [root] = roots;
  const used = new Set(links.from(table).flatMap(({ columns }) => columns));
  const column = [...table.columns.values()].find(
    ({ attname }) => root !== undefined && tenantColumns.isName(root, attname) && !used.has(attname),
  );
  if (root?.key == null || column === undefined) return undefined;
  return {
    ...nothing,
    tenancy: 'row',
    column: column.attname,
    path: [{ columns: [column.attname], parent: root.name, parentColumns: [root.key.attname] }],
    confidence: 0.7,
    reason: `${columnList([column.attname])} is called as the columns that lead to ${nameOf(root)} are, but it is ${column.type} and that key ${root.key.type}.`,
  };
}

/** Whether every row has the way to its end. */
function isFirm({ first, next }: Way): boolean {
  return !mayLack(first) && (next === null || isFirm(next));
}

/** `account_imports` beside `accounts`. */
function isNamedAfter({ words }: Table, { words: [first, ...more] }: Table): boolean {
  return more.length === 0 && words.length > 1 && singular(words[0] ?? '') === singular(first ?? '');
}

function confidenceOf(base: number, nullable: boolean): number {
  return Math.round((nullable ? base - 0.07 : base) * 100) / 100;
}

/** A table that its parents own. */
export function byParent(table: Table, situation: Situation): Verdict | undefined {
  const { people, hubs, links, roots, tenantColumns } = situation;
  const ways = situation.ways.of(table);
  const [best, second] = ways;
  if (best === undefined) return undefined;
  const { first, trust } = best;
  const ofPeople = links.from(table).filter(({ to, nullable }) => people.has(to) && !nullable);
  const lacking = ways.every((way) => mayLack(way.first));
  if (lacking && isKeptByOne(table, situation)) return undefined;
  // A person's settings may name what is a tenant's, and stay the person's.
  if (ofPeople.some(({ to, single }) => single && hubs.has(to))) return undefined;
  // Somebody's row that may name a project: it is the person's as well as the tenant's.
  const equal = second?.first.to === first.to && second.rank > best.rank * 0.99;
  const between = equal && roots.includes(first.to);
  const torn = lacking && ofPeople.length > 0;
  // Only a name says so, and a row may do without, unless it is what tells rows apart.
  const slight =
    lacking &&
    !(isWithin(first) && isNamedFor(first)) &&
    (first.basis === 'part-name' || (first.basis !== 'declared' && tenantColumns.strict && tenantColumns.declared));
  const doubtful = tablesOn(best).find((parent) => isOfSomeOnly(parent, situation));
  const confidence = torn || between || slight || doubtful !== undefined ? Math.min(trust, 0.55) : trust;
  return {
    ...nothing,
    tenancy: 'row',
    column: roots.includes(first.to) ? (first.columns.at(-1) ?? null) : null,
    path: hopsOf(best),
    confidence: Math.round(confidence * 100) / 100,
    doubt: confidence < sureEnough(situation),
    reason: `${describeReference(first)}${chainOf(best)}.${equal ? ` ${columnList(second.first.columns)} leads there too: rows whose two disagree would join two tenants.` : ''}${
      torn ? ` It may be NULL, and ${columnList(ofPeople[0]?.columns ?? [])} says a person.` : ''
    }${doubtful === undefined ? '' : ` Whether all rows of ${nameOf(doubtful)} have a tenant is in doubt itself.`}`,
    alternatives: ways.slice(1).map(hopsOf),
    evidence: ways
      .slice(1, 6)
      .map((way) => `${describeReference(way.first)}${chainOf(way)}: trusted less (${way.trust.toFixed(2)}).`),
  };
}

/** Whether each row is that of one row of a tenant which must have one: that says more than what the row may name. */
function isKeptByOne(table: Table, situation: Situation): boolean {
  const inward = situation.links.to(table).filter(({ from }) => from !== table);
  const keeps = ({ from, nullable, basis }: Reference): boolean =>
    !nullable && basis !== 'part-name' && isOwned(from, situation);
  return inward.every(({ single }) => single) && inward.some(keeps);
}

function chainOf({ next }: Way): string {
  const names = next === null ? [] : tablesOn(next).map(nameOf);
  return names.length === 0 ? '' : `, which leads to ${names.join(', then ')}`;
}

/** What a way leads to, step by step. */
function tablesOn({ first, next }: Way): readonly Table[] {
  return [first.to, ...(next === null ? [] : tablesOn(next))];
}

export function hopsOf(way: Way | null): readonly Hop[] {
  return way === null ? [] : [hopOf(way.first), ...hopsOf(way.next)];
}

export function hopOf({ columns, to, parentColumns }: Reference): Hop {
  return { columns, parent: to.name, parentColumns };
}

/** A table that belongs to what a pair such as `owner_type, owner_id` points at. */
export function byPair(table: Table, situation: Situation): Verdict | undefined {
  const { links, snapshot } = situation;
  const [pair, ...others] = links.pairs(table);
  if (pair === undefined) return undefined;
  const listed = listedValues(snapshot, table, pair.type);
  const targets = targetsOf(snapshot, links.graph.tables, pair);
  const sure = targets?.every((target) => isOwned(target, situation)) === true;
  return {
    ...nothing,
    tenancy: 'row',
    path: [
      {
        columns: [pair.type, pair.id],
        parent: null,
        parentColumns: [],
        ...(listed &&
          targets && {
            tables: byValue(
              listed,
              targets.map(({ name }) => ({ table: name })),
            ),
          }),
      },
    ],
    confidence: sure ? 0.85 : 0.5,
    doubt: !sure,
    reason: sure
      ? `${columnList([pair.type, pair.id])} point at ${listOf(targets.map(nameOf))}, whose rows have tenants.`
      : `${columnList([pair.type, pair.id])} point at rows of several tables, and which of them have a tenant stands in the rows.`,
    evidence: others.map(({ type, id }) => `${columnList([type, id])} point at rows of several tables too.`),
  };
}

function isOwned(table: Table, situation: Situation): boolean {
  const { roots, ways, hubs } = situation;
  return roots.includes(table) || (!hubs.has(table) && (ways.of(table)[0]?.trust ?? 0) >= sureEnough(situation));
}

/** A table that belongs to another of which nobody knows whose it is. */
export function ofDoubtful(
  table: Table,
  { links }: Situation,
  verdicts: ReadonlyMap<Table, Verdict>,
): Verdict | undefined {
  const first = links
    .from(table)
    .find((reference) => reference.to !== table && isNamedFor(reference) && isDoubtful(verdicts.get(reference.to)));
  if (first === undefined) return undefined;
  return {
    ...nothing,
    tenancy: 'row',
    path: [hopOf(first), ...(verdicts.get(first.to)?.path ?? [])],
    confidence: 0.5,
    doubt: true,
    reason: `${describeReference(first)}, and whose that is is in doubt itself.`,
  };
}

function isDoubtful(verdict: Verdict | undefined): boolean {
  return verdict !== undefined && verdict.doubt && verdict.tenancy !== 'user';
}
