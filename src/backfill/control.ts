import type pg from 'pg';
import { formatDuration } from '../domain/duration.ts';
import type { BackfillId } from './checkpoint.ts';

/** How others want a backfill to go: a row that they write, and that the runner reads; null is as the runner was told. */
export interface Control {
  readonly paused: boolean;
  readonly cancelled: boolean;
  readonly batchSize: number | null;
  readonly batchMs: number | null;
  readonly load: number | null;
}

/** How a backfill goes, for others to see. */
export interface Standing {
  readonly fraction: number | null;
  /** Rows a second. */
  readonly rate: number | null;
  readonly heldBy: string | null;
}

/** Tells how the backfill goes, and reads how it shall. */
export async function exchange(
  client: pg.ClientBase,
  { name, direction }: BackfillId,
  { fraction, rate, heldBy }: Standing,
): Promise<Control | null> {
  const { rows } = await client.query<Control>(
    `update rowhouse.backfill as b
        set fraction = $3, rate = $4, held_by = $5, updated_at = pg_catalog.clock_timestamp()
      where b.name = $1 and b.direction = $2
     returning b.paused, b.cancelled, b.batch_size as "batchSize", b.batch_ms as "batchMs", b.load`,
    [name, direction, fraction, rate, heldBy],
  );
  return rows[0] ?? null;
}

/** What may be changed while a backfill runs; undefined is left as it is. */
export type Change = { readonly [Key in keyof Control]?: Control[Key] | undefined };

/** Changes how backfills go. @returns their names */
export async function steer(client: pg.ClientBase, name: string | null, change: Change): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `update rowhouse.backfill as b
        set paused = coalesce($2::boolean, b.paused), cancelled = coalesce($3::boolean, b.cancelled),
            -- A size and a time exclude each other: the later word counts.
            batch_size = case when $5::integer is null then coalesce($4, b.batch_size) else $4 end,
            batch_ms = case when $4::integer is null then coalesce($5, b.batch_ms) else $5 end,
            load = coalesce($6::integer, b.load)
      where $1::text is null or b.name = $1
     returning b.name`,
    [name, change.paused, change.cancelled, change.batchSize, change.batchMs, change.load],
  );
  return rows.map((row) => row.name);
}

/** A run that begins is not cancelled by what another was told. @returns what else was set, which it goes by */
export async function uncancel(client: pg.ClientBase, { name, direction }: BackfillId): Promise<Pace> {
  const { rows } = await client.query<Pace>(
    `update rowhouse.backfill as b
        set cancelled = false
      where b.name = $1 and b.direction = $2
     returning b.batch_size as "batchSize", b.batch_ms as "batchMs", b.load`,
    [name, direction],
  );
  return rows[0] ?? { batchSize: null, batchMs: null, load: null };
}

type Pace = Pick<Control, 'batchSize' | 'batchMs' | 'load'>;

/** `2,000 rows a batch, 30 % of the time`: what `rowhouse backfill set` has said; empty where it has said nothing. */
export function describePace({ batchSize, batchMs, load }: Pace): string {
  return [
    batchSize === null ? null : `${batchSize.toLocaleString('en')} rows a batch`,
    batchMs === null ? null : `${formatDuration(batchMs)} a batch`,
    load === null ? null : `${load} % of the time`,
  ]
    .filter((word) => word !== null)
    .join(', ');
}
