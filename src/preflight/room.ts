import type { RelationFacts } from './facts.ts';
import type { Work } from './work.ts';

/** The room that work takes until the next VACUUM gives some of it back, in bytes. */
export interface Room {
  /** By tablespace; 0 is that of the database. */
  readonly tables: ReadonlyMap<number, number>;
  /** All WAL that is written, whether it is kept or not. */
  readonly wal: number;
}

/** By how much a heap grows, and how much WAL is written, in heaps (docs/adr, "Backfills"; each rounded up). */
const byPages = { growth: 0.5, wal: 2.5 };
const byKey = { growth: 1.2, wal: 4 };
/** Bytes of a row in an index of an id and what it needs to be sorted beforehand. */
const indexedRow = 48;

/** About how much room files take. Relations that are not there yet take what is theirs to come, which nobody knows. */
export function roomOf(work: Work, relations: ReadonlyMap<string, RelationFacts>): Room {
  const tables = new Map<number, number>();
  let wal = 0;
  const take = (relation: string, need: (facts: RelationFacts) => { tables: number; wal: number }): void => {
    const facts = relations.get(relation);
    if (facts === undefined) return;
    const room = need(facts);
    tables.set(facts.tablespace, (tables.get(facts.tablespace) ?? 0) + room.tables);
    wal += room.wal;
  };
  for (const { relation, byPages: inPasses } of work.backfills) {
    const cost = inPasses ? byPages : byKey;
    take(relation, ({ heapBytes }) => ({ tables: heapBytes * cost.growth, wal: heapBytes * cost.wal }));
  }
  for (const { relation } of work.builds) {
    // Sorted outside of memory once, and written once.
    take(relation, ({ rows }) => ({ tables: (rows ?? 0) * indexedRow * 2, wal: (rows ?? 0) * indexedRow }));
  }
  const rewritten = new Set(
    work.locks.flatMap(({ relation, work, certain }) => (work === 'rewrite' && certain ? relation : [])),
  );
  for (const relation of rewritten) take(relation, ({ totalBytes }) => ({ tables: totalBytes, wal: totalBytes }));
  return { tables, wal };
}
