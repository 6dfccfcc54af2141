import type pg from 'pg';
import type { Facts, RelationFacts } from './facts.ts';
import type { Known } from './known.ts';

/** A table that was never analyzed is counted up to this size. */
const cheap = 64 * 2 ** 20;

/** Counts the rows of tables to fill of which the planner knows nothing, where that is cheap. */
export async function countRows(
  client: pg.ClientBase,
  { work, relations }: Pick<Facts, 'work' | 'relations'>,
): Promise<Known<ReadonlyMap<string, RelationFacts>>> {
  if (!('value' in work) || !('value' in relations)) return relations;
  const counted = new Map(relations.value);
  for (const { relation } of work.value.backfills) {
    const facts = counted.get(relation);
    if (facts?.rows !== null || facts.heapBytes > cheap) continue;
    const rows = await count(client, relation);
    if (rows !== null) counted.set(relation, { ...facts, rows });
  }
  return { value: counted };
}

/** null where the rows are not ours to see, or somebody has locked them. */
async function count(client: pg.ClientBase, relation: string): Promise<number | null> {
  await client.query("begin read only; set local statement_timeout = '2s'; set local lock_timeout = '500ms'");
  try {
    const { rows } = await client.query<{ count: string }>(`select pg_catalog.count(*) as count from ${relation}`);
    return Number(rows[0]?.count);
  } catch {
    return null;
  } finally {
    await client.query('rollback');
  }
}
