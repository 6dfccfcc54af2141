import type pg from 'pg';
import { beforeAll, afterAll, describe, expect, test } from 'vitest';
import { keepsFrom, lockModes } from '../../src/sql/lock-mode.ts';
import { locksTaken } from '../../src/sql/locks.ts';
import { splitStatements } from '../../src/sql/parse.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { serverMajor } from '../support/test.ts';

/** `relation mode work`, and `?` where the work is not certain. */
function locksOf(sql: string): string[] {
  return splitStatements(sql).flatMap(({ node }) =>
    locksTaken(node).map(({ relation: { schema, name }, mode, work, certain }) =>
      [
        schema === null ? name : `${schema}.${name}`,
        mode,
        ...(work === 'none' ? [] : [certain ? work : `${work}?`]),
      ].join(' '),
    ),
  );
}

interface Seen {
  readonly locks: readonly string[];
  readonly rewritten: readonly string[];
}

/** The locks that the server itself tells of, the strongest of each table; and which tables it wrote anew. */
async function observe(client: pg.Client, sql: string): Promise<Seen> {
  await client.query('begin');
  try {
    const before = await client.query<{ oid: number; name: string; file: number }>(
      `select c.oid, c.relname::text as name, pg_relation_filenode(c.oid) as file
         from pg_class as c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'm')`,
    );
    await client.query(sql);
    const { rows } = await client.query<{ oid: number; modes: string[]; file: number | null }>(
      `select l.relation as oid, array_agg(l.mode) as modes, pg_relation_filenode(l.relation) as file
         from pg_locks as l
        where l.pid = pg_backend_pid() and l.relation is not null and l.mode not in ('AccessShareLock', 'RowShareLock')
        group by l.relation`,
    );
    const seen = before.rows.flatMap(({ oid, name, file }) => {
      const now = rows.find((row) => row.oid === oid);
      const mode = lockModes.findLast((one) => now?.modes.includes(`${one}Lock`));
      return mode === undefined ? [] : [{ name, lock: `${name} ${mode}`, rewritten: now?.file !== file }];
    });
    return {
      locks: seen.map(({ lock }) => lock),
      rewritten: seen.flatMap(({ name, rewritten }) => (rewritten ? [name] : [])),
    };
  } finally {
    await client.query('rollback');
  }
}

const statements: [sql: string, locks: string[], minMajor?: number][] = [
  ['alter table t add column x int', ['t AccessExclusive']],
  ['alter table t add column x int default 7', ['t AccessExclusive']],
  ['alter table t add column x timestamptz default now()', ['t AccessExclusive']],
  ['alter table t add column x uuid default gen_random_uuid()', ['t AccessExclusive rewrite']],
  ['alter table t add column x text default reverse($$a$$)', ['t AccessExclusive rewrite?']],
  ['alter table t add column x bigserial', ['t AccessExclusive rewrite']],
  ['alter table t add column x int generated always as identity', ['t AccessExclusive rewrite']],
  ['alter table t add column x int generated always as (id * 2) stored', ['t AccessExclusive rewrite']],
  ['alter table t add column x int generated always as (id * 2) virtual', ['t AccessExclusive'], 18],
  ['alter table t add column x int references r', ['t AccessExclusive', 'r ShareRowExclusive']],
  ['alter table t add column x int not null default 1', ['t AccessExclusive']],
  ['alter table t add column x int check (x > 0)', ['t AccessExclusive scan']],
  ['alter table t alter column a type bigint', ['t AccessExclusive rewrite?']],
  ['alter table t alter column a set not null', ['t AccessExclusive scan?']],
  ['alter table t alter column a set default 1', ['t AccessExclusive']],
  ['alter table t alter column a set statistics 10', ['t ShareUpdateExclusive']],
  ['alter table t drop column a', ['t AccessExclusive']],
  ['alter table t add check (id > 0)', ['t AccessExclusive scan']],
  ['alter table t add constraint c check (id > 0) not valid', ['t AccessExclusive']],
  ['alter table t add foreign key (a) references r', ['t ShareRowExclusive scan', 'r ShareRowExclusive scan']],
  [
    'alter table t add foreign key (a) references public.r not valid',
    ['t ShareRowExclusive', 'public.r ShareRowExclusive'],
  ],
  ['alter table t validate constraint held', ['t ShareUpdateExclusive scan']],
  ['alter table t add unique (a)', ['t AccessExclusive scan']],
  ['alter table t add constraint u unique using index i', ['t AccessExclusive']],
  ['alter table t enable row level security, force row level security', ['t AccessExclusive']],
  ['alter table t disable trigger user', ['t ShareRowExclusive']],
  ['alter table t set (fillfactor = 80, autovacuum_enabled = false)', ['t ShareUpdateExclusive']],
  ['alter table t reset (fillfactor)', ['t ShareUpdateExclusive']],
  ['alter table t set (user_catalog_table = false)', ['t AccessExclusive']],
  ['alter table t set unlogged', ['t AccessExclusive rewrite']],
  [
    'alter table part attach partition loose for values in (2)',
    ['part ShareUpdateExclusive', 'loose AccessExclusive scan?'],
  ],
  ['alter table part detach partition part_one', ['part AccessExclusive', 'part_one AccessExclusive']],
  ['alter table t rename to t2', ['t AccessExclusive']],
  ['alter table t rename column a to b', ['t AccessExclusive']],
  ['alter index i rename to j', ['i ShareUpdateExclusive']],
  ['alter table t set schema other', ['t AccessExclusive']],
  ['alter table t owner to current_user', ['t AccessExclusive']],
  ['create policy p on t using (true)', ['t AccessExclusive']],
  ['alter policy kept on t using (true)', ['t AccessExclusive']],
  ['drop policy kept on t', ['t AccessExclusive']],
  ['create index on t (a)', ['t Share scan']],
  ['create trigger x before insert on t for each row execute function f()', ['t ShareRowExclusive']],
  ['drop trigger kept on t', ['t AccessExclusive']],
  ['create rule x as on insert to t do also nothing', ['t AccessExclusive']],
  ['create statistics x on id, a from t', ['t ShareUpdateExclusive']],
  ['create table x (a int references r)', ['r ShareRowExclusive']],
  ['create table child () inherits (t)', ['t ShareUpdateExclusive']],
  ['create table x partition of part for values in (9)', ['part AccessExclusive']],
  ['create or replace view v as select 1 as one', ['v AccessExclusive']],
  ['drop table m2, loose', ['m2 AccessExclusive', 'loose AccessExclusive']],
  ['truncate t', ['t AccessExclusive']],
  ['lock table t in share mode', ['t Share']],
  ['lock table t', ['t AccessExclusive']],
  ['refresh materialized view m', ['m AccessExclusive rewrite']],
  ['cluster t using i', ['t AccessExclusive rewrite']],
  ["comment on table t is 'x'", ['t ShareUpdateExclusive']],
  ["comment on column public.t.a is 'x'", ['public.t ShareUpdateExclusive']],
  ['create publication x for table t', ['t ShareUpdateExclusive']],
  ['analyze t', ['t ShareUpdateExclusive scan']],
  ['insert into t (id) values (5)', ['t RowExclusive']],
  ['update t set a = 1', ['t RowExclusive']],
  ['with gone as (delete from t where id = 7 returning id) select * from gone', ['t RowExclusive']],
];

describe('the locks of a statement', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
    await database.client.query(`
      create schema other;
      create table r (id int primary key);
      create table t (id int primary key, a int, constraint held check (id > 0) not valid);
      create unique index i on t (a);
      create table part (k int, a int) partition by list (k);
      create table part_one partition of part for values in (1);
      create table loose (k int, a int);
      create table m2 (k int);
      create materialized view m as select 1 as one;
      create view v as select 1 as one;
      create function f() returns trigger language plpgsql as 'begin return new; end';
      create trigger kept before insert on t for each row execute function f();
      create policy kept on t using (true);
      insert into r values (1);
      insert into t values (1, 1), (2, null)`);
    await database.client.query('delete from t where a is null');
  });
  afterAll(() => database.drop());

  test.for(statements.filter(([, , minMajor = 0]) => serverMajor >= minMajor))(
    'are what the server tells of: %s',
    async ([sql, expected]) => {
      expect(locksOf(sql)).toEqual(expected);
      const { locks, rewritten } = await observe(database.client, sql);
      // Of views and indexes the server is not asked.
      const told = expected.map((lock) => lock.replace('public.', '')).filter((lock) => !/^[iv] /.test(lock));
      expect(told.map((lock) => lock.split(' ').slice(0, 2).join(' ')).sort()).toEqual([...locks].sort());
      // A table that is gone, or emptied, was not written anew.
      for (const name of /^(drop|truncate) /.test(sql) ? [] : rewritten) {
        expect(told.filter((lock) => /rewrite\??$/.test(lock)).map((lock) => lock.split(' ')[0])).toContain(name);
      }
      for (const lock of told) if (lock.endsWith(' rewrite')) expect(rewritten).toContain(lock.split(' ')[0]);
    },
  );

  test.for<[string, string[]]>([
    ['create index concurrently on s.t (a)', ['s.t ShareUpdateExclusive scan']],
    ['drop index concurrently s.i', ['s.i ShareUpdateExclusive']],
    ['reindex table concurrently t', ['t ShareUpdateExclusive scan']],
    ['reindex table t', ['t Share scan']],
    ['vacuum t', ['t ShareUpdateExclusive scan']],
    ['vacuum (full) t', ['t AccessExclusive rewrite']],
    ['refresh materialized view concurrently m', ['m Exclusive rewrite']],
    ['alter table p detach partition q concurrently', ['p ShareUpdateExclusive', 'q ShareUpdateExclusive']],
    [
      'with a as (select from t) select from a, s.a where exists (select from u)',
      ['t AccessShare', 's.a AccessShare', 'u AccessShare'],
    ],
    ['select from t for update', ['t RowShare']],
    ['select 1', []],
    ['create role x', []],
    ['drop function f()', []],
  ])('are known where no transaction shows them: %s', ([sql, expected]) => {
    expect(locksOf(sql).sort()).toEqual(expected.toSorted());
  });
});

test('a lock keeps from reading, from writing, or from neither', () => {
  expect((['AccessExclusive', 'ShareRowExclusive', 'Share', 'ShareUpdateExclusive'] as const).map(keepsFrom)).toEqual([
    'reading',
    'writing',
    'writing',
    null,
  ]);
});
