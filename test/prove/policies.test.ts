import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Model } from '../../src/model/model.ts';
import { parseModel } from '../../src/model/parse.ts';
import { buildLintWorld, type LintWorld } from '../lint/support.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { serverMajor } from '../support/test.ts';
import { notProved, proveIn, sharedSolver } from './support.ts';

const solver = sharedSolver();
let database: TestDatabase;
let world: LintWorld;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await buildLintWorld(database);
});

afterAll(() => database.drop());

/** What is not proved any more when the sound world is changed. */
async function after(sql: string): Promise<readonly string[]> {
  let found: readonly string[] = [];
  await world.within(async () => {
    await world.sql(sql);
    found = notProved(await proveIn(database, world.model, solver));
  });
  return found;
}

const own = '(select app.current_tenant())';
/** A note and a session have to be of the one link that has their word, if it is one. */
const byLink = `create table app.links (word text unique, tenant_id uuid not null); grant select on app.links to app_user;
    alter table app.notes add word text;
    alter policy own on app.notes using (
      exists (select from app.links l where l.word is not distinct from notes.word and l.tenant_id = notes.tenant_id)
      and exists (select from app.links l where l.word is not distinct from notes.word and l.tenant_id = ${own}));`;
/** Sound by what the foreign key and the keys of projects say, and by nothing else. */
const byProject = `alter table app.notes alter project_id set not null;
    alter policy own on app.notes using (project_id in (select p.id from app.projects p));`;

test('the sound world is proved', async () => {
  expect(await after('select')).toEqual([]);
});

test('nothing is proved when the time is over', async () => {
  const decided = await proveIn(database, world.model, solver, { isOver: () => true });
  expect(new Set(decided.map(({ verdict }) => verdict.verdict))).toEqual(new Set(['unknown']));
});

test.each([
  [
    'AND of what is not understood',
    `alter policy own on app.notes using (tenant_id = ${own} and body ~ 'x')`,
    ['unknown hides app.notes', ...['insert', 'update', 'delete'].map(() => 'unknown refuses app.notes')],
  ],
  [
    'a floor that makes up for an open policy',
    `create policy open on app.notes using (true);
    create policy floor on app.notes as restrictive using (tenant_id = ${own})`,
    [],
  ],
  ['the tenants in a list of one', `alter policy own on app.notes using (tenant_id = any (array[${own}]))`, []],
  [
    'CASE that comes to the same',
    `alter policy own on app.notes using (case when ${own} is null then false else tenant_id = ${own} end)`,
    [],
  ],
  [
    'a tenant whose id is no nil UUID, as none is',
    `alter policy own on app.notes using (tenant_id = ${own} and ${own} <> '00000000-0000-0000-0000-000000000000')`,
    [],
  ],
  [
    'a helper that takes the row',
    `create function app.is_mine(t uuid) returns boolean language sql stable as
    $$ select t = nullif(pg_catalog.current_setting('app.current_tenant', true), '')::uuid $$;
    alter policy own on app.notes using (app.is_mine(tenant_id))`,
    [],
  ],
  [
    'a parent that is visible',
    `alter policy own on app.notes using (exists (
      select from app.projects p where p.id = notes.project_id and p.tenant_id = notes.tenant_id))`,
    ['refuted hides app.notes'],
  ],
  ['a foreign key within the tenant', byProject, []],
  ['a key that is never NULL', `${byLink} alter table app.links alter word set not null`, ['refuted hides app.notes']],
  [
    'an error behind what decides, which may come first',
    `alter policy own on app.notes using (tenant_id = ${own} or (body = '1' and tenant_id = ${own} and body::int = 1))`,
    ['unknown hides app.notes'],
  ],
  [
    'CASE without ELSE',
    `create function app.kind(word text) returns boolean language sql stable as $$ select case when word = 'x' then true end $$;
    create policy open on app.notes for select using (not app.kind(body))`,
    [],
  ],
  [
    'a column of a domain',
    `create domain app.label as text check (value <> ''); alter table app.notes add label app.label;
    alter policy own on app.notes using (tenant_id = ${own} and (label is null or label = 'x' or label <> 'x'))`,
    [],
  ],
  [
    'a setting that must be there, and is not',
    `alter policy own on app.notes using (tenant_id = ${own} and coalesce(pg_catalog.current_setting('app.other'), '') <> 'x')`,
    ['refuted hides app.notes'],
  ],
  ...['limit 2', 'order by 1 fetch first 1 row with ties'].map((limit): [string, string, string[]] => [
    `more rows than one where one is asked for: ${limit}`,
    `create table app.words (word text); grant select on app.words to app_user;
      alter policy own on app.notes using (tenant_id = ${own} and coalesce((select w.word <> '' from app.words w ${limit}), true))`,
    ['unknown hides app.notes', ...['insert', 'update', 'delete'].map(() => 'unknown refuses app.notes')],
  ]),
  [
    'a UNION of what is its own',
    `alter policy own on app.notes using (tenant_id in (select t.id from app.tenants t union select p.tenant_id from app.projects p))`,
    [],
  ],
  [
    'a join that keeps what has no match',
    `alter policy own on app.notes using (exists (
      with own as (select t.id from app.tenants t group by t.id)
      select from own o left join app.projects p on p.tenant_id = o.id where o.id = notes.tenant_id))`,
    ['unknown hides app.notes'],
  ],
  [
    'an array that has the tenant alone',
    `alter policy own on app.notes using (tenant_id = ${own} and array[tenant_id] && coalesce(array[${own}], '{}'))`,
    ['unknown hides app.notes', ...['insert', 'update', 'delete'].map(() => 'unknown refuses app.notes')],
  ],
  ['a time that is over', `create policy old on app.notes for select using (now() < '2020-01-01 00:00:00+00')`, []],
  [
    'a policy for whoever is called otherwise',
    `create policy me on app.notes for select using (current_user = 'nobody')`,
    [],
  ],
  [
    'texts in an order that nobody knows, of which one comes first',
    `alter policy own on app.notes using (tenant_id = ${own} and (body < 'b' or body >= 'b'))`,
    [],
  ],
  [
    'a column that a CHECK keeps from being so',
    `alter table app.notes add check (body <> 'public');
    create policy open on app.notes for select using (body = 'public')`,
    [],
  ],
  [
    'a policy of another command that reads its own table',
    `drop policy own on app.notes; create policy own on app.notes for select using (tenant_id = ${own});
    create policy edit on app.notes for update using (exists (select from app.notes n where n.id = notes.id))`,
    [],
  ],
] as const)('no foreign row passes: %s', async (_, sql, left) => {
  expect(await after(sql)).toEqual(left);
});

test.each([
  [
    'OR of a column',
    `alter table app.notes add shown boolean; alter policy own on app.notes using (tenant_id = ${own} or shown is not false)`,
    ['refuted sees app.notes', 'refuted sees app.notes nobody'],
  ],
  [
    'no context',
    `alter policy own on app.notes using (tenant_id = coalesce(${own}, tenant_id))`,
    ['refuted sees app.notes nobody'],
  ],
  [
    'a context that is empty and not NULL',
    `alter policy own on app.notes using (tenant_id = ${own} or pg_catalog.current_setting('app.current_tenant', true) = '')`,
    ['refuted sees app.notes nobody'],
  ],
  [
    'NULL on both sides',
    `alter table app.notes alter tenant_id drop not null; alter policy own on app.notes using (tenant_id is not distinct from ${own})`,
    ['refuted sees app.notes nobody'],
  ],
  [
    'NOT EXISTS',
    `alter policy own on app.notes using (not exists (
      select from app.projects p where p.id = notes.project_id and p.tenant_id <> ${own}))`,
    ['refuted sees app.notes'],
  ],
  [
    'NOT IN with a NULL',
    `alter policy own on app.notes using (tenant_id = ${own} and tenant_id not in (select nullif(p.tenant_id, p.id) from app.projects p))`,
    ['unknown hides app.notes'],
  ],
  ['a loose match', `alter policy own on app.notes using (tenant_id::text like '0%')`, ['refuted sees app.notes']],
  [
    'a check that is weaker',
    `create policy new on app.notes for insert with check (true)`,
    ['refuted makes app.notes'],
  ],
  [
    'a definer that reads all',
    `create function app.all_tenants() returns setof uuid language sql stable security definer as
    $$ select id from app.tenants $$; alter function app.all_tenants() owner to postgres;
    alter policy own on app.notes using (tenant_id in (select app.all_tenants()))`,
    ['refuted sees app.notes'],
  ],
  [
    'a foreign key that is not validated',
    `${byProject} alter table app.notes drop constraint notes_tenant_id_project_id_fkey,
      add foreign key (tenant_id, project_id) references app.projects (tenant_id, id) not valid`,
    ['refuted sees app.notes'],
  ],
  ['a key that may be NULL, of which there are many then', byLink, ['refuted sees app.notes']],
  [
    'a CHECK that rows of before need not keep',
    `alter table app.notes add check (body <> 'public') not valid;
    create policy open on app.notes for select using (body = 'public')`,
    ['refuted sees app.notes'],
  ],
  [
    'a CHECK that another session passed',
    `alter table app.notes add check (body <> pg_catalog.current_setting('app.word', true));
    create policy open on app.notes for select using (body = pg_catalog.current_setting('app.word', true))`,
    ['refuted sees app.notes'],
  ],
  [
    'a CHECK that is not for rows of heirs',
    `alter table app.notes add check (body <> 'public') no inherit; create table app.heirs () inherits (app.notes);
    create policy open on app.notes for select using (body = 'public')`,
    ['refuted sees app.notes'],
  ],
  [
    'a CHECK that is NULL',
    `alter table app.notes add kind text check (kind <> 'public');
    create policy open on app.notes for select using (kind is null)`,
    ['refuted sees app.notes'],
  ],
  [
    'a parent whose id is no key',
    `${byProject} alter table app.projects drop constraint projects_pkey`,
    ['refuted sees app.notes'],
  ],
  [
    'rows of an heir, for which the key does not hold',
    `${byProject} create table app.more () inherits (app.projects)`,
    ['refuted sees app.notes'],
  ],
  [
    'an array of those that may see it',
    `alter table app.notes add shown_to uuid[];
    create policy shown on app.notes for select using (${own} = any (shown_to) and not shown_to @> array[tenant_id])`,
    ['refuted sees app.notes'],
  ],
  [
    'one part of a UNION',
    `alter policy own on app.notes using (tenant_id in (select t.id from app.tenants t union all select p.id from app.projects p))`,
    ['refuted sees app.notes'],
  ],
  [
    'a row that an outer join makes of nothing',
    `alter policy own on app.notes using (exists (
      select from app.countries c full join app.projects p on p.tenant_id = notes.tenant_id where p.id is null))`,
    ['refuted sees app.notes', 'refuted sees app.notes nobody'],
  ],
  [
    'a parent that no policy hides',
    `${byProject} alter table app.projects disable row level security`,
    ['refuted sees app.notes'],
  ],
] as const)('a foreign row passes: %s', async (_, sql, expected) => {
  expect(await after(sql)).toEqual(expect.arrayContaining([...expected]));
});

test.each([
  [
    'a function that may give another value each time',
    `alter policy own on app.notes using (tenant_id = ${own} or pg_catalog.random() > 2)`,
  ],
  [
    'a wrapper that is called IMMUTABLE',
    `create function app.cached() returns uuid language sql immutable as
    $$ select nullif(pg_catalog.current_setting('app.current_tenant', true), '')::uuid $$;
    alter policy own on app.notes using (tenant_id = app.cached())`,
  ],
  [
    'a moment that is called IMMUTABLE, which a prepared plan keeps',
    `create function app.once() returns timestamptz language sql immutable as $$ select pg_catalog.now() $$;
    create policy open on app.notes for select using (app.once() < pg_catalog.now())`,
  ],
  [
    'a setting of which the model knows nothing',
    `alter policy own on app.notes using (tenant_id = ${own} or pg_catalog.current_setting('app.admin', true) = 'on')`,
  ],
  [
    'a table that a session may put another before',
    `set local check_function_bodies = off; create function app.mine() returns setof uuid language sql stable as
    $$ select id from tenants $$; alter function app.mine() set search_path = app;
    alter policy own on app.notes using (tenant_id in (select app.mine()))`,
  ],
  [
    'a name that is a column and an argument of PL/pgSQL, which is an error',
    `create function app.is_any(tenant_id uuid) returns boolean language plpgsql stable as
    $$ begin return exists (select from app.projects p where tenant_id = tenant_id); end $$;
    alter policy own on app.notes using (app.is_any(tenant_id))`,
  ],
  [
    'LIKE with a pattern from the session',
    `alter policy own on app.notes using (tenant_id::text like pg_catalog.current_setting('app.current_tenant', true) || '%')`,
  ],
  [
    'an aggregate, which gives a row where there is none',
    `alter policy own on app.notes using (exists (select count(*) from app.projects p where p.tenant_id = notes.tenant_id))`,
  ],
  [
    'an outer join, which gives a row where there is none',
    `alter policy own on app.notes using (exists (
      select from app.countries c left join app.projects p on p.tenant_id = notes.tenant_id))`,
  ],
  [
    'a function with a setting of its own',
    `create function app.set() returns uuid language sql stable set app.current_tenant = '00000000-0000-0000-0000-000000000001' as
    $$ select nullif(pg_catalog.current_setting('app.current_tenant', true), '')::uuid $$;
    alter policy own on app.notes using (tenant_id = app.set())`,
  ],
] as const)('never proved: %s', async (_, sql) => {
  const found = await after(sql);
  expect(found.filter((one) => one.includes('sees app.notes'))).not.toEqual([]);
});

test('a policy that reads its own table hides all of it, and nobody else sees it', async () => {
  const sql = `alter policy own on app.notes using (tenant_id in (select n.tenant_id from app.notes n where n.tenant_id = ${own}));`;
  expect(await after(sql)).toEqual(['refuted hides app.notes']);
  await world.within(async () => {
    await world.sql(`${sql} set local role app_user`);
    await expect(world.sql('select from app.notes')).rejects.toMatchObject({ code: '42P17' });
  });
});

test('a function that the role may not call hides all', async () => {
  const sql = `create function app.f(t uuid) returns boolean language sql stable return t is not null;
    revoke execute on function app.f from public; alter policy own on app.notes using (tenant_id = ${own} and app.f(tenant_id))`;
  expect(await after(sql)).toContain('refuted hides app.notes');
});

test('functions that call each other without an end in sight are given up', async () => {
  const levels = Array.from(
    { length: 7 },
    (_, n) => `create function app.f${n + 1}(a text) returns text language sql stable return
      ${Array.from({ length: 9 }, () => `app.f${n}(a)`).join(' || ')};`,
  );
  const sql = `create function app.f0(a text) returns text language sql stable return a || a; ${levels.join('')}
    alter policy own on app.notes using (tenant_id = ${own} and app.f7(body) <> '')`;
  const found = await after(sql);
  expect(new Set(found.map((one) => one.replace(/ \w+ (app\.\w+).*/, ' $1')))).toEqual(new Set(['unknown app.notes']));
});

test('a claim has an older setting, which says the same', async () => {
  const model: Model = {
    ...world.model,
    context: { setting: 'request.jwt.claims', type: 'uuid', json: ['sub'], claims: { role: 'user' } },
  };
  const claim = (key: string): string => `coalesce(nullif(current_setting('request.jwt.claim.${key}', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> '${key}')`;
  await world.within(async () => {
    await world.sql(`create or replace function app.current_tenant() returns uuid language sql stable return (${claim('sub')})::uuid;
      alter policy own on app.notes using (tenant_id = ${own} or ${claim('role')} = 'admin')`);
    const decided = await proveIn(database, model, solver);
    expect(notProved(decided)).toEqual([]);
    const notes = decided.flatMap(({ verdict }) => (verdict.verdict === 'proved' ? verdict.notes : []));
    expect(new Set(notes)).toContain(
      'request.jwt.claim.sub and request.jwt.claim.role, where they are set, say what request.jwt.claims says',
    );
  });
});

test('an id for "none" is no tenant, unless it is the platform', async () => {
  const none = '00000000-0000-0000-0000-000000000000';
  const policy = (fallback: string): string =>
    `alter policy own on app.notes using (
      tenant_id = coalesce(nullif(current_setting('app.current_tenant', true), ''), '${fallback}')::uuid)`;
  expect(await after(policy(none))).toEqual([]);
  expect(await after(`${policy(none)}; create policy more on app.notes for select using (body = 'x')`)).toContain(
    'refuted sees app.notes nobody',
  );
  // Words for "none" among numbers are no uuids.
  expect(await after(`${policy(none)}; create policy more on app.notes for select using (body = '0')`)).toContain(
    'refuted sees app.notes nobody',
  );
  expect(await after(policy('00000000-0000-0000-0000-000000000002'))).toContain('refuted sees app.notes nobody');
  const model = { ...world.model, tenants: { ...world.model.tenants, platform: none } };
  await world.within(async () => {
    await world.sql(policy(none));
    expect(notProved(await proveIn(database, model, solver))).toContain('refuted sees app.notes nobody');
  });
});

test('words are ids, but the empty one is nobody’s', async () => {
  const model = parseModel(
    `
context: { setting: app.firm, type: text }
tenants: { table: app.firms, key: code }
roles: { app: [${world.model.roles.app.join()}] }
tables:
  app.firms: { tenancy: root }
`,
    'rowhouse.yaml',
  );
  await world.within(async () => {
    await world.sql(`create table app.firms (code text primary key); alter table app.firms enable row level security;
      create policy own on app.firms for select using (code = nullif(current_setting('app.firm', true), ''));
      grant select on app.firms to app_user`);
    expect(notProved(await proveIn(database, model, solver))).toEqual([]);
    await world.sql("alter policy own on app.firms using (code = current_setting('app.firm', true))");
    expect(notProved(await proveIn(database, model, solver))).toEqual([]);
    await world.sql(
      "alter policy own on app.firms using (code = nullif(nullif(current_setting('app.firm', true), ''), 'x'))",
    );
    expect(notProved(await proveIn(database, model, solver))).toContain('refuted hides app.firms');
  });
});

test.skipIf(serverMajor < 18)('a NOT NULL that rows of before need not keep', async () => {
  const sql = `alter table app.notes alter tenant_id drop not null;
    alter policy own on app.notes using (tenant_id is not distinct from ${own});
    alter table app.notes add constraint filled not null tenant_id`;
  expect(await after(sql)).toEqual([]);
  expect(await after(`${sql} not valid`)).toContain('refuted sees app.notes nobody');
});

test('a trigger that writes the tenant is not followed', async () => {
  const weak = 'drop policy own on app.notes; create policy own on app.notes for select using (tenant_id = X);'.replace(
    'X',
    own,
  );
  const update = `${weak} create policy edit on app.notes for update using (tenant_id = ${own}) with check (true);`;
  expect(await after(update)).toEqual([]);
  const trigger = `create function app.move() returns trigger language plpgsql as $$ begin return new; end $$;
    create trigger move before update on app.notes for each row execute function app.move();`;
  expect(await after(update + trigger)).toEqual(['unknown moves app.notes']);
});
