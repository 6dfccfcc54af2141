import type pg from 'pg';
import { RowhouseError } from '../domain/errors.ts';
import { sqlstateOf } from '../postgres/database-error.ts';
import type { BackfillId } from './checkpoint.ts';
import type { Key } from './position.ts';

/** A row that the body could not change. */
export interface RefusedRow {
  readonly rowKey: Key;
  readonly sqlstate: string;
  readonly message: string;
}

/** How many are listed where they are told of. */
export const listed = 20;

/** Whether an error is that of a row and not of the whole: its data, a constraint, or what a trigger raised. */
export function isRowsFault(error: unknown): boolean {
  return /^(22|23)...$|^P0001$/.test(sqlstateOf(error) ?? '');
}

/** Keeps a row for later; call it in the transaction that moves the checkpoint behind it. @returns how many there are */
export async function keepRefused(
  client: pg.ClientBase,
  { name, direction }: BackfillId,
  { rowKey, sqlstate, message }: RefusedRow,
): Promise<number> {
  await client.query(
    `insert into rowhouse.backfill_refused as r (name, direction, row_key, sqlstate, message)
     values ($1, $2, $3, $4, $5)
     on conflict (name, direction, row_key) do update
        set sqlstate = excluded.sqlstate, message = excluded.message, refused_at = pg_catalog.clock_timestamp()`,
    [name, direction, rowKey, sqlstate, message],
  );
  const { rows } = await client.query<{ count: number }>(
    `select pg_catalog.count(*)::integer as count from rowhouse.backfill_refused as r where r.name = $1 and r.direction = $2`,
    [name, direction],
  );
  return rows[0]?.count ?? 0;
}

export async function readRefused(client: pg.ClientBase, { name, direction }: BackfillId): Promise<RefusedRow[]> {
  const { rows } = await client.query<RefusedRow>(
    `select r.row_key as "rowKey", r.sqlstate, r.message
       from rowhouse.backfill_refused as r
      where r.name = $1 and r.direction = $2
      order by r.refused_at, r.row_key`,
    [name, direction],
  );
  return rows;
}

/** Forgets them, before they are tried again. @returns how many there were */
export async function forgetRefused(client: pg.ClientBase, { name, direction }: BackfillId): Promise<number> {
  const { rowCount } = await client.query('delete from rowhouse.backfill_refused where name = $1 and direction = $2', [
    name,
    direction,
  ]);
  return rowCount ?? 0;
}

export function refusedError(
  path: string,
  key: readonly string[],
  refused: readonly RefusedRow[],
  stopped: boolean,
): RowhouseError {
  const many = `${refused.length} row${refused.length === 1 ? ' was' : 's were'} refused`;
  const lines = refused
    .slice(0, listed)
    .map(
      ({ rowKey, message, sqlstate }) =>
        `(${key.join(', ')}) = (${rowKey.join(', ')}): ${message} (SQLSTATE ${sqlstate})`,
    );
  const more = refused.length > listed ? [`and ${refused.length - listed} more, in rowhouse.backfill_refused`] : [];
  return new RowhouseError(
    'database',
    'rows-refused',
    `${path}: ${many}; ${stopped ? 'it stopped there, as told' : 'all others are done'}.`,
    {
      detail: [...lines, ...more].join('\n'),
      hint: 'Mend them and run the same command again: it tries them again. More may be refused before it stops with --max-refused.',
    },
  );
}
