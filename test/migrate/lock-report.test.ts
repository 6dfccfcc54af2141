import { expect } from 'vitest';
import { lockReport } from '../../src/app/lock-report.ts';
import { failureOf, test } from './support.ts';

test('every lock is told of with how long it was held, and a table that was rewritten', async ({
  database,
  project,
  rowhouse,
}) => {
  const { client } = database;
  await client.query(`
    create table t (id integer primary key, a integer);
    create table r (id integer primary key);
    insert into t select g, g from generate_series(1, 1000) g`);
  await project.migration(
    '0001_expand',
    `alter table t add column b integer;
     create table fresh (id integer references r);
     create index on fresh (id);
     alter table t alter column a type bigint;
     select pg_sleep(0.05);`,
  );
  await project.migration(
    '0002_index',
    `-- rowhouse: no-transaction
     create index concurrently t_b on t (b);
     alter table t add constraint b_there check (b > 0) not valid;
     alter table t validate constraint b_there;`,
  );
  await project.migration('0003_fill', '-- rowhouse: backfill\nupdate t set b = 1 where b is null;');
  const said: string[] = [];
  const report = async () => lockReport(await rowhouse.request(), {}, (text) => said.push(text));

  expect(await failureOf(report())).toMatchObject({ code: 'database-in-use' });
  await client.end();
  const locks = await report();

  expect(locks.map(({ file, line, relation, mode, rewritten }) => [file, line, relation, mode, rewritten])).toEqual([
    ['migrations/0001_expand.sql', 1, 'public.t', 'AccessExclusive', false],
    ['migrations/0001_expand.sql', 2, 'public.r', 'ShareRowExclusive', false],
    ['migrations/0001_expand.sql', 4, 'public.t', 'AccessExclusive', true],
    ['migrations/0002_index.sql', 2, 'public.t', 'ShareUpdateExclusive', false],
    ['migrations/0002_index.sql', 3, 'public.t', 'AccessExclusive', false],
    ['migrations/0002_index.sql', 4, 'public.t', 'ShareUpdateExclusive', false],
  ]);
  expect(locks.map(({ keepsFrom }) => keepsFrom)).toEqual(['reading', 'writing', 'reading', null, 'reading', null]);
  // Until the transaction ends, whatever comes after it in the file.
  for (const { heldMs } of locks.slice(0, 3)) expect(heldMs).toBeGreaterThanOrEqual(50);
  expect(said.map((text) => text.split(' ')[0])).toEqual(['Made', 'Dropped']);
  const after = await database.connect();
  expect((await after.query("select to_regclass('fresh') as fresh")).rows).toEqual([{ fresh: null }]);
});
