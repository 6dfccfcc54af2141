import type pg from 'pg';
import { describe, expect } from 'vitest';
import { passesFor } from '../../src/backfill/way.ts';
import { test } from '../support/test.ts';
import { backfill, column } from './support.ts';

const body = 'update t set tenant = 1, n = n + 1 where tenant is null';

/** Rows in full pages; without autovacuum, which would leave other free room each time. */
function fullPages(client: pg.ClientBase, rows: number, id = 'g', type = 'bigint'): Promise<unknown> {
  return client.query(`
    create table t (id ${type} primary key, tenant integer, n integer not null default 0, filler text not null)
      with (autovacuum_enabled = false);
    insert into t (id, filler) select ${id}, repeat('x', 100) from generate_series(1, ${rows}) g`);
}

async function begun(client: pg.ClientBase): Promise<unknown[]> {
  return (await client.query<object>('select key, passes from rowhouse.backfill')).rows;
}

describe('passes over ranges of pages', () => {
  test('take every row once, as many as full pages ask for', async ({ database }) => {
    const { client } = database;
    await fullPages(client, 6000);
    const run = await backfill(database.url, body, { pace: { batchSize: 300 } });

    expect(run.rows).toBe(6000);
    // Of each range every pass takes its eighth.
    const taken = run.progress.slice(0, 8).map(({ rows }, index, all) => rows - (all[index - 1]?.rows ?? 0));
    expect(Math.max(...taken) - Math.min(...taken)).toBeLessThan(2);
    expect(await begun(client)).toEqual([{ key: ['ctid tid', 'id'], passes: 8 }]);
    expect(await column(client, 't', 'distinct n', '1')).toEqual([1]);
  });

  test.for<[what: string, id: string, type: string]>([
    ['a key that is no integer', 'md5(g::text)::uuid', 'uuid'],
    ['a key that counts in eights', 'g * 8', 'bigint'],
  ])('are dealt by the place of a row with %s', async ([, id, type], { database }) => {
    const { client } = database;
    await fullPages(client, 6000, id, type);

    const run = await backfill(database.url, body, { pace: { batchSize: 500 } });

    expect(run.rows).toBe(6000);
    expect(await begun(client)).toEqual([{ key: ['ctid tid'], passes: 8 }]);
    expect(await column(client, 't', 'distinct n', '1')).toEqual([1]);
  });

  test('take negative keys', async ({ database }) => {
    const { client } = database;
    await fullPages(client, 6000, 'g - 3000', 'integer');
    const run = await backfill(database.url, body, { pace: { batchSize: 500, passes: 3 } });
    // The sweep would have one batch for all that no pass has taken.
    expect(run.rows).toBe(6000);
    expect(run.progress.at(-2)?.rows).toBe(6000);
    expect(
      (await client.query("select rows_done::int from rowhouse.backfill_part where stage = 'sweep'")).rows,
    ).toEqual([{ rows_done: 0 }]);
  });

  test('go on behind the pass that was done last', async ({ database }) => {
    const { client } = database;
    await fullPages(client, 6000);
    const pace = { batchSize: 100 };
    await backfill(database.url, body, { pace, stopAfter: 13 });
    const { rows } = await client.query<{ pass: number; range_end: string[]; rows_done: number }>(
      'select pass, range_end, rows_done::int from rowhouse.backfill_part',
    );
    expect(rows[0]).toMatchObject({ pass: 5, range_end: [expect.stringMatching(/^\(\d+,0\)$/)] });
    expect(await column(client, 't', 'sum(n)::int', '1')).toEqual([rows[0]?.rows_done]);

    const run = await backfill(database.url, body, { pace: { batchSize: 1000 } });

    expect(run).toMatchObject({ rows: 6000, resumedAfter: rows[0]?.rows_done });
    expect(await column(client, 't', 'distinct n', '1')).toEqual([1]);
  });

  test('leave rows that came or moved meanwhile to a sweep', async ({ database }) => {
    const { client } = database;
    await fullPages(client, 6000);
    await backfill(database.url, body, { pace: { batchSize: 100 }, stopAfter: 9 });
    await client.query(`
      update t set filler = repeat('y', 150) where id % 100 = 0;
      insert into t (id, filler) select g, 'new' from generate_series(6001, 6100) g`);

    expect((await backfill(database.url, body, { pace: { batchSize: 1000 } })).rows).toBe(6100);
    expect(await column(client, 't', 'distinct n', '1')).toEqual([1]);
  });

  test('are shared by workers, each with a part of the table', async ({ database }) => {
    const { client } = database;
    await fullPages(client, 30_000);
    await backfill(database.url, body, { pace: { batchSize: 500, jobs: 3 }, stopAfter: 12 });
    const parts = await client.query<{ part: number }>(
      "select part from rowhouse.backfill_part where stage = 'fill' and batches > 0 order by part",
    );
    expect(parts.rows.map(({ part }) => part)).toEqual([0, 1, 2, 3]);

    expect((await backfill(database.url, body, { pace: { batchSize: 500, jobs: 2 } })).rows).toBe(30_000);
    expect(await column(client, 't', 'distinct n', '1')).toEqual([1]);
  });

  test('goes on with what an earlier version has begun by key', async ({ database }) => {
    const { client } = database;
    await fullPages(client, 1000);
    await backfill(database.url, 'update t set n = n', { stopAfter: 1 });
    await client.query(`
      drop table rowhouse.backfill_part, rowhouse.backfill_refused;
      alter table rowhouse.backfill drop column passes, drop column paused, drop column cancelled;
      update rowhouse.backfill set source = $b$${body}$b$, last_key = '{400}', rows_done = 400, batches = 4;
      update t set tenant = 1, n = 1 where id <= 400`);

    const run = await backfill(database.url, body, { pace: { batchSize: 100 } });

    expect(run).toMatchObject({ rows: 1000, resumedAfter: 400 });
    expect(run.progress[0]?.rows).toBe(500);
    expect(await column(client, 't', 'distinct n', '1')).toEqual([1]);
  });
});

test.for<[what: string, rowsPerPage: number, roomPerPage: number, passes: number]>([
  ['a full page', 60, 0, 8],
  ['room for one in five', 50, 11, 8],
  ['room for two in three', 50, 33, 4],
  ['room for all', 30, 31, 1],
  ['wide rows', 4, 0.5, 4],
  ['one row a page', 1, 0, 1],
])('%s asks for its number of passes', ([, rowsPerPage, roomPerPage, passes]) => {
  expect(passesFor({ rowsPerPage, roomPerPage })).toBe(passes);
});
