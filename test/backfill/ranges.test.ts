import { describe, expect } from 'vitest';
import { test } from '../support/test.ts';
import { backfill, column } from './support.ts';

/** Every row once: the body counts, and nothing in it keeps a row from being counted twice. */
describe('ranges of a key', () => {
  test.for<[what: string, columns: string, keys: string]>([
    ['uuid', 'k uuid primary key', 'select md5(g::text)::uuid from generate_series(1, 7) g'],
    [
      'bigint',
      'k bigint primary key',
      'values (-9223372036854775808), (-1), (0), (7), (8), (10), (9223372036854775807)',
    ],
    [
      'text of a language',
      'k text collate "en-x-icu" primary key',
      `values (''), ('a'), ('B'), ('b'), ('O''Brien'), ('"quoted" \\ {x,y}'), ('Ärger')`,
    ],
    ['text in bytes', 'k text collate "C" primary key', `values (''), (' '), ('a'), ('B'), ('b '), (E'\\n'), ('NULL')`],
    ['char(n)', 'k char(3) primary key', `values ('a'), ('ab'), ('abc'), (''), ('b'), ('ba'), ('c')`],
    [
      'timestamptz',
      'k timestamptz primary key',
      `select timestamptz '2024-03-31 00:30:00+01' + g * interval '1 microsecond' from generate_series(1, 6) g
       union all select 'infinity'`,
    ],
    ['numeric', 'k numeric primary key', `values (0.1), (0.10000000000000000001), (1e30), (-5), (2), (10), ('NaN')`],
    ['double precision', 'k float8 primary key', `values (0.1), (0.3), (1e300), (-5), (2), (1.0/3), ('Infinity')`],
    ['bytea', 'k bytea primary key', `select decode(md5(g::text), 'hex') from generate_series(1, 7) g`],
    ['interval', 'k interval primary key', `select g * interval '29 days 13:00:01' from generate_series(1, 7) g`],
    ['a unique key beside no primary one', 'k integer not null unique', 'select g from generate_series(1, 7) g'],
    [
      'a key with other columns in its index',
      'k integer, n2 int, primary key (k) include (n2)',
      'values (1), (2), (3), (4), (5), (6), (7)',
    ],
  ])('of %s', async ([, columns, keys], { database }) => {
    const { client } = database;
    await client.query(`create table t (${columns}, n integer not null default 0); insert into t (k) ${keys}`);

    const run = await backfill(database.url, 'update t set n = n + 1');

    expect(run.rows).toBe(7);
    expect(run.progress.map(({ rows }) => rows)).toEqual([2, 4, 6, 7, 7]);
    expect(await column(client, 't', 'n', 'k')).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });

  test('of several columns, with names that need quotes', async ({ database }) => {
    const { client } = database;
    await client.query(`
      create schema "S ""x";
      create table "S ""x"."Täble" ("From" text, "sélect" integer, n integer not null default 0, primary key ("From", "sélect"));
      insert into "S ""x"."Täble" select chr(97 + g % 3), g from generate_series(1, 11) g`);

    const run = await backfill(database.url, `update "S ""x"."Täble" as "t ""a" set n = n + 1`, {
      pace: { batchSize: 3 },
    });

    expect(run.rows).toBe(11);
    expect(run.progress.map(({ rows }) => rows)).toEqual([3, 6, 9, 11, 11]);
    expect(await column(client, `"S ""x"."Täble"`, 'distinct n', '1')).toEqual([1]);
  });

  test.for<[what: string, body: string]>([
    ['no WHERE', 'update t set n = n + 1'],
    ['a semicolon, a comment and another semicolon', 'update t set n = n + 1; -- where\n;'],
    ['a WHERE that ends in a comment', 'update t set n = n + 1 where id > 0 -- and no more'],
    ['OR', 'update t set n = n + 1 where id > 3 or id <= 3'],
    [
      '`where` in a string, a comment and a name',
      `update t set n = n + length(' where ') - 6 /* where */ from (select 1 as "where") w`,
    ],
    ['`where` in a subquery', 'update t set n = (select t.n + 1 where true)'],
    ['`where` in a WITH', 'with one as (select 1 as o where true) update t set n = n + o from one where o = 1'],
    ['an alias', 'update t as x set n = x.n + 1 from t as t2 where t2.id = x.id'],
    ['an alias that needs quotes', 'update only t "X" set n = "X".n + 1'],
    ['its own range', 'update t set n = n + 1 where t.id > :from and t.id <= :to'],
    [
      'its own range, twice',
      `with b as (select id from t where id > :from and id <= :to)
       update t set n = n + 1 from b where b.id = t.id and t.id > :from and t.id <= :to;`,
    ],
  ])('are put into a body with %s', async ([, body], { database }) => {
    const { client } = database;
    await client.query(`
      create table t (id integer primary key, n integer not null default 0);
      insert into t (id) select generate_series(1, 5)`);

    const run = await backfill(database.url, body);

    expect(run.progress.map(({ rows }) => rows)).toEqual([2, 4, 5, 5]);
    expect(await column(client, 't', 'n', 'id')).toEqual([1, 1, 1, 1, 1]);
  });

  test('that the body places are swept at the end too', async ({ database }) => {
    const { client } = database;
    await client.query(`
      create table t (id integer primary key, tenant integer);
      insert into t select generate_series(2, 6)`);
    const body = 'update t set tenant = 1 where tenant is null and id > :from and id <= :to';
    await backfill(database.url, body, { stopAfter: 2 });
    await client.query('insert into t values (1), (7)');

    expect((await backfill(database.url, body)).rows).toBe(7);
    expect(await column(client, 't', 'tenant', 'id')).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });

  test('of a partitioned table go over all of its partitions', async ({ database }) => {
    const { client } = database;
    await client.query(`
      create table t (id integer, region text, n integer not null default 0, primary key (id, region)) partition by list (region);
      create table t_a partition of t for values in ('a');
      create table t_b partition of t for values in ('b');
      insert into t select g, chr(97 + g % 2) from generate_series(1, 7) g`);

    expect((await backfill(database.url, 'update t set n = n + 1')).rows).toBe(7);
    expect(await column(client, 't', 'n', 'id')).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });

  test.for<[what: string, table: string]>([
    ['of one table', ''],
    ['of a partitioned table', 'partition by hash (region)'],
  ])('%s are shared by workers, each with a part of the key', async ([, partitioned], { database }) => {
    const { client } = database;
    await client.query(
      `create table t (region text, id integer, n integer not null default 0, filler text, primary key (region, id)) ${partitioned}`,
    );
    if (partitioned !== '') {
      await client.query(`
        create table t_0 partition of t for values with (modulus 2, remainder 0);
        create table t_1 partition of t for values with (modulus 2, remainder 1)`);
    }
    await client.query(`insert into t select 'r' || g % 5, g, 0, repeat('x', 500) from generate_series(1, 9000) g`);
    const body = 'update t set n = n + 1';

    await backfill(database.url, body, { pace: { batchSize: 300, jobs: 3 }, stopAfter: 12 });
    const parts = await client.query<{ done: number }>(
      'select rows_done::integer as done from rowhouse.backfill_part order by part',
    );
    expect(parts.rows).toHaveLength(9);
    expect(parts.rows.filter(({ done }) => done > 0).length).toBeGreaterThan(3);

    // Each of nine parts has a ninth of the rows, more or less; more workers divide what is left again.
    const { rows } = await backfill(database.url, body, { pace: { batchSize: 300, jobs: 4 } });
    expect(rows).toBe(9000);
    expect(await column(client, 't', 'distinct n', '1')).toEqual([1]);
    const sizes = await column(client, 'rowhouse.backfill_part', 'rows_done::integer', 'part');
    expect(sizes.length).toBeGreaterThan(9);
    expect(Math.max(...(sizes as number[]))).toBeLessThan(2000);
  });

  test('are one row each with a batch size of 1, and the last one tells the end', async ({ database }) => {
    await database.client.query(`
      create table t (id integer primary key, n integer not null default 0);
      insert into t (id) select generate_series(1, 4);
      analyze t`);

    const { progress } = await backfill(database.url, 'update t set n = n + 1', { pace: { batchSize: 1 } });

    expect(progress).toEqual([
      { rows: 1, fraction: 0.25 },
      { rows: 2, fraction: 0.5 },
      { rows: 3, fraction: 0.75 },
      { rows: 4, fraction: 1 },
      { rows: 4, fraction: 1 },
    ]);
  });

  test('are none in an empty table', async ({ database }) => {
    await database.client.query('create table t (id integer primary key, n integer)');
    expect(await backfill(database.url, 'update t set n = 1')).toMatchObject({ rows: 0, progress: [] });
  });
});

/** What other sessions do between two batches. */
describe('between two batches', () => {
  const counting = 'update t set n = n + 1';
  const schema = `
    create table t (id integer primary key, n integer not null default 0);
    insert into t (id) select g * 10 from generate_series(1, 6) g`;

  test('rows may come and go: what lies ahead is taken, what comes after the end is not', async ({ database }) => {
    const { client } = database;
    await client.query(schema);
    await backfill(database.url, counting, { stopAfter: 1 });
    await client.query('insert into t (id) values (5), (35), (65); delete from t where id in (10, 30)');

    const run = await backfill(database.url, counting);

    expect(run).toMatchObject({ rows: 6, resumedAfter: 2 });
    expect(await column(client, 't', "id || ':' || n", 'id')).toEqual([
      '5:0',
      '20:1',
      '35:1',
      '40:1',
      '50:1',
      '60:1',
      '65:0',
    ]);
  });

  test('the key that ended the last batch, and that of the end, may go', async ({ database }) => {
    const { client } = database;
    await client.query(schema);
    await backfill(database.url, counting, { stopAfter: 1 });
    await client.query('delete from t where id in (20, 60)');

    expect((await backfill(database.url, counting)).rows).toBe(5);
    expect(await column(client, 't', 'n', 'id')).toEqual([1, 1, 1, 1]);
  });

  test('a row that comes behind the checkpoint is swept where the body knows it', async ({ database }) => {
    const { client } = database;
    await client.query(
      'create table t (id integer primary key, tenant integer); insert into t select g * 10 from generate_series(1, 6) g',
    );
    const body = 'update t set tenant = 1 where tenant is null and id > :from and id <= :to';
    await backfill(database.url, body, { stopAfter: 2 });
    await client.query('insert into t values (5), (65)');

    expect((await backfill(database.url, body)).rows).toBe(8);
    expect(await column(client, 't', 'count(*) filter (where tenant is null)::int', '1')).toEqual([0]);
  });

  test('the batch size may change', async ({ database }) => {
    await database.client.query(schema);
    await backfill(database.url, counting, { pace: { batchSize: 1 }, stopAfter: 1 });

    expect(await backfill(database.url, counting, { pace: { batchSize: 100 } })).toMatchObject({
      rows: 6,
      resumedAfter: 1,
    });
    expect(await column(database.client, 't', 'n', 'id')).toEqual([1, 1, 1, 1, 1, 1]);
  });
});
