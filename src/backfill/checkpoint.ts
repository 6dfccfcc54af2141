import type pg from 'pg';
import { RowhouseError } from '../domain/errors.ts';
import type { Key, Position } from './position.ts';

export type BackfillDirection = 'up' | 'down';

/** Which backfill: a migration's, or that of its way back. */
export interface BackfillId {
  readonly name: string;
  readonly direction: BackfillDirection;
}

/** What a backfill goes over, as it began. */
export interface Checkpoint {
  readonly relation: string;
  /** The file's text when it began. */
  readonly source: string;
  /** The key columns with their types, such as `id bigint`: a key of another type has another order. */
  readonly key: readonly string[];
  readonly passes: number;
}

/** First the table as it was when the backfill began; then, once, what moved or came meanwhile. */
export type Stage = 'fill' | 'sweep';

/** A part of the table that one worker takes, and how far it is. */
export interface Part extends Position {
  readonly stage: Stage;
  readonly part: number;
  readonly end: Key;
  readonly rowsDone: number;
  /** Rows that were looked at, as far as this run can tell: a body may leave some out. */
  readonly rowsPassed: number;
}

export async function readCheckpoint(
  client: pg.ClientBase,
  { name, direction }: BackfillId,
): Promise<Checkpoint | null> {
  const { rows } = await client.query<Checkpoint>(
    `select b.relation, b.source, b.key, b.passes
       from rowhouse.backfill as b
      where b.name = $1 and b.direction = $2`,
    [name, direction],
  );
  return rows[0] ?? null;
}

export async function createCheckpoint(
  client: pg.ClientBase,
  { name, direction }: BackfillId,
  { relation, source, key, passes }: Checkpoint,
  end: Key,
): Promise<void> {
  await client.query(
    'insert into rowhouse.backfill (name, direction, relation, source, key, passes, end_key) values ($1, $2, $3, $4, $5, $6, $7)',
    [name, direction, relation, source, key, passes, end],
  );
}

/** The parts of a backfill, in order. One that an earlier version has begun, which knew no parts, becomes one. */
export async function readParts(client: pg.ClientBase, { name, direction }: BackfillId): Promise<Part[]> {
  await client.query(
    `insert into rowhouse.backfill_part (name, direction, stage, part, last_key, end_key, rows_done, batches)
     select b.name, b.direction, 'fill', 0, b.last_key, b.end_key, b.rows_done, b.batches
       from rowhouse.backfill as b
      where b.name = $1 and b.direction = $2
        and not exists (select from rowhouse.backfill_part as p where p.name = b.name and p.direction = b.direction)`,
    [name, direction],
  );
  const { rows } = await client.query<Omit<Part, 'rowsDone' | 'rowsPassed'> & { rowsDone: string }>(
    `select p.stage, p.part, p.last_key as "last", p.end_key as "end", p.range_end as "rangeEnd", p.pass,
            p.rows_done as "rowsDone"
       from rowhouse.backfill_part as p
      where p.name = $1 and p.direction = $2
      order by p.stage, p.part`,
    [name, direction],
  );
  return rows.map((row) => ({ ...row, rowsDone: Number(row.rowsDone), rowsPassed: Number(row.rowsDone) }));
}

export async function createPart(
  client: pg.ClientBase,
  { name, direction }: BackfillId,
  { stage, part, last, end }: Pick<Part, 'stage' | 'part' | 'last' | 'end'>,
): Promise<void> {
  await client.query(
    'insert into rowhouse.backfill_part (name, direction, stage, part, last_key, end_key) values ($1, $2, $3, $4, $5, $6)',
    [name, direction, stage, part, last, end],
  );
}

/** Lets a part end earlier: the rest is another's. */
export async function shortenPart(client: pg.ClientBase, id: BackfillId, part: Part, end: Key): Promise<void> {
  await client.query(
    'update rowhouse.backfill_part set end_key = $5 where name = $1 and direction = $2 and stage = $3 and part = $4',
    [id.name, id.direction, part.stage, part.part, end],
  );
}

/** Sweeps once more: what the last sweep has found is counted with the rest. */
export async function repeatSweep(client: pg.ClientBase, { name, direction }: BackfillId): Promise<void> {
  await client.query(
    `with swept as (
       delete from rowhouse.backfill_part as p
        where p.name = $1 and p.direction = $2 and p.stage = 'sweep'
       returning p.rows_done
     )
     update rowhouse.backfill_part as p
        set rows_done = p.rows_done + coalesce((select pg_catalog.sum(s.rows_done) from swept as s), 0)
      where p.name = $1 and p.direction = $2 and p.stage = 'fill' and p.part = 0`,
    [name, direction],
  );
}

/**
 * Moves the checkpoint behind a batch; call it in the transaction of the batch.
 *
 * @throws RowhouseError `backfill-taken-over` where another run has moved it: the batch is the other's
 */
export async function advancePart(
  client: pg.ClientBase,
  id: BackfillId,
  part: Part,
  to: Position,
  rows: number,
): Promise<void> {
  const { rowCount } = await client.query(
    `update rowhouse.backfill_part
        set last_key = $7, range_end = $8, pass = $9, rows_done = rows_done + $10, batches = batches + 1,
            updated_at = pg_catalog.clock_timestamp()
      where name = $1 and direction = $2 and stage = $3 and part = $4
        and last_key is not distinct from $5 and pass = $6`,
    [id.name, id.direction, part.stage, part.part, part.last, part.pass, to.last, to.rangeEnd, to.pass, rows],
  );
  if (rowCount === 1) return;
  throw new RowhouseError('locked', 'backfill-taken-over', `Another run goes on with the backfill ${id.name}.`, {
    hint: 'Its batches count, and none of this run was lost or done twice. See `rowhouse status`.',
  });
}
