import type { CatalogSnapshot } from '../../catalog/snapshot.ts';
import type { Table } from './graph.ts';
import type { PolymorphicPair } from './inferred.ts';
import { singular, stemOf } from './names.ts';
import { targetsOf } from './pair-values.ts';
import type { Situation } from './situation.ts';

/**
 * Tables to which nothing of a tenant leads but, perhaps, a polymorphic pair of a table that has an owner: what such a pair points at
 * is often a part of the row, as loans and cards are of accounts with an `accountable_type`, or more of it, as `question_choices` are
 * of `questions`.
 *
 * @param undecided tables of which nothing says whose they are
 * @param owned tables that have an owner
 * @param sure those of them that nobody is asked about
 */
export function delegatedParts(
  situation: Situation,
  undecided: readonly Table[],
  owned: ReadonlySet<Table>,
  sure: ReadonlySet<Table>,
): ReadonlyMap<Table, PolymorphicPair> {
  return new Map([...kindsOf(situation, undecided, owned), ...partsOf(situation, undecided, sure)]);
}

type Part = readonly [Table, PolymorphicPair];

/** Those that are called as the table of the pair and more, whatever else hangs on them. That table has an owner beside the pair. */
function kindsOf(
  { links, snapshot, ways }: Situation,
  undecided: readonly Table[],
  owned: ReadonlySet<Table>,
): readonly Part[] {
  const pairs = [...owned].filter((table) => ways.of(table).length > 0).flatMap((table) => links.pairs(table));
  return undecided
    .filter((table) => hasIdOfItsOwn(table) && links.to(table).every(({ from }) => undecided.includes(from)))
    .flatMap((table): readonly Part[] => {
      const pair = pairs.find(
        (one) => isKindOf(table, one.from) && targetsOf(snapshot, links.graph.tables, one)?.includes(table) !== false,
      );
      return pair === undefined ? [] : [[table, pair]];
    });
}

/**
 * Those that nothing refers to. Each pair has two such tables at least: where there are fewer, they are something else, as bookkeeping
 * is. What is looked up by a key of its own is no part either. Where tables are named for what a pair points at, such as `card_sources`
 * for `source_type`, or an enum or a check lists them, the others are none.
 */
function partsOf(
  { links, snapshot }: Situation,
  undecided: readonly Table[],
  sure: ReadonlySet<Table>,
): readonly Part[] {
  const { tables } = links.graph;
  const pairs = [...sure]
    .flatMap((table) => links.pairs(table))
    .filter((pair) => tables.some((table) => isEntity(table) && holdsKeyOf(pair, table)));
  const candidates = undecided.filter(
    (table) =>
      isEntity(table) && !hasAnotherKey(snapshot, table) && links.to(table).every(({ from }) => from === table),
  );
  const byPair = pairs.map((pair) => {
    const named = tables.filter((table) => table !== pair.from && isNamedAfter(table, pair));
    const targets = candidates.filter((table) => mayPointAt(pair, table, tables, snapshot));
    return { pair, named, targets: named.length === 0 ? targets : targets.filter((table) => named.includes(table)) };
  });
  const loose = byPair.filter(({ named }) => named.length === 0);
  const enough = new Set(loose.flatMap(({ targets }) => targets)).size >= 2 * pairs.length;
  return byPair
    .filter(({ named }) => named.length > 0 || enough)
    .flatMap(({ pair, targets }) => targets.map((table): Part => [table, pair]));
}

function mayPointAt(pair: PolymorphicPair, table: Table, tables: readonly Table[], snapshot: CatalogSnapshot): boolean {
  return holdsKeyOf(pair, table) && targetsOf(snapshot, tables, pair)?.includes(table) !== false;
}

function holdsKeyOf({ from, id }: PolymorphicPair, { key }: Table): boolean {
  return from.columns.get(id)?.type === key?.type;
}

function isNamedAfter({ words }: Table, { id }: PolymorphicPair): boolean {
  const stem = stemOf(id)?.map(singular);
  return stem !== undefined && stem.length > 0 && ` ${words.map(singular).join(' ')} `.includes(` ${stem.join(' ')} `);
}

/** Whether a table is called as another and more: `question_choices` holds a kind of the `questions`. */
function isKindOf({ words }: Table, { words: general }: Table): boolean {
  return words.length > general.length && general.every((word, at) => singular(word) === singular(words[at] ?? ''));
}

/** Whether the rows of a table have numbers or random ids, as things do and ledgers and settings mostly do not. */
function isEntity(table: Table): boolean {
  return table.columns.size > 2 && hasIdOfItsOwn(table);
}

function hasIdOfItsOwn({ key, primaryKey }: Table): boolean {
  return key !== null && primaryKey.length === 1 && ['uuid', 'bigint', 'integer'].includes(key.type);
}

/** Whether rows are told apart by more than their primary key, be it among some of them. */
export function hasAnotherKey(snapshot: CatalogSnapshot, { relation }: Table): boolean {
  return snapshot.indexes.some(
    ({ indrelid, indisunique, indisprimary }) => indrelid === relation.oid && indisunique && !indisprimary,
  );
}
