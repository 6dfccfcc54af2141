import type pg from 'pg';
import { describe, expect } from 'vitest';
import { halfway } from '../../src/backfill/position.ts';
import { test } from '../support/test.ts';
import { backfill, column, path } from './support.ts';

const body = 'update t set tenant = 1 where tenant is null';

/** A trigger that refuses the rows that are marked, in the middle of pages and at their ends. */
const refusing = `
  create function refuse() returns trigger language plpgsql as $$
    begin if new.bad then raise 'no tenant for %', new.id; end if; return new; end $$;
  create trigger refuse before update of tenant on t for each row execute function refuse()`;

async function errorOf(run: Promise<unknown>): Promise<unknown> {
  return run.then(
    () => null,
    (error: unknown) => error,
  );
}

function left(client: pg.ClientBase): Promise<unknown[]> {
  return column(client, 't', 'id', 'id').then(async () =>
    (await client.query<{ id: number }>('select id from t where tenant is null order by id')).rows.map(({ id }) => id),
  );
}

describe('rows that a trigger or a constraint refuses', () => {
  test.for<[what: string, schema: string]>([
    [
      'by pages, in passes',
      `create table t (id integer primary key, tenant integer, bad boolean not null default false);
       insert into t (id) select g from generate_series(1, 2000) g`,
    ],
    [
      'by key, in partitions',
      `create table t (id integer primary key, tenant integer, bad boolean not null default false) partition by range (id);
       create table t_one partition of t for values from (0) to (1000);
       create table t_two partition of t for values from (1000) to (3000);
       insert into t (id) select g from generate_series(1, 2000) g`,
    ],
  ])('are set aside with their keys, and tried again by the next run: $0', async ([, schema], { database }) => {
    const { client } = database;
    await client.query(`${schema}; update t set bad = true where id in (1, 999, 2000); ${refusing}`);
    const settings = { pace: { batchSize: 500, passes: 2 }, fires: ['refuse'] };

    const error = await errorOf(backfill(database.url, body, settings));

    expect(error).toMatchObject({
      kind: 'database',
      code: 'rows-refused',
      message: `${path}: 3 rows were refused; all others are done.`,
    });
    expect((error as { detail: string }).detail.split('\n').toSorted()).toEqual(
      [1, 2000, 999].map((id) => `(id) = (${id}): no tenant for ${id} (SQLSTATE P0001)`),
    );
    expect(await left(client)).toEqual([1, 999, 2000]);

    await client.query('update t set bad = false where id <> 999');
    expect(await errorOf(backfill(database.url, body, settings))).toMatchObject({
      message: `${path}: 1 row was refused; all others are done.`,
    });
    expect(await left(client)).toEqual([999]);

    await client.query('update t set bad = false');
    expect((await backfill(database.url, body, settings)).rows).toBe(2000);
    expect((await client.query('select from rowhouse.backfill_refused')).rowCount).toBe(0);
  });

  test('stop the backfill where they are one too many', async ({ database }) => {
    const { client } = database;
    await client.query(`
      create table t (id integer primary key, tenant integer unique);
      insert into t (id) select g from generate_series(1, 50) g`);

    const error = await errorOf(backfill(database.url, body, { pace: { batchSize: 10, maxRefused: 2 } }));

    expect(error).toMatchObject({
      code: 'rows-refused',
      message: `${path}: 3 rows were refused; it stopped there, as told.`,
    });
    expect((await left(client)).length).toBe(49);
  });

  test('count anew in the next run, which tries those again that were mended', async ({ database }) => {
    const { client } = database;
    await client.query(`
      create table t (id integer primary key, tenant integer, bad boolean not null default false);
      insert into t select g, null, g % 10 = 0 from generate_series(1, 60) g; ${refusing}`);
    const settings = { pace: { batchSize: 10, maxRefused: 2 }, fires: ['refuse'] };
    const stopped = expect.objectContaining({
      message: `${path}: 3 rows were refused; it stopped there, as told.`,
    }) as unknown;

    for (const mended of [30, 60]) {
      expect(await errorOf(backfill(database.url, body, settings))).toEqual(stopped);
      await client.query('update t set bad = false where id <= $1', [mended]);
    }

    expect((await backfill(database.url, body, settings)).rows).toBe(60);
  });

  test('are tried again where the last sweep was stopped in its midst', async ({ database }) => {
    const { client } = database;
    await client.query(`
      create table t (id integer primary key, tenant integer, bad boolean not null default false);
      insert into t select g, null, g in (1, 1000, 2000) from generate_series(1, 2000) g; ${refusing}`);
    const settings = (maxRefused: number) => ({ pace: { batchSize: 500, passes: 2, maxRefused }, fires: ['refuse'] });
    for (const most of [100, 1]) await errorOf(backfill(database.url, body, settings(most)));
    expect((await client.query("select from rowhouse.backfill_part where stage = 'sweep'")).rowCount).toBe(1);

    await client.query('update t set bad = false');

    expect((await backfill(database.url, body, settings(1))).rows).toBe(2000);
  });

  test('are named by their place where the table has no key', async ({ database }) => {
    await database.client.query(`
      create table t (id integer, tenant integer check (id <> 2 or tenant is null));
      insert into t (id) values (1), (2), (3)`);
    expect(await errorOf(backfill(database.url, body))).toMatchObject({
      detail: expect.stringMatching(
        /^\(ctid\) = \(\(0,2\)\): new row for relation "t" violates check constraint/,
      ) as string,
    });
    expect(await left(database.client)).toEqual([2]);
  });
});

test.for<[from: string | null, to: string, middle: string | null]>([
  [null, '(8,0)', '(4,0)'],
  ['(4,0)', '(6,0)', '(5,0)'],
  ['(4,7)', '(6,0)', '(5,0)'],
  ['(4,0)', '(5,0)', '(4,1024)'],
  ['(4,1)', '(4,3)', '(4,2)'],
  ['(4,2)', '(4,3)', null],
])('between %s and %s lies %s', ([from, to, middle]) => {
  expect(halfway(from === null ? null : [from], [to])?.[0] ?? null).toBe(middle);
});
