import { describe, expect } from 'vitest';
import { test, serverMajor } from '../support/test.ts';
import {
  alpha,
  beta,
  buildWorld,
  found,
  intentOf,
  notesSchema,
  platform,
  relationIntent,
  soundPolicies,
  undecided,
  type World,
} from './world.ts';
import type { VerifyOptions } from '../../src/app/verify.ts';
import type { Report } from '../../src/domain/report.ts';
import type { TestDatabase } from '../support/database.ts';

/** Of views that the model does not name another probe speaks. */
async function look(world: World, options: Partial<VerifyOptions> = {}): Promise<Report> {
  const report = await world.verify(undefined, { writes: true, ...options });
  return { ...report, inconclusive: report.inconclusive.filter(({ ruleId }) => ruleId !== 'relation-not-in-model') };
}

async function worldWith(database: TestDatabase, ...sql: readonly string[]): Promise<World> {
  return await buildWorld(database, notesSchema, soundPolicies, ...sql);
}

const definer = 'stable security definer';

test('functions that tell of rows of others', async ({ database }) => {
  const world = await worldWith(
    database,
    `
    create function all_notes() returns setof notes language sql ${definer} as $$ select * from notes $$;
    -- VOLATILE, as nobody says otherwise, although it only reads.
    create function total() returns bigint language sql security definer as $$ select count(*) from notes $$;
    create function longest() returns text language plpgsql ${definer} as $$
      declare found text; begin select body into found from notes order by length(body) desc limit 1; return found; end $$;
    create function count_rows(p_table text) returns bigint language plpgsql ${definer} as $$
      declare n bigint; begin execute format('select count(*) from %I', p_table) into n; return n; end $$;
    create function filtered(condition text) returns bigint language plpgsql ${definer} as $$
      declare n bigint; begin execute 'select count(*) from notes where tenant_id = ctx() and body = ''' || condition || '''' into n; return n; end $$;
    create function found_by(field text, val text) returns bigint language plpgsql ${definer} as $$
      declare n bigint; begin execute 'select count(*) from notes where tenant_id = ctx() and ' || field || ' = ''' || val || '''' into n; return n; end $$;
    create function note_body(p_note_id int) returns text language sql ${definer} as $$
      select body from notes where id = p_note_id $$;
    create function notes_of(p_tenant uuid, p_prefix text default '') returns setof text language sql ${definer} as $$
      select body from notes where tenant_id = p_tenant and body like p_prefix || '%' $$;
    create function check_note(note_id int) returns void language plpgsql ${definer} as $$
      declare found text; begin select body into found from notes where id = note_id; raise exception 'it is %', found; end $$;
    create function bodies(ids int[]) returns setof text language sql ${definer} as $$
      select body from notes where id = any (ids) $$;
    create function like_this(note notes) returns bigint language sql ${definer} as $$
      select count(*) from notes where tenant_id = note.tenant_id $$;
    create function among(item anyelement) returns boolean language sql ${definer} as $$
      select exists (select from notes where id::text = item::text) $$;
    create function any_of(variadic ids int[]) returns boolean language sql ${definer} as $$
      select exists (select from notes where id = any (ids)) $$;
    create function by_json(filter jsonb) returns bigint language sql ${definer} as $$
      select count(*) from notes where id = (filter ->> 'id')::int $$;
    create function by_mode(mode text) returns bigint language plpgsql ${definer} as $$
      begin if mode = 'platform' then return (select count(*) from notes); end if;
      return (select count(*) from notes where tenant_id = ctx()); end $$;
    create function some_record() returns record language plpgsql ${definer} as $$
      declare found record; begin select count(*), max(id) into found from notes; return found; end $$;
    -- By itself it is an invoker's.
    create function summary() returns text language sql stable as $$ select 'notes: ' || total() $$;
    create function of_beta() returns setof text language sql stable set app.tenant = '${beta}' as $$ select body from notes $$;
    create function run(query text) returns setof text language plpgsql ${definer} as $$
      begin return query execute query; end $$;
    create function beside(o uuid, n int) returns setof text language sql ${definer} as $$
      select body from notes where (tenant_id = o or id = n) and o = ctx() $$;
    create function hidden() returns bigint language sql ${definer} as $$ select count(*) from notes $$;
    revoke execute on function hidden() from public`,
  );
  const report = await look(world);
  expect(found(report)).toEqual([
    'function-definer public.all_notes()',
    'function-definer public.among(anyelement)',
    'function-definer public.any_of(integer[])',
    'function-definer public.beside(uuid,integer)',
    'function-definer public.bodies(integer[])',
    'function-definer public.by_json(jsonb)',
    'function-definer public.by_mode(text)',
    'function-definer public.check_note(integer)',
    'function-definer public.count_rows(text)',
    'function-definer public.filtered(text)',
    'function-definer public.found_by(text,text)',
    'function-definer public.like_this(public.notes)',
    'function-definer public.longest()',
    'function-definer public.note_body(integer)',
    'function-definer public.notes_of(uuid,text)',
    'function-definer public.run(text)',
    'function-definer public.some_record()',
    'function-definer public.total()',
    'function-sets-context public.of_beta()',
    'noninterference public.summary()',
  ]);
  expect(undecided(report)).toEqual([]);
  const told = report.findings.find(({ object }) => object === 'public.all_notes()');
  expect(told?.message).toBe(
    `what tenant ${platform} gets from public.all_notes() changed from 4 rows to 1 row when rows of other tenants in public.notes were removed`,
  );
  expect(told?.evidence).toMatchObject({ subject: platform, tables: ['public.notes'], owners: [alpha, beta] });
});

test('views that tell of rows of others', async ({ database }) => {
  const world = await worldWith(
    database,
    `
    create view totals as select count(*) as notes from notes;
    create view shown with (security_barrier) as select * from totals;
    create function total() returns bigint language sql ${definer} as $$ select count(*) from notes $$;
    create view called as select total() as notes;
    create materialized view per_tenant as select tenant_id, count(*) as notes from notes group by 1;
    create materialized view unfilled as select id from notes with no data`,
  );
  const report = await look(world);
  expect(found(report)).toEqual([
    'function-definer public.total()',
    'matview-exposed public.per_tenant',
    'matview-exposed public.unfilled',
    'noninterference public.called',
    'view-definer public.shown',
    'view-definer public.totals',
  ]);
  expect(undecided(report)).toEqual([]);
});

test('values of others of every kind become such as nobody has', async ({ database }) => {
  const asked = (name: string, condition: string) => `
    create function ${name}() returns boolean language sql ${definer} as $$
      select exists (select from notes where ${condition} and ctx() is not null) $$;`;
  const world = await worldWith(
    database,
    `
    create type mood as enum ('calm', 'angry');
    create domain score as int;
    alter table notes add mood mood not null default 'calm', add score score default 1, add tags text[] default '{a}',
      add doc jsonb default '{}', add face bytea default '', add took interval default '1 s';`,
    asked('angry', "mood = 'angry'"),
    asked('high', 'score > 100'),
    asked('tagged', 'cardinality(tags) > 1'),
    asked('described', "doc <> '{}'"),
    asked('pictured', 'length(face) > 0'),
    asked('slow', "took > '1 h'"),
  );

  expect(found(await look(world)).map((finding) => finding.replace(/^\S+ /, ''))).toEqual(
    ['angry', 'described', 'high', 'pictured', 'slow', 'tagged'].map((name) => `public.${name}()`),
  );
});

test('what is not called is undecided where its text asks for the context, and not for each look at a table', async ({
  database,
}) => {
  const world = await worldWith(
    database,
    `
    create table calls (at timestamptz default now());
    create function any_note() returns setof text language plpgsql security definer as $$ begin
      insert into calls default values; perform ctx(); return query select body from notes; end $$;
    create function longer(note int) returns bigint language plpgsql security definer as $$ begin
      insert into calls default values;
      return (select count(*) from notes where length(body) > (select length(body) from notes where id = note and tenant_id = ctx()));
    end $$;
    create function own_count() returns bigint language plpgsql security definer as $$ begin
      insert into calls default values; return (select count(*) from notes n where n.tenant_id = ctx()); end $$;
    create function drop_note(note int) returns void language plpgsql security definer as $$ begin
      if exists (select from notes where id = note and tenant_id = ctx()) then delete from notes where id = note; end if; end $$;
    create function purge(note int) returns void language plpgsql security definer as $$ begin
      if ctx() is null then raise exception 'no tenant'; end if; delete from notes where id = note; end $$`,
  );
  const report = await look(world);
  expect(found(report)).toEqual([]);
  expect(undecided(report)).toEqual(
    ['any_note()', 'longer(integer)', 'purge(integer)'].map(
      (name) => expect.stringContaining(`function-definer public.${name}`) as unknown as string,
    ),
  );
});

test('what looks like it and does not', async ({ database }) => {
  const invokers = `
    create view sums with (security_invoker) as select count(*) as notes, max(body) as last from notes;
    create view numbered with (security_invoker) as select id, row_number() over (order by id) as nth from notes;
    create view beside_shared with (security_invoker) as
      select own.id, shared.body from notes own join notes shared on shared.tenant_id = '${platform}' where own.tenant_id = ctx();`;
  const world = await worldWith(
    database,
    serverMajor < 15 ? 'select' : invokers,
    `
    create function mine() returns setof text language sql ${definer} as $$
      select body from notes where tenant_id = nullif(current_setting('app.tenant', true), '')::uuid $$;
    create function has_notes() returns boolean language sql ${definer} as $$
      select exists (select from notes where tenant_id = ctx()) $$;
    create view my_notes with (security_barrier) as select id, body from notes where tenant_id = ctx();
    create table colors (name text); insert into colors values ('red'), ('blue');
    create function all_colors() returns setof text language sql ${definer} as $$ select name from colors $$;
    create materialized view palette as select name from colors;
    create function dice() returns int language sql security definer as $$ select ceil(random() * 6)::int $$;
    create function today() returns date language sql stable as $$ select now()::date $$;
    create function welcome() returns text language sql ${definer} as $$
      select body from notes where tenant_id = '${platform}' $$;
    create function never() returns setof notes language plpgsql stable as $$ begin raise exception 'not here'; end $$;
    create function get_note(note_id int) returns text language plpgsql stable as $$
      declare found text; begin select body into strict found from notes where id = note_id; return found;
      exception when no_data_found then raise exception 'no note %', note_id; end $$;
    create table counters (name text primary key, value bigint); insert into counters values ('visits', 7);
    create function visits() returns bigint language sql ${definer} as $$ select value from counters $$;
    create function add_note(p_id int, p_body text) returns int language sql as $$
      insert into notes values (p_id, ctx(), p_body) returning id $$;
    create function touch() returns void language plpgsql security definer as $$
      begin update notes set body = body || '.' where tenant_id = ctx(); end $$;
    create procedure tidy() language sql as $$ delete from notes where body = '' $$`,
  );
  const report = await look(world);
  expect(found(report)).toEqual([]);
  expect(undecided(report)).toEqual([]);
  expect(report.coverage.notCalled).toEqual([
    { object: 'public.add_note(integer,text)', reason: 'it is VOLATILE' },
    { object: 'public.tidy()', reason: 'it is a procedure' },
    { object: 'public.touch()', reason: 'it is VOLATILE' },
  ]);
});

test('a function is asked for what its text compares, among many other values', async ({ database }) => {
  const columns = Array.from({ length: 9 }, (_, nth) => `c${nth}`);
  const world = await worldWith(
    database,
    `create table extras (id int primary key, tenant_id uuid, ${columns.map((name) => `${name} text`).join(', ')});
    insert into extras select row_number() over (), id, ${columns.map((name) => `'${name}' || id`).join(', ')} from tenants;
    create table memos (id int, tenant_id uuid, body text, primary key (id, tenant_id)) partition by hash (tenant_id);
    create table part_0 partition of memos for values with (modulus 2, remainder 0);
    create table part_1 partition of memos for values with (modulus 2, remainder 1);
    insert into memos select row_number() over (), id, 'same' from tenants;
    create function weight(needle text) returns numeric language sql ${definer} as $$
      select count(*) filter (where tenant_id = ctx()) / nullif(count(*), 0)::numeric from memos where body = needle $$`,
  );
  await world.sql('revoke all on extras, memos, part_0, part_1 from :app');
  const both = intentOf(relationIntent('public.extras'), relationIntent('public.memos'));
  expect(found(await world.verify(both, { writes: true }))).toContain('function-definer public.weight(text)');
});

test('queries of the application, and calls that the model lists', async ({ database }) => {
  const world = await worldWith(
    database,
    `
    create view totals as select count(*) as notes from notes;
    create table outbox (id int primary key);
    create function audited_total() returns bigint language plpgsql security definer as $$
      begin insert into outbox values (1); return (select count(*) from notes); end $$;
    create function peek(p_id int) returns text language plpgsql security definer as $$
      begin insert into outbox values (p_id); return (select body from notes where id = p_id); end $$;
    revoke select on totals from :app`,
  );
  await world.sql('grant select on totals to :app');
  const noteId = { schema: 'public', name: 'notes', column: 'id' };
  const report = await look(world, {
    queries: [
      {
        path: 'queries/sum.sql',
        sql: 'select notes + $1 as more from totals -- all of them',
        params: [{ kind: 'literal', value: '1' }],
      },
      {
        path: 'queries/own.sql',
        sql: 'select body from notes where id = $1',
        params: [{ kind: 'column', whose: 'own', of: noteId }],
      },
      {
        path: 'queries/guessed.sql',
        sql: 'select body from notes where tenant_id = $1',
        params: [{ kind: 'tenant', whose: 'foreign' }],
      },
      { path: 'queries/last.sql', sql: 'select id from notes order by id desc limit 2', params: [] },
      { path: 'queries/any.sql', sql: 'select id from notes limit 2', params: [] },
      { path: 'queries/broken.sql', sql: 'select id from notes where id = 1 / 0', params: [] },
      { path: 'queries/dice.sql', sql: 'select id, random() from notes', params: [] },
    ],
    functions: [
      { signature: 'public.audited_total()', calls: [[]] },
      { signature: 'public.gone(int)', calls: [[]] },
    ],
  });
  expect(found(report)).toEqual([
    'function-definer public.audited_total()',
    'noninterference query:queries/sum.sql',
    'view-definer public.totals',
  ]);
  expect(undecided(report)).toEqual([
    'function-definer public.peek(integer): It reads tenant tables past row-level security, does not ask for the context each time, and was not called because it is VOLATILE: list calls under functions in the model.',
    'noninterference public.gone(int): The database has no such function.',
    'noninterference query:queries/any.sql: It takes some of its rows by LIMIT, and no ORDER BY says which: its answer may change or stay for any reason.',
    'noninterference query:queries/broken.sql: It failed: division by zero (SQLSTATE 22012).',
    'noninterference query:queries/dice.sql: It answers differently without any change.',
  ]);
  expect((await database.client.query('select from outbox')).rowCount).toBe(0);
});

describe('what comes of a write of own rows', () => {
  const trigger = (body: string): string => `
    create function guard() returns trigger language plpgsql security definer as $$ begin ${body} return new; end $$;
    revoke execute on function guard() from public;
    create trigger guard before insert or update on notes for each row execute function guard()`;

  const taken = trigger(`if exists (select from notes where body = new.body and tenant_id <> new.tenant_id)
    then raise exception 'taken'; end if;`);

  test.for([
    ['an error of a trigger says that others have a value', taken],
    ['a trigger stores what others have', trigger(`select max(body) into new.body from notes;`)],
    [
      'an error of a trigger says that there are many',
      trigger(`if (select count(*) from notes) > 8 then raise exception 'full'; end if;`),
    ],
    [
      'a check asks for rows of others',
      `create function free(uuid, text) returns boolean language sql stable security definer as $$
         select not exists (select from notes where body = $2 and tenant_id <> $1) $$;
       alter table notes add check (free(tenant_id, body))`,
    ],
  ])('%s', async ([, sql], { database }) => {
    const report = await look(await worldWith(database, sql ?? ''));
    expect(found(report)).toContain('noninterference public.notes');
    expect(undecided(report)).toEqual([]);
  });

  test('a trigger counts rows of others into a row of its own elsewhere', async ({ database }) => {
    const totals = 'create table totals (tenant_id uuid, notes bigint); insert into totals select id, 0 from tenants;';
    const counted = (which: string) =>
      `update totals set notes = (select count(*) from notes ${which}) where tenant_id = new.tenant_id;`;
    const world = await worldWith(database, totals, trigger(counted('')));
    await world.sql('revoke insert, update, delete on totals from :app');
    const owned = {
      foreign: '(t.tenant_id = $1::uuid) is not true',
      unwritable: '(t.tenant_id = $1::uuid) is not true',
      shared: 'false',
    };
    const both = intentOf(relationIntent('public.notes'), relationIntent('public.totals', owned));
    await world.sql(
      `alter table totals enable row level security; create policy own on totals using (tenant_id = (select ctx()))`,
    );
    expect(found(await world.verify(both, { writes: true }))).toEqual(['noninterference public.notes']);
    await world.sql(
      `drop trigger guard on notes; drop function guard(); ${trigger(counted('where tenant_id = new.tenant_id'))}`,
    );
    expect(found(await world.verify(both, { writes: true }))).toEqual([]);
  });

  test('an error tells whom nothing is shown', async ({ database }) => {
    const world = await worldWith(database, taken);
    await world.sql('revoke select on notes from :app');
    expect(found(await look(world))).toContain('noninterference public.notes');
  });

  test.for([
    [
      'they are numbered by tenant',
      trigger(`select max(body) into new.body from notes where tenant_id = new.tenant_id;`),
    ],
    [
      'a value is taken that is their own',
      trigger(`if exists (select from notes where body = new.body and tenant_id = new.tenant_id and id <> new.id)
        then raise exception 'taken'; end if;`),
    ],
    ['it is different every time', trigger(`new.body := random()::text;`)],
  ])('nothing, where %s', async ([, sql], { database }) => {
    const report = await look(await worldWith(database, sql ?? ''));
    expect([found(report), undecided(report)]).toEqual([[], []]);
  });
});

test('which of several rows comes first is no answer, and which one there is, is', async ({ database }) => {
  const others = '(select count(*) from notes where tenant_id <> ctx()) % 2';
  const world = await worldWith(
    database,
    `
    create function tied() returns int language sql ${definer} as $$
      select id from notes where tenant_id = ctx() order by tenant_id offset ${others} limit 1 $$;
    create function counted() returns int language sql ${definer} as $$
      select id from notes where tenant_id = ctx() order by id offset ${others} limit 1 $$;
    create function lists() returns int[] language sql ${definer} as $$
      select array_agg(id) from (select id from notes where tenant_id = ctx() order by tenant_id offset ${others} limit 1) t $$;
    create function any_first() returns text language sql ${definer} as $$
      select body from notes order by tenant_id = '${platform}' limit 1 $$`,
  );
  const report = await look(world, { tenants: [alpha, beta] });
  expect(found(report)).toEqual(['function-definer public.any_first()', 'function-definer public.counted()']);
  const reason =
    'Its answer changes with the order in which rows are stored: an ORDER BY that leaves ties, or none, says which rows it takes.';
  expect(undecided(report)).toEqual([
    `function-definer public.lists(): ${reason}`,
    `function-definer public.tied(): ${reason}`,
  ]);
});

test('a truth role that cannot switch foreign keys off, and changes what it may', async ({ database }) => {
  const world = await worldWith(
    database,
    `
    create table replies (id int primary key, note int not null references notes, tenant_id uuid not null);
    insert into replies values (1, 3, '${alpha}'), (2, 4, '${beta}');
    create function total() returns bigint language sql ${definer} as $$ select count(*) from notes $$`,
  );
  const client = await world.connectAs(database.uniqueRole('auditor'), 'bypassrls');
  await world.sql(
    `grant insert, update, delete on notes, replies to ${(await client.query<{ u: string }>('select current_user as u')).rows[0]?.u}`,
  );
  const report = await world.verify(undefined, { writes: true, tenants: [alpha, beta] }, client);
  expect(found(report)).toContain('function-definer public.total()');
});

test('a view that the model does not name is judged by its answers, if it reads nothing else', async ({ database }) => {
  const world = await worldWith(
    database,
    `
    create table loose (id int); insert into loose values (1);
    create view mine with (security_barrier) as select id, body from notes where tenant_id = ctx();
    create view beside as select l.id from loose l join notes n on n.tenant_id = ctx();
    create view written as select id from notes where tenant_id = ctx()`,
  );
  await world.sql(`revoke all on loose from :app;
    revoke insert, update, delete on mine, beside from :app`);
  const objects = async (writes: boolean) =>
    (await world.verify(undefined, { writes })).inconclusive.map(({ object }) => object);
  expect(await objects(false)).toEqual(['public.beside', 'public.mine', 'public.written']);
  expect(await objects(true)).toEqual(['public.beside', 'public.written']);
});

test('a policy that raises without a context does so only where there are rows to ask it for', async ({ database }) => {
  const world = await worldWith(
    database,
    `create or replace function ctx() returns uuid language sql stable
       as $$ select (current_setting('app.tenant', true)::jsonb ->> 'sub')::uuid $$;
     delete from notes where tenant_id = '${platform}';
     create function total() returns bigint language sql stable as $$ select count(*) from notes $$`,
  );
  const contextOf = (subject: string) => [{ setting: 'app.tenant', value: JSON.stringify({ sub: subject }) }];
  expect(found(await look(world, { contextOf }))).toEqual([]);
});
