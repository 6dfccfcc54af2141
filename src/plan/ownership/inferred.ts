import { groupBy } from '../../catalog/derived.ts';
import type { Column } from '../../catalog/snapshot.ts';
import { familyOf } from '../../intent/sql-type.ts';
import { columnFacts, type Basis, type Graph, type Reference, type Table } from './graph.ts';
import { abbreviates, nameWithKey, normalized, singular, stemOf, wordsOf } from './names.ts';

/** Columns `owner_type` and `owner_id`: the first says which table the second is an id of. */
export interface PolymorphicPair {
  readonly from: Table;
  readonly type: string;
  readonly id: string;
  readonly nullable: boolean;
}

/** What the columns of a schema say of each other where no foreign key does. */
export interface Inferred {
  readonly references: readonly Reference[];
  readonly pairs: readonly PolymorphicPair[];
  /** Columns that look like an id of something, by table, and nobody knows of what. */
  readonly unknown: ReadonlyMap<Table, readonly string[]>;
}

/** Finds the foreign keys that are missing, by names and types that this very schema teaches. */
export function inferReferences(graph: Graph): Inferred {
  const names = new NameIndex(graph);
  const declared = groupBy(graph.declared, ({ from }) => from);
  const references: Reference[] = [];
  const pairs: PolymorphicPair[] = [];
  const unknown = new Map<Table, string[]>();
  for (const table of graph.tables) {
    const keys = declared.get(table) ?? [];
    const single = new Set(keys.flatMap(({ columns }) => (columns.length === 1 ? columns : [])));
    for (const column of table.columns.values()) {
      const stem = stemOf(column.attname);
      const family = idFamily(column);
      if (single.has(column.attname) || stem === null || family === null) continue;
      const guess = names.guess(table, column, stem);
      // Part of a composite key, it may say the tenant beside; to the key's own target it adds nothing.
      const parts = keys.filter(({ columns }) => columns.includes(column.attname));
      if (parts.length > 0 && (guess === undefined || parts.some(({ to }) => to === guess.to))) continue;
      // `device_type` and `device_id` of devices are its own.
      const type = normalized(stem) === normalized(table.words) ? undefined : pairOf(table, stem);
      if (type !== undefined && !isFullName(guess, stem)) {
        pairs.push({ from: table, type, id: column.attname, nullable: !column.attnotnull });
      } else if (guess !== undefined) {
        const columns = [column.attname];
        const parentColumns = [keyFor(column, guess.to)?.attname ?? ''];
        references.push({
          ...columnFacts(table, columns),
          ...guess,
          from: table,
          columns,
          parentColumns,
          onDelete: 'other',
        });
      } else if (
        isPlainId(column.attname) &&
        !(table.primaryKey.length === 1 && table.primaryKey.includes(column.attname)) &&
        (family !== 'text' || names.suggests(table, column, stem))
      ) {
        unknown.set(table, [...(unknown.get(table) ?? []), column.attname]);
      }
    }
  }
  return { references, pairs, unknown };
}

/** Whether a column is called as a table is in full: a type beside it is one of that table's then, and not which table it is. */
function isFullName(guess: Guess | undefined, stem: readonly string[]): boolean {
  return guess !== undefined && normalized(guess.to.words) === normalized(stem);
}

/** Whether a name can be meant as nothing but an id. */
function isPlainId(name: string): boolean {
  return /^(id|uuid)$/.test(wordsOf(name).at(-1) ?? '') && wordsOf(name).length > 1;
}

/** The column beside an id that says what it is an id of. */
function pairOf(table: Table, stem: readonly string[]): string | undefined {
  const wanted = stem.join('_');
  return [...table.columns.values()].find(({ attname, type }) => {
    const words = wordsOf(attname);
    return (
      ['type', 'kind', 'class'].includes(words.at(-1) ?? '') &&
      words.slice(0, -1).join('_') === wanted &&
      (familyOf(type) === 'text' || familyOf(type) === 'other')
    );
  })?.attname;
}

interface Guess {
  readonly to: Table;
  readonly basis: Basis;
}

/** The names of a schema and what they stand for. */
class NameIndex {
  readonly #learned = new Map<string, Map<Table, number>>();
  readonly #byKey: ReadonlyMap<string, readonly Table[]>;
  readonly #byName: ReadonlyMap<string, readonly Table[]>;
  readonly #byNameAndKey: ReadonlyMap<string, readonly Table[]>;
  readonly #inOneWord: readonly Table[];
  readonly #byLastWord: ReadonlyMap<string, readonly Table[]>;

  constructor(graph: Graph) {
    for (const { to, columns } of graph.declared) {
      const [column] = columns;
      if (columns.length !== 1 || column === undefined) continue;
      const counts = this.#learned.get(nameKey(column)) ?? new Map<Table, number>();
      counts.set(to, (counts.get(to) ?? 0) + 1);
      this.#learned.set(nameKey(column), counts);
    }
    const keyed = graph.tables.filter(({ key }) => key !== null);
    this.#byKey = groupBy(keyed.filter(hasKeyOfItsOwn), ({ key }) => nameKey(key?.attname ?? ''));
    this.#byName = groupBy(keyed, ({ words }) => normalized(words));
    this.#byNameAndKey = groupBy(keyed, nameWithKey);
    this.#inOneWord = keyed.filter(({ words }) => words.length === 1);
    this.#byLastWord = groupBy(keyed, ({ words }) => singular(words.at(-1) ?? ''));
  }

  guess(from: Table, column: Column, stem: readonly string[]): Guess | undefined {
    const fits = (to: Table): boolean => to !== from && keyFor(column, to) !== undefined;
    const learned = this.#dominant(column, stem, fits);
    if (learned !== undefined) return { to: learned, basis: 'learned' };
    const byName =
      only(from, (this.#byName.get(normalized(stem)) ?? []).filter(fits)) ??
      only(from, (this.#byNameAndKey.get(normalized(wordsOf(column.attname))) ?? []).filter(fits));
    const named = byName ?? this.#inFamily(from, stem, fits);
    if (named !== undefined) return { to: named, basis: 'table-name' };
    const own = from.key?.attname === column.attname;
    const byKey = own ? undefined : only(from, (this.#byKey.get(nameKey(column.attname)) ?? []).filter(fits));
    if (byKey !== undefined) return { to: byKey, basis: 'key-name' };
    const byPart = this.#byPart(from, stem, fits);
    if (byPart !== undefined) return { to: byPart, basis: 'part-name' };
    const byShort = this.#byShortName(from, stem, fits);
    return byShort && { to: byShort, basis: 'short-name' };
  }

  /** Whether tables are called alike, though none of them plainly enough. */
  suggests(from: Table, column: Column, stem: readonly string[]): boolean {
    const candidates = this.#byLastWord.get(singular(stem.at(-1) ?? '')) ?? [];
    return candidates.some((to) => to !== from && keyFor(column, to) !== undefined);
  }

  /** What foreign keys of other tables make of a column of this name; once is enough where the name itself says so too. */
  #dominant(column: Column, stem: readonly string[], fits: (to: Table) => boolean): Table | undefined {
    const counts = [...(this.#learned.get(nameKey(column.attname)) ?? [])].sort(([, a], [, b]) => b - a);
    const total = counts.reduce((sum, [, count]) => sum + count, 0);
    const [best] = counts;
    if (best === undefined || !fits(best[0]) || best[1] < total * 0.8) return undefined;
    const named = singular(best[0].words.at(-1) ?? '') === singular(stem.at(-1) ?? '');
    return total >= 2 || named ? best[0] : undefined;
  }

  /** `application_id` in `oauth_grants`, where there are `oauth_applications`: tables that begin alike mean their own. */
  #inFamily(from: Table, stem: readonly string[], fits: (to: Table) => boolean): Table | undefined {
    for (let length = from.words.length - 1; length > 0; length -= 1) {
      const name = normalized([...from.words.slice(0, length), ...stem]);
      const table = only(from, (this.#byName.get(name) ?? []).filter(fits));
      if (table !== undefined) return table;
    }
    return undefined;
  }

  /** `assistant_id` beside `captain_assistants` in a table `captain_…`, and `owner_team_id` beside `teams`. */
  #byPart(from: Table, stem: readonly string[], fits: (to: Table) => boolean): Table | undefined {
    const wanted = normalized(stem);
    const candidates = (this.#byLastWord.get(singular(stem.at(-1) ?? '')) ?? []).filter(fits);
    const longer = candidates.filter(({ words }) => normalized(words).endsWith(`_${wanted}`));
    const sharing = longer.filter(({ words }) => singular(words[0] ?? '') === singular(from.words[0] ?? ''));
    const shorter = candidates.filter(({ words }) => wanted.endsWith(`_${normalized(words)}`));
    const longest = Math.max(0, ...shorter.map(({ words }) => words.length));
    return (
      only(from, sharing) ??
      only(from, longer) ??
      only(
        from,
        shorter.filter(({ words }) => words.length === longest),
      )
    );
  }

  /** `org_id` for organizations. */
  #byShortName(from: Table, stem: readonly string[], fits: (to: Table) => boolean): Table | undefined {
    const [word, ...more] = stem;
    if (word === undefined || more.length > 0) return undefined;
    return only(
      from,
      this.#inOneWord.filter((table) => abbreviates(word, singular(table.words[0] ?? '')) && fits(table)),
    );
  }
}

/** Whether a table's key is named for it, as `customer_id` is for customers, and not borrowed from a table that it extends. */
function hasKeyOfItsOwn({ key, words }: Table): boolean {
  const stem = stemOf(key?.attname ?? '');
  return stem !== null && normalized(words).endsWith(singular(stem.at(-1) ?? ''));
}

/** The one table of a name, or the one in the same schema. */
function only(from: Table, tables: readonly Table[]): Table | undefined {
  if (tables.length === 1) return tables[0];
  const near = tables.filter(({ name }) => name.schema === from.name.schema);
  return near.length === 1 ? near[0] : undefined;
}

export function nameKey(column: string): string {
  return wordsOf(column).join('_');
}

/** The key of the other table that a column can hold: its own, or else another id that is unique there. */
export function keyFor(column: Column, { key, otherIds }: Table): Column | undefined {
  return [...(key === null ? [] : [key]), ...otherIds].find((candidate) => sameKind(column, candidate));
}

function sameKind(column: Column, key: Column): boolean {
  const family = idFamily(key);
  return family === 'other' ? column.type === key.type : idFamily(column) === family;
}

/** Old schemas keep ids as numbers without a fraction. */
function idFamily({ type }: Column): string | null {
  return familyOf(type) ?? (/^numeric(\(\d+(,0)?\))?$/.test(type) ? 'numeric' : null);
}
