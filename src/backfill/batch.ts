import type pg from 'pg';
import { batchSql, nextKeySql, passSql } from './batch-sql.ts';
import type { BackfillBody } from './body.ts';
import type { Part } from './checkpoint.ts';
import { halfway, pageKey, pageOf, sameKey, type Key, type Position } from './position.ts';
import type { BackfillTable } from './table.ts';
import type { Way } from './way.ts';

/** The next UPDATE of a part, and where the part stands when it is done. */
export interface Batch {
  readonly sql: string;
  readonly parameters: readonly string[];
  /** The last row that it may take. */
  readonly to: Key;
  readonly after: Position;
  /** The rows that it is meant for. */
  readonly size: number;
  /** For messages. */
  readonly what: string;
}

/** What a stage of a backfill goes over. */
export interface Field {
  readonly body: BackfillBody;
  readonly table: BackfillTable;
  readonly way: Way;
  readonly rowsPerPage: number;
}

/** The batch of about `size` rows that comes next in a part. */
export async function nextBatch(client: pg.ClientBase, field: Field, part: Part, size: number): Promise<Batch> {
  const { body, table, way } = field;
  if (way.kind === 'pages') return pagesBatch(field, way, part, size);
  const { last, end } = part;
  const { rows } = await client.query<{ key: string[] }>(nextKeySql(table, way.key, last === null), [
    ...(last ?? []),
    ...end,
    size,
  ]);
  const to = rows[0]?.key ?? end;
  const from = last === null ? '' : ` after ${last.join(', ')}`;
  return {
    sql: batchSql(body, way.key, last === null),
    parameters: [...(last ?? []), ...to],
    to,
    after: { last: to, rangeEnd: null, pass: 0 },
    size,
    what: `the batch${from} up to ${to.join(', ')} (${way.key.columns.join(', ')})`,
  };
}

/** One pass over the range at work, or the first one over a new range: as many pages as `size` rows a pass need. */
function pagesBatch(
  { body, rowsPerPage }: Field,
  { passes, dealt }: Extract<Way, { kind: 'pages' }>,
  { last, end, rangeEnd, pass }: Part,
  size: number,
): Batch {
  const from = last ?? pageKey(0);
  const pages = Math.max(1, Math.floor((size * passes) / rowsPerPage));
  const to = rangeEnd ?? pageKey(Math.min(pageOf(from) + pages, pageOf(end)));
  const isLast = pass + 1 === passes;
  return {
    sql: passSql(body, { passes, dealt, pass }),
    parameters: [...from, ...to],
    to,
    after: isLast ? { last: to, rangeEnd: null, pass: 0 } : { last, rangeEnd: to, pass: pass + 1 },
    size: Math.max(1, Math.round(((pageOf(to) - pageOf(from)) * rowsPerPage) / passes)),
    what: `the batch after ${from.join('')} up to ${to.join('')}${passes === 1 ? '' : `, pass ${pass + 1} of ${passes}`} (ctid)`,
  };
}

/** The first half of what a batch was to take; null where that is one row already. */
export function narrowed(way: Way, part: Part, batch: Batch): Part | null {
  if (way.kind === 'key') return batch.size > 1 ? part : null;
  const middle = halfway(part.last, batch.to);
  return middle && { ...part, rangeEnd: middle };
}

/** The share of the table that is done, 0 to 1; null where nothing is known of its size. */
export function shareDone({ table, way }: Field, parts: readonly Part[]): number | null {
  if (parts.every(({ last, end }) => sameKey(last, end))) return 1;
  if (way.kind === 'key') {
    const passed = parts.reduce((sum, part) => sum + part.rowsPassed, 0);
    return table.estimate > 0 ? Math.min(0.99, passed / table.estimate) : null;
  }
  const left = parts.reduce((sum, { last, end, rangeEnd, pass }) => {
    const done = pageOf(last);
    return sum + pageOf(end) - done - ((pageOf(rangeEnd ?? last) - done) * pass) / way.passes;
  }, 0);
  return 1 - left / Math.max(1, ...parts.map(({ end }) => pageOf(end)));
}
