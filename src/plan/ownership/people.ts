import type { Reference, Table } from './graph.ts';
import type { Links } from './links.ts';
import { singular, wordsOf } from './names.ts';
import { isNamedFor } from './weights.ts';

const personWords = new Set(['user', 'identity', 'login', 'principal']);
const memberWords = new Set(['member', 'person', 'people']);
const secretWords = /^(password|passwd|encrypted|pwd|passhash|hashed)/;

/** Tables of those who log in: they may belong to several tenants, and an owner is not found through them unless they say one themselves. */
export function peopleOf(links: Links): ReadonlySet<Table> {
  return new Set(
    links.graph.tables.filter((table) => personScore(table, links) >= (isNamedForPeople(table) ? 2.5 : 3)),
  );
}

/** `users`, `admin_users`. */
export function isNamedForPeople({ words }: Table): boolean {
  return personWords.has(singular(words.at(-1) ?? ''));
}

/** Names are a hint only: what refers to a table in many roles, such as `created_by` and `assignee`, are people too. */
function personScore(table: Table, links: Links): number {
  const words = [...table.columns.keys()].map(wordsOf);
  const has = (test: (word: string) => boolean): boolean => words.some((list) => list.some(test));
  const inward = links.to(table);
  const sources = new Set(inward.map(({ from }) => from)).size;
  const columns = new Set(inward.map((reference) => reference.columns.join(',')));
  const ending = isNamedForPeople(table);
  const named = ending && table.words.length === 1;
  const secret = has((word) => secretWords.test(word));
  if (isMember(table, links)) return 3;
  if (!ending && !secret) return 0;
  return (
    (named ? 2 : ending ? 1 : 0) +
    (has(isMail) ? 1 : 0) +
    (secret ? 1 : 0) +
    (sources >= 3 && columns.size >= 4 ? 1 : 0) +
    (sources >= 3 ? 0.5 : 0)
  );
}

const isMail = (word: string): boolean => word === 'email' || word === 'mail';

/** Members by name whose mail address nobody shares in whatever tenant: they log in elsewhere, and nothing else makes them somebody's. */
function isMember(table: Table, links: Links): boolean {
  return (
    memberWords.has(singular(table.words.at(-1) ?? '')) &&
    links.from(table).every(({ to, nullable }) => to === table || nullable) &&
    table.uniqueKeys.some(([column = '', ...more]) => more.length === 0 && wordsOf(column).some(isMail))
  );
}

/** A table whose rows say that a row of one table goes with a row of another, each pair once. */
export interface Junction {
  readonly table: Table;
  readonly left: Reference;
  readonly right: Reference;
}

/** The tables that join two others many to many. */
export function junctionsOf(links: Links, people: ReadonlySet<Table>): readonly Junction[] {
  return links.graph.tables.flatMap((table) => {
    const references = links.from(table).filter(({ columns, to }) => columns.length === 1 && to !== table);
    return references.flatMap((left, at) =>
      references
        .slice(at + 1)
        .filter((right) => right.to !== left.to && joins(table, left, right, people))
        .map((right) => ({ table, left, right })),
    );
  });
}

function joins(table: Table, left: Reference, right: Reference, people: ReadonlySet<Table>): boolean {
  if (left.single || right.single) return false;
  // A membership is one even where nobody keeps its pairs unique.
  return (
    isUniquePair(table, left, right) ||
    (people.has(left.to) !== people.has(right.to) && isNamedAsMembership(table, left.to, right.to))
  );
}

function isUniquePair(table: Table, left: Reference, right: Reference): boolean {
  const pair = [left.columns[0] ?? '', right.columns[0] ?? ''];
  return table.uniqueKeys.some(
    (key) => pair.every((name) => key.includes(name)) && key.every((name) => pair.includes(name) || !/id$/i.test(name)),
  );
}

/**
 * The table that says which people belong to which rows of another, where one is plainly that. Of several, the one beside the table
 * that people belong to: in a schema of its own stands a copy for reading, which may lag behind or be empty. Of its columns, the one
 * that says who the member is, and not who added it.
 */
export function membershipOf(
  of: Table,
  links: Links,
  people: ReadonlySet<Table>,
  junctions: readonly Junction[],
): Junction | undefined {
  const apart = ({ table }: Junction): number => (table.name.schema === of.name.schema ? 0 : 1);
  const loose = ({ table, left, right }: Junction): number => (isUniquePair(table, left, right) ? 0 : 1);
  const unnamed = ({ table }: Junction): number =>
    ['member', 'membership'].includes(singular(table.words.at(-1) ?? '')) ? 0 : 1;
  const aside = ({ left, right }: Junction): number =>
    (left.nullable || right.nullable ? 2 : 0) + (isNamedFor(left) && isNamedFor(right) ? 0 : 1);
  return junctions
    .filter(({ left, right }) => (left.to === of ? people.has(right.to) : right.to === of && people.has(left.to)))
    .filter(
      (junction) =>
        isNamedAsMembership(junction.table, junction.left.to, junction.right.to) && admits(junction, of, links),
    )
    .sort(
      (a, b) =>
        apart(a) - apart(b) ||
        loose(a) - loose(b) ||
        unnamed(a) - unnamed(b) ||
        a.table.columns.size - b.table.columns.size ||
        aside(a) - aside(b),
    )
    .at(0);
}

/**
 * Whether a junction makes people members of a row: where they say their tenant themselves, and as plainly, what else says one beside
 * a person, such as a role or a permission, does not.
 */
export function admits({ table, left, right }: Junction, of: Table, links: Links): boolean {
  if (isUniquePair(table, left, right)) return true;
  const [row, person] = left.to === of ? [left, right.to] : [right, left.to];
  const asPlain = (own: Reference): boolean => !own.nullable || (row.nullable && own.basis === row.basis);
  return !links.from(person).some((own) => own.to === of && isNamedFor(own) && asPlain(own));
}

/** `members`, or the names of both sides: `users_teams`, `teammembers`. */
function isNamedAsMembership({ words }: Table, left: Table, right: Table): boolean {
  const name = words.map(singular).join('_');
  const both = [left, right].every((side) => name.includes(singular(side.words.at(-1) ?? '')));
  // What somebody may still make use of is no membership yet.
  const passing = /_(code|token)$/.test(name);
  return both || (!passing && /member|role|position|participant|collaborator|permission|authorization/.test(name));
}
