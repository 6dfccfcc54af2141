import type { WrittenName } from '../sql/lock-mode.ts';
import type { Node, TypeName } from '../sql/parse.ts';
import type { MigrationFile } from './file.ts';

/** What is known of a table; in part where no file makes it and no database was asked. */
export interface KnownTable {
  /** The path of the file that makes it; null where it was there before all of them. */
  readonly madeBy: string | null;
  readonly partitioned: boolean;
  readonly types: Map<string, TypeName>;
  readonly notNull: Set<string>;
  /** Columns whose value one row alone has. */
  readonly keys: Set<string>;
  readonly constraints: Map<string, KnownConstraint>;
  readonly policies: Set<string>;
}

export interface KnownConstraint {
  /** The path of a file; null where it was there before all of them. */
  readonly addedBy: string | null;
  readonly validated: boolean;
  /** The columns of which it says that they are not null, and nothing more that matters here. */
  readonly notNull: readonly string[];
  /** Of a CHECK. */
  readonly condition: Node | null;
}

interface KnownIndex {
  readonly table: WrittenName;
  /** Those of its keys that are columns. */
  readonly columns: readonly string[];
}

/** What the statements so far have made of the database, as far as that is known. */
export class Schema {
  readonly #tables = new Map<string, KnownTable>();
  readonly #indexes = new Map<string, KnownIndex>();
  /** Whether a function of the database is VOLATILE. */
  readonly #functions = new Map<string, boolean>();
  readonly #pending: ReadonlySet<string>;

  /** @param complete whether all that the database has is known, and not only what the files make */
  constructor(
    files: readonly MigrationFile[],
    readonly complete: boolean,
  ) {
    this.#pending = new Set(files.filter(({ applied }) => applied === false).map(({ path }) => path));
  }

  /** What is known of a table; nothing of one that no statement has named. */
  table(name: WrittenName): KnownTable {
    return this.#tables.get(keyOf(name)) ?? unknownTable();
  }

  /** Whether a statement has shown that a table is there, or the database has. */
  has(name: WrittenName): boolean {
    return this.#tables.has(keyOf(name));
  }

  /** The same, to take in what is learnt of it. */
  learned(name: WrittenName): KnownTable {
    return this.#tables.get(keyOf(name)) ?? this.add(name, {});
  }

  add(name: WrittenName, facts: Partial<KnownTable>): KnownTable {
    const table = { ...unknownTable(), ...facts };
    this.#tables.set(keyOf(name), table);
    return table;
  }

  /** What is gone stays known as what its file made, as long as that runs. */
  remove(name: WrittenName): void {
    this.add(name, { madeBy: this.table(name).madeBy });
  }

  rename(from: WrittenName, to: WrittenName): void {
    this.#tables.set(keyOf(to), this.table(from));
    this.#tables.delete(keyOf(from));
  }

  addIndex(name: WrittenName, index: KnownIndex): void {
    this.#indexes.set(keyOf(name), index);
  }

  removeIndex(name: WrittenName): void {
    this.#indexes.delete(keyOf(name));
  }

  index(name: WrittenName): KnownIndex | undefined {
    return this.#indexes.get(keyOf(name));
  }

  addFunction(name: string, isVolatile: boolean): void {
    this.#functions.set(name, isVolatile);
  }

  /** Whether a function is VOLATILE; undefined where that is not known. */
  isVolatile(name: string): boolean | undefined {
    return this.#functions.get(name);
  }

  /** Whether nobody uses a relation yet: the file itself makes it, or one that runs with it. */
  isNew(name: WrittenName, { path, direction }: MigrationFile): boolean {
    const { madeBy } = this.table(name);
    return madeBy !== null && (madeBy === path || (direction === 'up' && this.#pending.has(madeBy)));
  }

  /** Whether PostgreSQL knows without looking that a column holds no NULL, by constraints other than `dropped`. */
  provesNotNull(name: WrittenName, column: string, dropped: ReadonlySet<string | undefined>): boolean {
    const { notNull, constraints } = this.table(name);
    return (
      notNull.has(column) ||
      [...constraints].some(([key, { validated, notNull: columns }]) => {
        return validated && columns.includes(column) && !dropped.has(key);
      })
    );
  }
}

function unknownTable(): KnownTable {
  return {
    madeBy: null,
    partitioned: false,
    types: new Map(),
    notNull: new Set(),
    keys: new Set(),
    constraints: new Map(),
    policies: new Set(),
  };
}

/** Where the search path decides, that is `public` in most databases, and the same in all files of a project. */
function keyOf({ schema, name }: WrittenName): string {
  return JSON.stringify([schema ?? 'public', name]);
}

/** Whether two written names are one relation's. */
export function sameRelation(one: WrittenName, other: WrittenName): boolean {
  return keyOf(one) === keyOf(other);
}
