import type pg from 'pg';

export type BackfillDirection = 'up' | 'down';

/** Which backfill: a migration's, or that of its way back. */
export interface BackfillId {
  readonly name: string;
  readonly direction: BackfillDirection;
}

/** How far a backfill came. Keys are the text of each key column. */
export interface Checkpoint {
  readonly relation: string;
  /** The file's text when it began. */
  readonly source: string;
  /** The key columns with their types, such as `id bigint`: a key of another type has another order. */
  readonly key: readonly string[];
  readonly lastKey: readonly string[] | null;
  readonly endKey: readonly string[];
  readonly rowsDone: number;
}

export async function readCheckpoint(
  client: pg.ClientBase,
  { name, direction }: BackfillId,
): Promise<Checkpoint | null> {
  const { rows } = await client.query<Omit<Checkpoint, 'rowsDone'> & { rowsDone: string }>(
    `select b.relation, b.source, b.key, b.last_key as "lastKey", b.end_key as "endKey", b.rows_done as "rowsDone"
       from rowhouse.backfill as b
      where b.name = $1 and b.direction = $2`,
    [name, direction],
  );
  const row = rows[0];
  return row ? { ...row, rowsDone: Number(row.rowsDone) } : null;
}

export async function createCheckpoint(
  client: pg.ClientBase,
  { name, direction }: BackfillId,
  { relation, source, key, endKey }: Pick<Checkpoint, 'relation' | 'source' | 'key' | 'endKey'>,
): Promise<void> {
  await client.query(
    'insert into rowhouse.backfill (name, direction, relation, source, key, end_key) values ($1, $2, $3, $4, $5, $6)',
    [name, direction, relation, source, key, endKey],
  );
}

/** Moves the checkpoint behind a batch; call it in the transaction of the batch. */
export async function advanceCheckpoint(
  client: pg.ClientBase,
  { name, direction }: BackfillId,
  lastKey: readonly string[],
  rows: number,
): Promise<void> {
  await client.query(
    `update rowhouse.backfill
        set last_key = $3, rows_done = rows_done + $4, batches = batches + 1, updated_at = pg_catalog.clock_timestamp()
      where name = $1 and direction = $2`,
    [name, direction, lastKey, rows],
  );
}
