import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseModel } from '../../src/model/parse.ts';
import type { ClaimKind } from '../../src/prove/claim.ts';
import type { Decided } from '../../src/prove/prove.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { serverMajor } from '../support/test.ts';
import { proveIn, sharedSolver } from './support.ts';

/*
 * Policies that let a foreign row pass in an unusual way: the server does it, so that no proof may say that it cannot be. Each has a
 * table `T` of its own with one row of tenant B, which tenant A is after.
 */

const [A, B] = ['00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-00000000000b'];
const own = '(select a.tenant())';
const ofTenants = `from a.tenants t where t.id = T.tenant_id and t.id = ${own}`;

interface Attack {
  /** Columns beside `id`, `tenant_id` and `body`, with what they hold by default. */
  readonly columns?: string;
  readonly body?: string;
  /** What is made beside, and what is done to the table. */
  readonly setup?: string;
  /** The policy for all commands; null where `setup` has them. */
  readonly using: string | null;
  readonly since?: number;
  readonly until?: number;
  /** What is not to be proved, of the table or of the view `V`. */
  readonly claim?: ClaimKind;
  readonly of?: 'V';
  /** What A does, and what shows it to who may see all. */
  readonly attack?: string;
  readonly shows?: string;
}

const attacks: Readonly<Record<string, Attack>> = {
  'an aggregate of JSON, which gives a row where there is none': {
    using: `exists (select json_arrayagg(t.id) ${ofTenants})`,
    since: 16,
  },
  'an aggregate to sort by': { using: `exists (select 1 ${ofTenants} order by count(*))` },
  'an aggregate to be distinct by': { using: `exists (select distinct on (count(*)) 1 ${ofTenants})` },
  'a set to sort by, which leaves no row': {
    using: 'not exists (select 1 from a.tenants t order by generate_series(1, 0))',
  },
  'a column of rows, which is neither NULL nor not': {
    columns: 'p a.pair default row(1, null)',
    using: 'not (p is null) and not (p is not null)',
  },
  'a NOT NULL column of rows, which is NULL': {
    columns: 'p a.domain_of_pair not null default row(null, null)::a.pair',
    using: 'p is null',
  },
  'a text before another by one collation and after it by another': {
    columns: `w text collate "en-x-icu" default 'a'`,
    using: `w < 'B' and not (w collate "C" < 'B')`,
  },
  'texts of two columns, which are equal and in two orders': {
    columns: `w text collate "en-x-icu" default 'a'`,
    body: 'a',
    using: `w = body collate "C" and w < 'B' and not (body collate "C" < 'B')`,
  },
  'small letters by two collations': {
    columns: `w text collate "en-x-icu" default 'É'`,
    using: 'lower(w) <> lower(w collate "C")',
  },
  'a text that is equal without being the same': {
    columns: `w text collate a.loose default 'AB'`,
    using: `w = 'ab' and w collate "C" <> 'ab'`,
  },
  'NOT NULL that rows of heirs need not keep': {
    setup: `create table a.heir_T () inherits (T); alter table a.heir_T alter body drop not null;
      insert into a.heir_T values (2, '${B}', null)`,
    using: 'body is null',
    until: 17,
  },
  'NOT NULL that is not for heirs': {
    columns: 'flag boolean default true, constraint kept_T not null flag no inherit',
    setup: `create table a.heir_T () inherits (T); insert into a.heir_T values (2, '${B}', '', null)`,
    using: 'flag is null',
    since: 18,
  },
  'a function that changes the session': {
    using: `case when a.become(tenant_id) then tenant_id = nullif(current_setting('a.tenant', true), '')::uuid end`,
  },
  set_config: {
    using: `case when set_config('a.tenant', tenant_id::text, true) <> '' then tenant_id = nullif(current_setting('a.tenant', true), '')::uuid end`,
  },
  'a function under a view with the rights of its owner': {
    setup: `create table a.all_of_T as select id from a.tenants; alter table a.all_of_T add primary key (id), owner to bench_owner;
      alter table T add foreign key (tenant_id) references a.all_of_T; alter table a.all_of_T enable row level security;
      grant select on a.all_of_T to bench_app; create function a.knows_T(id uuid) returns boolean language sql stable as
      $$ select exists (select from a.all_of_T k where k.id = knows_T.id) $$;
      create view V as select * from T where not a.knows_T(tenant_id); alter view V owner to bench_owner; alter table T owner to bench_owner;
      grant select on V to bench_app`,
    using: `tenant_id = ${own}`,
    of: 'V',
  },
  'a foreign key that is not looked at yet': {
    setup: `create table a.of_T (id int primary key); insert into a.of_T values (1); grant select, delete on a.of_T to bench_app;
      alter table T add foreign key (id) references a.of_T deferrable initially deferred`,
    using: 'not exists (select from a.of_T o where o.id = T.id)',
    attack: 'delete from a.of_T; select from T',
  },
  'a word that is no subquery': {
    setup: `create policy seen on T for select using (body = 'SELECT'); grant delete on T to bench_app;
      create policy gone on T for delete using (exists (select from T other where other.id = T.id))`,
    body: 'SELECT',
    using: null,
    claim: 'removes',
    attack: 'delete from T',
    shows: 'select where not exists (select from T)',
  },
  'a default of the view, and not of the table': {
    setup: `create view V as select * from T; alter view V owner to bench_owner; alter view V alter tenant_id set default '${B}';
      alter table T owner to bench_owner; alter table T alter tenant_id set default a.tenant(); grant insert (id, body) on V to bench_app`,
    using: null,
    claim: 'makes',
    of: 'V',
    attack: "insert into V (id, body) values (2, 'made')",
    shows: `select from T where tenant_id = '${B}' and body = 'made'`,
  },
  'a default by a function that policies bind': {
    setup: `create table a.of_T as select id from a.tenants; alter table a.of_T enable row level security; grant select on a.of_T to bench_app;
      create function a.mine_T() returns uuid language sql stable as
      $$ select case when exists (select from a.of_T) then a.tenant() else '${B}' end $$;
      alter table T alter tenant_id set default a.mine_T(); create policy any_ on T using (true); grant insert (id, body) on T to bench_app`,
    using: null,
    claim: 'makes',
    attack: "insert into T (id, body) values (2, 'made')",
    shows: `select from T where tenant_id = '${B}' and body = 'made'`,
  },
  'a new row that is its own parent': {
    columns: 'parent int not null default 1, unique (tenant_id, id)',
    setup: `alter table T add foreign key (tenant_id, parent) references T (tenant_id, id); grant insert on T to bench_app;
      create policy seen on T for select using (true);
      create policy made on T for insert with check (not exists (select from T p where p.id = T.parent and p.tenant_id is distinct from ${own}))`,
    using: null,
    claim: 'makes',
    attack: `insert into T values (2, '${B}', 'made', 2)`,
    shows: `select from T where body = 'made'`,
  },
  'a trigger that changes the session': {
    setup: `create trigger become before insert on T for each row execute function a.become(); grant insert on T to bench_app`,
    using: 'tenant_id = a.tenant()',
    claim: 'makes',
    attack: `insert into T values (2, '${B}', 'made')`,
    shows: `select from T where body = 'made'`,
  },
  'a rule with the rights of the owner': {
    setup: 'create rule more as on insert to T do also delete from T where id = 1; grant insert on T to bench_app',
    using: `tenant_id = ${own}`,
    claim: 'makes',
    attack: `insert into T values (2, '${A}', 'made')`,
    shows: 'select where not exists (select from T where id = 1)',
  },
  'a view whose owner may not use the schema': {
    setup: `create view V as select * from T; alter view V owner to bench_stranger; grant insert on T to bench_stranger;
      grant insert on V to bench_app; create policy any_ on T for insert to bench_stranger with check (true)`,
    using: `tenant_id = ${own}`,
    claim: 'makes',
    of: 'V',
    attack: `insert into V values (2, '${B}', 'made')`,
    shows: `select from T where body = 'made'`,
  },
  'a view that reads as who asks, under one that reads as its owner': {
    setup: `alter table T owner to bench_owner; alter table T force row level security;
      create policy mine on T to bench_owner using (tenant_id = ${own}); create policy open on T to bench_app using (true);
      create view a.inner_T with (security_invoker) as select * from T; alter view a.inner_T owner to bench_owner;
      create view V as select * from a.inner_T; alter view V owner to bench_owner; grant select on V to bench_app`,
    using: null,
    of: 'V',
    since: 15,
  },
  'a function with the rights of its owner, who is the user there': {
    setup: `create function a.is_other_T() returns boolean language sql stable security definer as $$ select current_user <> 'bench_app' $$;
      alter function a.is_other_T() owner to bench_owner`,
    using: 'a.is_other_T()',
  },
  'a strict function of NULL': {
    columns: 'n int',
    setup: 'create function a.some_T(n int) returns boolean language sql stable strict as $$ select true $$',
    using: 'a.some_T(n) is null',
  },
  'ONLY, which leaves out heirs': {
    setup: `create table a.of_T (who uuid); create table a.heir_T () inherits (a.of_T); insert into a.heir_T values ('${B}'); grant select on a.of_T to bench_app`,
    using:
      'exists (select from a.of_T o where o.who = T.tenant_id) and not exists (select from only a.of_T o where o.who = T.tenant_id)',
  },
  'a row of FULL JOIN for which there is none on the left': {
    using:
      'exists (select from (select t.id from a.tenants t where false) q full join a.tenants u on q.id = u.id where u.id = T.tenant_id)',
  },
  ...Object.fromEntries(
    ['', 'union all select from a.tenants t where t.id = T.tenant_id'].map((more): [string, Attack] => [
      `LIMIT 0 ${more}`,
      {
        using: `exists (select from a.tenants t where t.id = T.tenant_id)
          and not exists (select from a.tenants t where t.id = T.tenant_id ${more} limit 0)`,
      },
    ]),
  ),
  'ALL of an array': { using: 'tenant_id = all (array[tenant_id])' },
  'a text by a collation that is named': { body: 'X', using: `body collate a.loose = 'x' and body <> 'x'` },
  'an hour ago': { using: `now() - interval '1 hour' < now()` },
  'a condition that is not understood at all': { using: 'tenant_id = all (select t.id from a.tenants t where false)' },
  'a function that has a namesake': { using: 'a.twice(tenant_id)' },
  'NOT IN of no row': { using: 'tenant_id not in (select t.id from a.tenants t where t.id is null)' },
  'a name that the inner table has too': { using: 'exists (select from a.tenants where id = id)' },
  'a pattern with an escape of its own': { using: `body like 'n!%' escape '!'`, body: 'n%' },
  'a text that is cut': { using: `body::varchar(1) = 'n' and body <> 'n'`, body: 'nb' },
  'a word that reads as true': { using: 'body::boolean', body: ' oN ' },
  'JSON null, which is not NULL': {
    columns: `j jsonb default '{"a": null}'`,
    using: `(j -> 'a') is not null and (j ->> 'a') is null`,
  },
  'an enum, which has its own order': { columns: `e a.mood default 'a'`, using: `e > 'b'` },
  'an interval in letters of its own, in a function': {
    setup: `create function a.over_T(id uuid) returns boolean language sql stable as
      $$ select id is not null and now() > now() - interval '1 DAY' $$`,
    using: 'a.over_T(tenant_id)',
  },
  'seconds without their name, in a function': {
    setup: `create function a.over_T(id uuid) returns boolean language sql stable as
      $$ select id is not null and now() > now() - interval '3600' $$`,
    using: 'a.over_T(tenant_id)',
  },
  'DISTINCT ON, which leaves one row of several': {
    using: `exists (select from a.tenants t where t.id = T.tenant_id) and not exists (
      select from (select distinct on (t.id is null) t.id from a.tenants t order by t.id is null, t.id) q where q.id = T.tenant_id)`,
  },
  ...Object.fromEntries(
    [
      'distinct o.w from a.of_T o',
      'o.w from a.of_T o group by o.w',
      'o.w from a.of_T o union select o.w from a.of_T o',
    ].map((query): [string, Attack] => [
      `one of two texts that are equal: ${query}`,
      {
        setup: `create table a.of_T (w text collate a.loose not null); insert into a.of_T values ('X'), ('x'); grant select on a.of_T to bench_app;
            insert into T values (2, '${B}', 'X')`,
        body: 'x',
        using: `exists (select from a.of_T o where o.w collate "C" = body) and not exists (select from (select ${query}) q where q.w collate "C" = body)`,
      },
    ]),
  ),
  'a text of a group by one that is equal': {
    setup: `create table a.of_T (w text collate a.loose not null); insert into a.of_T values ('X'), ('x'); grant select on a.of_T to bench_app;
      insert into T values (2, '${B}', 'X')`,
    body: 'x',
    using: `exists (select from a.of_T o where o.w collate "C" = body) and not exists (
      select from (select o.w collate "C" as w from a.of_T o group by o.w) q where q.w = body)`,
  },
  'one of two documents that are equal': {
    setup: `create table a.of_T (j jsonb not null); insert into a.of_T values ('{"n": 1.0}'), ('{"n": 1.00}'); grant select on a.of_T to bench_app;
      insert into T values (2, '${B}', '1.00')`,
    body: '1.0',
    using: `exists (select from a.of_T o where o.j ->> 'n' = body) and not exists (select from (select distinct o.j from a.of_T o) q where q.j ->> 'n' = body)`,
  },
  'several rows that DISTINCT makes one, within another query': {
    setup: `create table a.of_T (id int primary key, who uuid); insert into a.of_T values (1, '${A}'), (2, '${A}'); grant select on a.of_T to bench_app`,
    using: `exists (select from a.of_T one, a.of_T other where one.id <> other.id and one.who is not null and other.who is not null)
      and tenant_id <> (select q.who from (select distinct o.who from a.of_T o where o.who is not null) q)`,
  },
  'a name in ON that a later table has too': {
    setup: `create table a.of_T (k uuid check (k = '${A}')); insert into a.of_T values ('${A}'); grant select on a.of_T to bench_app;
      create function a.knows_T(k uuid) returns boolean language sql stable as
      $$ select exists (select from a.tenants t join a.tenants u on t.id = u.id and k = '${B}', a.of_T c) $$`,
    using: 'a.knows_T(tenant_id)',
  },
  'an item of an array with a space that is none': {
    body: '\u00a0b',
    using: `body = any ('{\u00a0b}'::text[]) and body <> 'b'`,
  },
  'a default of the session, in a function': {
    setup: `create function a.forget_T() returns boolean language plpgsql as $$ begin
        -- as it was
        reset a.tenant; return true; end $$`,
    using: `case when a.forget_T() then coalesce(current_setting('a.tenant', true), '') = '' end and ${own} is not null`,
  },
  'a comment before SET, in a function': {
    setup: `create function a.take_T() returns boolean language plpgsql as $$ begin -- over
        set local a.tenant = '${B}'; return true; end $$`,
    using: `case when a.take_T() then tenant_id = nullif(current_setting('a.tenant', true), '')::uuid end`,
  },
  OFFSET: { using: 'not exists (select from a.tenants t offset 5)' },
  'grouping by nothing': { using: 'exists (select 1 from a.tenants t where false group by grouping sets (()))' },
};

const tried = Object.entries(attacks)
  .filter(([, { since = 14, until = 99 }]) => serverMajor >= since && serverMajor <= until)
  .map(([name, attack], index) => ({ name, attack, index }));

const solver = sharedSolver();
let database: TestDatabase;
let decided: readonly Decided[];
let sql: (text: string) => Promise<number>;

beforeAll(async () => {
  database = await createTestDatabase();
  const names = ['bench_owner', 'bench_app', 'bench_stranger'].map(
    (role) => [role, database.uniqueRole(role)] as const,
  );
  const unique = (text: string): string => names.reduce((all, [role, name]) => all.replaceAll(role, name), text);
  sql = async (text) => {
    const result: unknown = await database.client.query(unique(text));
    return (result as { rowCount?: number }).rowCount ?? 0;
  };
  await sql(`${names.map(([role]) => `create role ${role};`).join(' ')} create schema a; grant usage on schema a to bench_app, bench_owner;
    create function a.tenant() returns uuid language sql stable return nullif(current_setting('a.tenant', true), '')::uuid;
    create table a.tenants (id uuid primary key); insert into a.tenants values ('${A}'), ('${B}'); grant select on a.tenants to bench_app, bench_owner;
    create type a.pair as (x int, y int); create domain a.domain_of_pair as a.pair; create type a.mood as enum ('b', 'a');
    create collation a.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    create function a.become(id uuid) returns boolean language plpgsql as
      $$ begin perform set_config('a.tenant', id::text, true); return true; end $$;
    create function a.become() returns trigger language plpgsql as $$ begin perform a.become(new.tenant_id); return new; end $$;
    create function a.twice(id uuid) returns boolean language sql stable as $$ select true $$;
    create function a.twice(word text) returns boolean language sql stable as $$ select false $$`);
  for (const { attack, index } of tried) {
    const { columns, body = 'b', setup = '', using } = attack;
    await sql(
      named(
        `create table T (id int primary key, tenant_id uuid not null, body text not null${columns ? `, ${columns}` : ''});
        alter table T enable row level security; grant select on T to bench_app; insert into T (id, tenant_id, body) values (1, '${B}', '${body}');
        ${setup}; ${using === null ? '' : `create policy own on T using (${using});`}`,
        index,
      ),
    );
  }
  const lines = tried.map(({ index }) => `  a.t${index}: { tenancy: row, column: tenant_id }`);
  const views = tried.flatMap(({ attack: { of }, index }) => (of ? [`  a.v${index}: { of: a.t${index} }`] : []));
  const model = parseModel(
    unique(
      `context: { setting: a.tenant, type: uuid }\ntenants: { table: a.tenants, key: id }\nroles: { owner: bench_owner, app: [bench_app] }
tables:\n${lines.join('\n')}\nviews:\n${views.join('\n')}`,
    ),
    'rowhouse.yaml',
  );
  decided = await proveIn(database, model, solver);
});

afterAll(() => database.drop());

function named(text: string, index: number): string {
  return text.replace(/\bT\b/g, `a.t${index}`).replace(/_T\b/g, `_${index}`).replace(/\bV\b/g, `a.v${index}`);
}

test.each(tried)('what the server does is not called impossible: $name', async ({ attack, index }) => {
  const { of = 'T', claim = 'sees', shows } = attack;
  const { client } = database;
  await client.query('begin');
  try {
    await sql(`select set_config('a.tenant', '${A}', true); set local role bench_app`);
    const deeds = named(attack.attack ?? `select from ${of}`, index).split('; ');
    let found = 0;
    for (const deed of deeds) found = await sql(deed);
    await client.query('reset role');
    expect(shows === undefined ? found : await sql(named(shows, index))).toBeGreaterThan(0);
  } finally {
    await client.query('rollback');
  }
  const name = `${of === 'V' ? 'v' : 't'}${index}`;
  const answers = decided.filter(
    (one) => one.claim.relation.name === name && one.claim.kind === claim && one.claim.session !== 'nobody',
  );
  expect(answers.length).toBeGreaterThan(0);
  expect(answers.filter(({ verdict }) => verdict.verdict !== 'proved')).not.toEqual([]);
});
