import type pg from 'pg';

/** How far a backfill came. Keys are the text of each key column. */
export interface Checkpoint {
  readonly relation: string;
  readonly key: readonly string[];
  readonly lastKey: readonly string[] | null;
  readonly endKey: readonly string[];
  readonly rowsDone: number;
}

export async function readCheckpoint(client: pg.ClientBase, name: string): Promise<Checkpoint | null> {
  const { rows } = await client.query<Omit<Checkpoint, 'rowsDone'> & { rowsDone: string }>(
    `select b.relation, b.key, b.last_key as "lastKey", b.end_key as "endKey", b.rows_done as "rowsDone"
       from rowhouse.backfill as b
      where b.name = $1`,
    [name],
  );
  const row = rows[0];
  return row ? { ...row, rowsDone: Number(row.rowsDone) } : null;
}

export async function createCheckpoint(client: pg.ClientBase, name: string, checkpoint: Checkpoint): Promise<void> {
  await client.query('insert into rowhouse.backfill (name, relation, key, end_key) values ($1, $2, $3, $4)', [
    name,
    checkpoint.relation,
    checkpoint.key,
    checkpoint.endKey,
  ]);
}

/** Moves the checkpoint behind a batch; call it in the transaction of the batch. */
export async function advanceCheckpoint(
  client: pg.ClientBase,
  name: string,
  lastKey: readonly string[],
  rows: number,
): Promise<void> {
  await client.query(
    `update rowhouse.backfill
        set last_key = $2, rows_done = rows_done + $3, batches = batches + 1, updated_at = pg_catalog.clock_timestamp()
      where name = $1`,
    [name, lastKey, rows],
  );
}
