import type pg from 'pg';
import type { BatchStatement } from '../postgres/batch.ts';

export type Direction = 'up' | 'down';

/** How far a no-transaction file came. */
export interface Progress {
  readonly name: string;
  readonly direction: Direction;
  readonly statementsDone: number;
  /** `prefixHash` of the statements done. */
  readonly prefixHash: string;
  /** The index of a statement that was begun outside a transaction and of which we do not know the end. */
  readonly inFlight: number | null;
}

/** Every file that is half done. */
export async function readProgress(client: pg.ClientBase): Promise<Progress[]> {
  const { rows } = await client.query<Progress>(
    `select p.name, p.direction, p.statements_done as "statementsDone", p.prefix_hash as "prefixHash", p.in_flight as "inFlight"
       from rowhouse.progress as p
      order by p.name, p.direction`,
  );
  return rows;
}

export async function saveProgress(client: pg.ClientBase, progress: Progress): Promise<void> {
  await client.query(
    `insert into rowhouse.progress as p (name, direction, statements_done, prefix_hash, in_flight)
     values ($1, $2, $3, $4, $5)
     on conflict (name, direction) do update
        set statements_done = excluded.statements_done, prefix_hash = excluded.prefix_hash,
            in_flight = excluded.in_flight, updated_at = pg_catalog.clock_timestamp()`,
    [progress.name, progress.direction, progress.statementsDone, progress.prefixHash, progress.inFlight],
  );
}

/** Forgets the progress of a file, in the transaction that records it as done or undone. */
export function clearProgress(name: string): BatchStatement {
  return {
    text: 'with begun as (delete from rowhouse.backfill where name = $1) delete from rowhouse.progress where name = $1',
    values: [name],
  };
}

/** A backfill that has begun, and the text of its file then. */
export interface StartedBackfill {
  readonly name: string;
  readonly direction: Direction;
  readonly source: string;
}

/** Every backfill that has begun and is not done. */
export async function readStartedBackfills(client: pg.ClientBase): Promise<StartedBackfill[]> {
  const { rows } = await client.query<StartedBackfill>(
    'select b.name, b.direction, b.source from rowhouse.backfill as b order by b.name, b.direction',
  );
  return rows;
}

/** Lets the rest of a backfill be done by another text. */
export async function acceptBackfill(
  client: pg.ClientBase,
  { name, direction, source }: StartedBackfill,
): Promise<void> {
  await client.query('update rowhouse.backfill set source = $3 where name = $1 and direction = $2', [
    name,
    direction,
    source,
  ]);
}
