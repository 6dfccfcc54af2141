import { expect, test } from 'vitest';
import { lintMigrations } from '../../src/lint-migrations/lint.ts';
import { fileOf, found } from './support.ts';

test('what is done to a table that the file itself makes keeps nobody waiting', () => {
  expect(
    found(`
      create table public.notes (id bigint, body text);
      alter table public.notes add column tenant_id uuid not null;
      alter table notes add column token uuid default gen_random_uuid(), alter column id type text;
      alter table notes alter column body set not null, add constraint positive check (id > '0');
      create unique index notes_key on notes (id);
      create index "Notes Idx" on public.notes (body);
      alter table notes add primary key (id);
      drop index "Notes Idx";
      update notes set body = '';
      truncate notes;
      lock table notes;
      alter table notes rename to remarks;
      alter table remarks drop column body;
      alter table remarks disable row level security;
      create policy a on remarks using (true);
      drop policy a on remarks;
      drop table remarks;
      create materialized view public.totals as select 1 as one;
      refresh materialized view public.totals;
      create table public.events (id integer) partition by list (id);
      create table public.events_1 partition of public.events for values in (1);
      create table public.events_2 (id integer);
      alter table public.events attach partition public.events_2 for values in (2);
      select * into public.copied from public.orders;
      alter table public.copied add column number serial;
      create sequence public.numbers;
      alter sequence public.numbers owner to app_owner;
      create sequence public.others;
      alter sequence public.others owner to app_owner;`),
  ).toEqual([]);
});

test('a name in capitals is another table', () => {
  expect(found('create table "Notes" (id integer); create index on "Notes" (id); create index on notes (id);')).toEqual(
    ['index-not-concurrent migrations/0001_a.sql:1'],
  );
});

test('what may be there already is in use', () => {
  const index = 'create index notes_idx on public.notes (body);';
  const make = 'create table if not exists public.notes (id bigint, body text);';
  expect(found(`${make} ${index}`)).toEqual([]);
  expect(
    found({
      'migrations/0001_a.sql': 'alter table notes add column a text;',
      'migrations/0002_b.sql': `${make} ${index}`,
    }),
  ).toEqual(['index-not-concurrent migrations/0002_b.sql:1']);
  expect(found('create or replace view v as select 1 as one; alter view v rename to w;')).toEqual([
    'renaming-table migrations/0001_a.sql:1',
  ]);
  // The check went with the column.
  expect(
    found({
      'migrations/0001_a.sql': `create table t (a text, constraint there check (a is not null)); alter table t drop column a;`,
      'migrations/0002_b.sql': 'alter table t add column a text; alter table t alter a set not null;',
    }),
  ).toEqual(['set-not-null-unchecked migrations/0002_b.sql:1']);
});

test('a table that an earlier file makes is new where neither has run, and in use where nobody says', () => {
  const files = {
    'migrations/0001_a.sql': 'create table public.notes (id bigint);',
    'migrations/0002_b.sql': 'create index notes_idx on public.notes (id);',
    'rollbacks/0002_b.sql': 'alter table public.notes alter column id set not null;',
  };
  expect(found(files, false)).toEqual(['set-not-null-unchecked rollbacks/0002_b.sql:1']);
  expect(found(files)).toEqual([
    'index-not-concurrent migrations/0002_b.sql:1',
    'set-not-null-unchecked rollbacks/0002_b.sql:1',
  ]);
  expect(found(files, true)).toEqual([]);
});

test('a check of an earlier file proves what NOT NULL asks for, once it is validated and as long as it is there', () => {
  const add = `alter table t add constraint present check (a is not null and (b > 0) and b is not null) not valid;`;
  const earlier = (text: string): string[] =>
    found({
      'migrations/0001_a.sql': add,
      'migrations/0002_b.sql': text,
      'migrations/0003_c.sql': 'alter table public.t alter b set not null;',
    });
  const place = 'set-not-null-unchecked migrations/0003_c.sql:1';
  expect(earlier('alter table t validate constraint present;')).toEqual([]);
  expect(earlier('select 1;')).toEqual([place]);
  expect(earlier('alter table t validate constraint present; alter table t drop constraint present;')).toEqual([place]);
  expect(
    earlier('alter table t validate constraint present; alter table t rename constraint present to b_there;'),
  ).toEqual([]);
  // Of one ALTER TABLE the DROP goes first.
  expect(
    found({
      'migrations/0001_a.sql': add,
      'migrations/0002_b.sql': 'alter table t validate constraint present;',
      'migrations/0003_c.sql': 'alter table t alter b set not null, drop constraint present;',
    }),
  ).toEqual([place]);
  const unnamed = {
    'migrations/0001_a.sql': 'alter table t add check (a is not null) not valid;',
    'migrations/0002_b.sql': 'alter table t validate constraint t_a_check;',
    'migrations/0003_c.sql': 'alter table t alter a set not null;',
  };
  expect(found(unnamed)).toEqual([]);
  const either = { ...unnamed, 'migrations/0001_a.sql': 'alter table t add check (a is not null or b) not valid;' };
  expect(found(either)).toEqual([place]);
  // PostgreSQL 18 knows NOT NULL as a constraint that may be NOT VALID.
  const constraint = {
    'migrations/0001_a.sql': 'alter table t add constraint present not null a not valid;',
    'migrations/0002_b.sql': 'alter table t validate constraint present;',
    'migrations/0003_c.sql': 'alter table t alter a set not null;',
  };
  expect(found(constraint)).toEqual([]);
});

test('columns whose values need no look at the rows', () => {
  const added = (column: string): string[] => found(`alter table t add column ${column};`);
  for (const column of [
    "a text default lower('X')",
    'a timestamptz not null default now()',
    'a uuid default null',
    "a jsonb not null default '{}'::jsonb",
    'a integer references parents (id)',
    'a integer generated always as (b + 1) virtual',
  ]) {
    expect(added(column)).toEqual([]);
  }
  expect(added('a integer default 1 references parents (id)')).toEqual([
    'foreign-key-validated-at-once migrations/0001_a.sql:1',
  ]);
  expect(added('a text default public.slug()')).toEqual(['volatile-column-default migrations/0001_a.sql:1']);
  const made = `create function slug() returns text language sql stable return 'x';`;
  expect(found(`${made} alter table t add column a text default slug();`)).toEqual([]);
  expect(found(`${made.replace('stable', '')} alter table t add column a text default slug();`)).toEqual([
    'volatile-column-default migrations/0001_a.sql:1',
  ]);
});

test('types: what the files say of the column decides', () => {
  const changed = (from: string, to: string): string[] =>
    found({
      'migrations/0001_a.sql': `create table t (a ${from});`,
      'migrations/0002_b.sql': `alter table t alter a type ${to};`,
    });
  expect(changed('varchar(10)', 'varchar(20) using a::varchar(20)')).toEqual([]);
  for (const [from, to] of [
    ['varchar(10)', 'varchar(5)'],
    ['integer', 'bigint'],
    ['varchar(10)', 'text collate "C"'],
    ['text', 'text using upper(a)'],
  ] as const) {
    expect(changed(from, to)).toEqual(['changing-column-type migrations/0002_b.sql:1']);
  }
  expect(found('alter table t alter a type text;')).toEqual(['changing-column-type migrations/0001_a.sql:1']);
  const renamed = {
    'migrations/0001_a.sql': 'create table t (a varchar(10)); alter table t rename a to b; alter table t rename to u;',
    'migrations/0002_b.sql': 'alter table u alter b type text;',
  };
  expect(found(renamed)).toEqual([]);
});

test('writes that name their rows, and what is written when a function runs', () => {
  for (const text of [
    'update t set a = 1 where id = 7 and b;',
    "update t set a = 1 where t.id = any ('{1,2}');",
    'delete from t where id in (1, 2);',
    'update t set a = v.a from (values (1, 2)) as v (id, a) where v.id = t.id;',
    'insert into t values (1) on conflict (id) do update set a = 2;',
    'create function f() returns void language sql begin atomic update t set a = 1; end;',
    'create rule r as on insert to t do also update u set a = 1;',
  ]) {
    expect(found(text)).toEqual([]);
  }
  const byCode = { 'migrations/0001_a.sql': 'create table t (code text unique);' };
  expect(found({ ...byCode, 'migrations/0002_b.sql': "delete from t where code = 'x';" })).toEqual([]);
  for (const text of [
    'delete from t;',
    'update t set a = 1 where id <> 7;',
    'update t set a = 1 where id = 7 or b;',
    'update t set a = 1 where id = (select max(id) from t);',
    "update t set a = 1 where code = 'x';",
    'merge into t using s on t.id = s.id when matched then delete;',
    'update t set a = 1 from (values (1)) as v (id);',
  ]) {
    expect(found(text)).toEqual(['bulk-write migrations/0001_a.sql:1']);
  }
});

test('a rollback may drop, rename and take walls down; what it locks counts as in any file', () => {
  const down = (text: string): string[] => found({ 'rollbacks/0001_a.sql': text });
  expect(
    down(`alter table t drop column a; alter table t rename b to a; alter table t disable row level security;
      drop policy p on t; drop view v;`),
  ).toEqual([]);
  expect(down('create index i on t (a);')).toEqual(['index-not-concurrent rollbacks/0001_a.sql:1']);
});

test('policies: a moment without them is one between two transactions', () => {
  const drop = 'drop policy p on public.t;';
  const make = 'create policy p on t using (true);';
  const files = (first: string, second: string): string[] =>
    found({ 'migrations/0001_a.sql': first, 'migrations/0002_b.sql': second });
  expect(files(drop, make)).toEqual(['policy-gap migrations/0001_a.sql:1']);
  expect(files(drop, make.replace(' p ', ' other '))).toEqual([]);
  expect(files(`${drop} ${make}`, 'select 1;')).toEqual([]);
  expect(files(`-- rowhouse: no-transaction\n${make.replace(' p ', ' q ')} ${drop}`, make)).toEqual([]);
  expect(files('alter table t enable row level security;', make)).toEqual(['policy-gap migrations/0001_a.sql:1']);
  expect(files(make, 'alter table t enable row level security;')).toEqual([]);
});

test('partitions: a parent takes an index without building one, and a check within the bounds spares the scan', () => {
  expect(found('create index i on only t (a);')).toEqual([]);
  const parent = { 'migrations/0001_a.sql': 'create table t (a integer) partition by list (a);' };
  const add = 'alter table t add foreign key (a) references parents (id);';
  // Before PostgreSQL 18 it takes no NOT VALID.
  expect(found({ ...parent, 'migrations/0002_b.sql': add })).toEqual([]);
  expect(found(`create index i on only t (a); ${add} drop index i;`)).toEqual([]);
  const attach = (check: string): string[] =>
    found({
      'migrations/0001_a.sql': `alter table t_2 add constraint c check (${check}) not valid;`,
      'migrations/0002_b.sql': 'alter table t_2 validate constraint c;',
      'migrations/0003_c.sql': 'alter table t attach partition t_2 for values in (2, 3);',
    });
  expect(attach('a is not null and a in (2, 3)')).toEqual([]);
  expect(attach('a is not null and a = 2')).toEqual(['attach-partition-scans migrations/0003_c.sql:1']);
});

test('findings of one kind in one file keep their fingerprints when lines move', () => {
  const text = 'create index on t (a);\ncreate index on t (b);';
  const prints = (source: string): string[] =>
    lintMigrations([fileOf('migrations/0001_a.sql', source)]).map(({ fingerprint }) => fingerprint);
  expect(new Set(prints(text)).size).toBe(2);
  expect(prints(`-- more\n\n${text}`)).toEqual(prints(text));
});
