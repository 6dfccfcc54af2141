import { createHash } from 'node:crypto';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';

/** NAMEDATALEN - 1, in bytes. https://www.postgresql.org/docs/current/sql-syntax-lexical.html */
const longest = 63;

/** Gives names to constraints, indexes and functions as PostgreSQL would, and none twice in a schema. */
export class NameMaker {
  readonly #taken: Set<string>;

  constructor({ relations, indexes, constraints, functions, sequences }: CatalogSnapshot) {
    const schemas = new Map(relations.map(({ oid, nspname }) => [oid, nspname]));
    const of = (oid: number): string => schemas.get(oid) ?? '';
    this.#taken = new Set([
      ...relations.map(({ nspname, relname }) => key(nspname, relname)),
      ...sequences.map(({ nspname, relname }) => key(nspname, relname)),
      ...indexes.map(({ indrelid, relname }) => key(of(indrelid), relname)),
      ...constraints.map(({ conrelid, conname }) => key(of(conrelid), conname)),
      ...functions.map(({ nspname, proname }) => key(nspname, proname)),
    ]);
  }

  /** `table_column_suffix`, shortened to what PostgreSQL stores, and numbered where it is taken. */
  make(schema: string, parts: readonly string[], suffix: string): string {
    for (let count = 0; ; count += 1) {
      const name = shortened(parts.join('_'), `_${suffix}${count === 0 ? '' : String(count)}`);
      if (this.#taken.has(key(schema, name))) continue;
      this.#taken.add(key(schema, name));
      return name;
    }
  }
}

function key(schema: string, name: string): string {
  return JSON.stringify([schema, name]);
}

/** A name that was cut keeps a mark of the whole, so that two long ones stay two. */
function shortened(stem: string, suffix: string): string {
  if (Buffer.byteLength(stem + suffix) <= longest) return stem + suffix;
  const mark = `_${createHash('sha256').update(stem).digest('hex').slice(0, 6)}`;
  const letters = [...stem];
  while (Buffer.byteLength(letters.join('') + mark + suffix) > longest) letters.pop();
  return letters.join('') + mark + suffix;
}
