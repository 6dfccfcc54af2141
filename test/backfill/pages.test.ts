import { describe, expect } from 'vitest';
import { test } from '../support/test.ts';
import { backfill, column, path } from './support.ts';

const invalid = (message: string) =>
  expect.objectContaining({ code: 'backfill-invalid', message: `${path}: ${message}` }) as unknown;

describe('a table without a key', () => {
  const body = `update t set tenant = 1, n = n + 1 where tenant is null`;
  const schema = `
    create table t (id integer, tenant integer, n integer not null default 0, filler text not null) with (autovacuum_enabled = false);
    insert into t (id, filler) select g, repeat('x', 1500) from generate_series(1, 40) g;`;

  test('is taken page by page, and rows that an update moves to later pages are not taken again', async ({
    database,
  }) => {
    const { client } = database;
    // No page has room for a second version: every changed row moves behind.
    await client.query(`${schema} analyze t`);

    const run = await backfill(database.url, body, { pace: { batchSize: 5 } });

    expect(run.rows).toBe(40);
    expect(run.progress.length).toBeGreaterThan(5);
    expect(await column(client, 't', 'n', 'id')).toEqual(Array.from({ length: 40 }, () => 1));
  });

  test('resumes behind the last page that is done, and sweeps what moved behind it', async ({ database }) => {
    const { client } = database;
    await client.query(`${schema} analyze t`);
    await backfill(database.url, body, { pace: { batchSize: 5 }, stopAfter: 3 });
    const done = (await column(client, 't', 'n', 'id')).filter((n) => n === 1).length;
    expect(done).toBeGreaterThan(0);
    // Frees the first pages, then moves rows that are still to do into them.
    await client.query('vacuum t');
    await client.query(`update t set filler = repeat('y', 1500) where id > 30`);

    const run = await backfill(database.url, body, { pace: { batchSize: 5 } });

    expect(run).toMatchObject({ rows: 40, resumedAfter: done });
    expect(await column(client, 't', 'n', 'id')).toEqual(Array.from({ length: 40 }, () => 1));
  });

  test('is taken too where it is empty, and where nobody has analyzed it', async ({ database }) => {
    await database.client.query(`create table t (tenant integer, n integer not null default 0)`);
    expect((await backfill(database.url, body)).rows).toBe(0);
    await database.client.query(`insert into t default values`);
    expect((await backfill(database.url, body, { pace: { batchSize: 1 } })).rows).toBe(1);
  });

  test.for([
    ['nothing tells what is still to do', 'update t set n = n + 1'],
    ['the body places a range', 'update t set tenant = 1 where tenant is null and id > :from and id <= :to'],
  ])('is refused where %s', async ([, refused = ''], { database }) => {
    await database.client.query(schema);
    await expect(backfill(database.url, refused)).rejects.toEqual(
      invalid(
        '"t" has no unique key of NOT NULL columns, so its rows are taken page by page, and a changed row may come again',
      ),
    );
  });

  test.for([
    ['may hold NULL', 'unique (id)'],
    ['leaves rows out', 'exclude (id with =)'],
  ])('is one whose key %s', async ([, constraint = ''], { database }) => {
    await database.client.query(`create table t (id integer, n integer, ${constraint})`);
    await expect(backfill(database.url, 'update t set n = 1')).rejects.toMatchObject({ code: 'backfill-invalid' });
  });

  test('is refused where it is partitioned', async ({ database }) => {
    await database.client.query(`create table t (id integer, tenant integer, n integer) partition by list (id)`);
    await expect(backfill(database.url, body)).rejects.toEqual(
      invalid('"t" is partitioned and has no unique key of NOT NULL columns'),
    );
  });
});

describe('a body that cannot be taken in batches', () => {
  test.for([
    ['no table', 'update missing set n = 1', 'the table "missing" does not exist'],
    ['a view', 'update v set n = 1', '"v" is not a table'],
    [
      'the key itself',
      'update t set id = id + 10',
      'the body sets id, by which the rows of "t" are taken: a changed row may come again',
    ],
    [
      'a range of another column',
      'update t set n = 1 where n > :from and n <= :to',
      'the range is placed on n, and the key of "t" is (id)',
    ],
    [
      'a range of a part of the key',
      'update two set n = 1 where a > :from and a <= :to',
      'the range is placed on a, and the key of "two" is (a, b)',
    ],
  ])('is one of %s', async ([, body = '', message = ''], { database }) => {
    await database.client.query(`
      create table t (id integer primary key, n integer);
      create table two (a integer, b integer, n integer, primary key (a, b));
      create view v as select * from t`);
    await expect(backfill(database.url, body)).rejects.toEqual(invalid(message));
  });
});
