import type { CatalogSnapshot } from '../../catalog/snapshot.ts';
import type { Table } from './graph.ts';
import type { PolymorphicPair } from './inferred.ts';
import { singular, stemOf } from './names.ts';
import { targetsOf } from './pair-values.ts';
import type { Situation } from './situation.ts';

/**
 * Tables to which nothing leads but, perhaps, a polymorphic pair of a table that has an owner: what such a pair points at is often a part
 * of the row, as loans and cards are of accounts with an `accountable_type`. Each pair has several such tables: where there are fewer
 * tables than pairs they are something else, as bookkeeping is. What is looked up by a key of its own is no part either.
 *
 * @param undecided tables of which nothing says whose they are
 * @param sources tables that have an owner
 */
export function delegatedParts(
  { links, snapshot }: Situation,
  undecided: readonly Table[],
  sources: ReadonlySet<Table>,
): ReadonlyMap<Table, PolymorphicPair> {
  const pairs = [...sources].flatMap((table) => links.pairs(table));
  const candidates = undecided.filter(
    (table) =>
      isEntity(table) && !hasAnotherKey(snapshot, table) && links.to(table).every(({ from }) => from === table),
  );
  const found = new Map<Table, PolymorphicPair>();
  for (const table of candidates) {
    const pair = pairs.find((candidate) => mayPointAt(candidate, table, links.graph.tables, snapshot));
    if (pair !== undefined) found.set(table, pair);
  }
  return found.size < pairs.length ? new Map() : found;
}

/** Where tables are named for what a pair points at, such as `card_sources` for `source_type`, or an enum or a check lists them, the others are none. */
function mayPointAt(pair: PolymorphicPair, table: Table, tables: readonly Table[], snapshot: CatalogSnapshot): boolean {
  if (pair.from.columns.get(pair.id)?.type !== table.key?.type) return false;
  if (targetsOf(snapshot, tables, pair)?.includes(table) === false) return false;
  const named = tables.filter((other) => other !== pair.from && isNamedAfter(other, pair));
  return named.length === 0 || named.includes(table);
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

/** Whether rows are told apart by more than their primary key, be it among some of them. */
export function hasAnotherKey(snapshot: CatalogSnapshot, { relation }: Table): boolean {
  return snapshot.indexes.some(
    ({ indrelid, indisunique, indisprimary }) => indrelid === relation.oid && indisunique && !indisprimary,
  );
}
