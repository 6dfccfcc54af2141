import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withWantedPolicies } from '../../src/app/wanted-policies.ts';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import type { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import { changeFindings, changeInconclusive } from '../../src/prove/change-findings.ts';
import { proveChange, type Change } from '../../src/prove/prove-change.ts';
import { formatQualified } from '../../src/sql/ident.ts';
import { buildLintWorld, type LintWorld } from '../lint/support.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { sharedSolver } from './support.ts';

const solver = sharedSolver();
let database: TestDatabase;
let world: LintWorld;
let sound: CatalogSnapshot;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await buildLintWorld(database);
  await world.sql(`create view app.titles with (security_invoker = true) as select id, tenant_id, title from app.projects;
    grant select on app.titles to app_user;
    create view app.kept with (check_option = local) as select id, tenant_id, title from app.projects
      where tenant_id = (select app.current_tenant());
    grant all on app.kept to app_user;
    create table app.seen (tenant_id uuid, viewer text); grant select on app.seen to app_user`);
  sound = await readSnapshot(database.client);
});

afterAll(() => database.drop());

/** The catalog after some SQL, which is rolled back. */
async function after(sql: string): Promise<CatalogSnapshot> {
  let found = sound;
  await world.within(async () => {
    await world.sql(sql);
    found = await readSnapshot(database.client);
  });
  return found;
}

/** What is not the same, as `more select app.notes` or `unknown less …`; with privileges, these. */
function told({ differences }: Change): readonly string[] {
  return differences.flatMap(({ direction, command, relation, verdict, granted }) => {
    const what = `${direction} ${command ?? 'privileges'} ${formatQualified(relation)}`;
    const row = verdict.verdict === 'proved' ? [] : [verdict.verdict === 'refuted' ? what : `unknown ${what}`];
    return [...row, ...(granted.length > 0 ? [`${what}: ${granted.join(', ')}`] : [])];
  });
}

const own = 'tenant_id = (select app.current_tenant())';
const onlySelect = `drop policy own on app.notes; create policy own on app.notes for select using (${own})`;

test.each<readonly [name: string, sql: string, expected: readonly string[]]>([
  ['nothing', 'select', []],
  [
    'the same in other words',
    `alter policy own on app.notes using (nullif(current_setting('app.current_tenant', true), '')::uuid in (tenant_id) and true)`,
    [],
  ],
  ['a policy beside', `create policy drafts on app.notes for select using (body = '')`, ['more select app.notes']],
  [
    'a policy for rows that another lets pass already',
    `create policy mine on app.notes for select using (${own} and body = '')`,
    [],
  ],
  [
    'a restrictive policy',
    `create policy floor on app.notes as restrictive for select using (project_id is not null)`,
    ['less select app.notes'],
  ],
  ['a policy for one command', onlySelect, ['less insert app.notes', 'less update app.notes', 'less delete app.notes']],
  [
    'a check for the rows that an update makes',
    `${onlySelect}; create policy edit on app.notes for update using (${own}) with check (${own} and project_id is not null)`,
    ['less insert app.notes', 'less update app.notes', 'less delete app.notes'],
  ],
  [
    'row-level security switched off: the view shows it too',
    'alter table app.projects disable row level security',
    [
      'more select app.projects',
      'more insert app.projects',
      'more update app.projects',
      'more delete app.projects',
      'more select app.titles',
    ],
  ],
  ['a view that runs as its owner', 'alter view app.titles reset (security_invoker)', ['more select app.titles']],
  [
    'a view of other rows',
    `create or replace view app.titles with (security_invoker = true) as
      select id, tenant_id, title from app.projects where title <> ''`,
    ['less select app.titles'],
  ],
  [
    'a privilege that no policy lets do anything',
    'alter table app.tenants force row level security; grant insert on app.tenants to app_user',
    [],
  ],
  ['a privilege that one does', 'grant delete on app.countries to app_user', ['more delete app.countries']],
  [
    'a column',
    'revoke select on app.notes from app_user; grant select (id, tenant_id, project_id) on app.notes to app_user',
    ['less select app.notes: SELECT (body)'],
  ],
  ['TRUNCATE', 'grant truncate on app.notes to app_user', ['more privileges app.notes: TRUNCATE']],
  [
    'a role that is not bound any more',
    'alter role app_user bypassrls',
    expect.arrayContaining(['more select app.notes', 'more delete app.tools']),
  ],
  [
    'the function that all policies call',
    `create or replace function app.current_tenant() returns uuid language sql stable
      return coalesce(nullif(current_setting('app.current_tenant', true), '')::uuid, '00000000-0000-0000-0000-000000000001')`,
    expect.arrayContaining(['more select app.notes']),
  ],
  [
    'what is not understood',
    `alter policy own on app.notes using (${own} and body ~ 'x')`,
    [
      'unknown less select app.notes',
      'unknown less insert app.notes',
      'unknown less update app.notes',
      'unknown less delete app.notes',
    ],
  ],
  [
    'a policy that reads a table whose rows others write',
    `alter table app.seen enable row level security; create policy mine on app.seen using (viewer = current_setting('app.viewer', true));
      create policy seen on app.notes for select using (tenant_id in (select s.tenant_id from app.seen s))`,
    ['more select app.notes', 'less select app.seen'],
  ],
  [
    'a view through which more can be written',
    'alter view app.kept reset (check_option)',
    ['more insert app.kept', 'more update app.kept'],
  ],
  [
    'a view of other rows, through which others can be deleted',
    `create or replace view app.kept with (check_option = local) as select id, tenant_id, title from app.projects
      where tenant_id = (select app.current_tenant()) or title = 'x'`,
    ['more select app.kept', 'more insert app.kept', 'more update app.kept', 'more delete app.kept'],
  ],
  [
    'a view that cannot be written through any more',
    `create or replace view app.kept as select distinct id, tenant_id, title from app.projects where ${own}`,
    ['less insert app.kept', 'less update app.kept', 'less delete app.kept'],
  ],
  [
    'a view that a rule writes for',
    'create rule gone as on delete to app.kept do instead nothing',
    expect.arrayContaining(['unknown more delete app.kept']),
  ],
  ['a column that is gone', 'alter table app.notes drop column body', []],
])('what a change does: %s', async (_, sql, expected) => {
  expect(told(await proveChange(solver, sound, await after(sql), world.model))).toEqual(expected);
});

test('the row of a finding is seen after the change, and not before it', async () => {
  const sql = `create policy drafts on app.notes for select using (body = 'draft' or project_id is null)`;
  const change = await proveChange(solver, sound, await after(sql), world.model);
  const [found, ...others] = changeFindings(change);
  expect(others).toEqual([]);
  expect(found).toMatchObject({ ruleId: 'access-widened', severity: 'warning', object: 'app.notes' });
  expect(found?.message).toMatch(
    /^\S+ can see a row of app\.notes with .*body = .* after the change and not before it, in a session/,
  );
  const example = change.differences.find(({ verdict }) => verdict.verdict === 'refuted');
  if (example?.verdict.verdict !== 'refuted') throw new TypeError('nothing was found');
  const { situation, rows } = example.verdict.example;
  const values = [...(rows.values().next().value ?? [])].filter(([name]) => name !== 'id');
  const seen = async (): Promise<number> => {
    const { client } = database;
    await client.query('set local session_replication_role = replica');
    const places = values.map((_, index) => `$${index + 1}`).join(', ');
    await client.query(
      `insert into app.notes (id, ${values.map(([name]) => name).join(', ')}) values (gen_random_uuid(), ${places})`,
      values.map(([, value]) => value),
    );
    for (const [name, value] of situation.settings)
      await client.query('select set_config($1, $2, true)', [name, value]);
    await client.query(`set local role ${world.model.roles.app[0] ?? ''}`);
    return (await client.query('select from app.notes')).rowCount ?? 0;
  };
  let counts: readonly number[] = [];
  await world.within(async () => {
    const before = await seen();
    await database.client.query('reset role; delete from app.notes');
    await world.sql(sql);
    counts = [before, await seen()];
  });
  expect(counts).toEqual([0, 1]);
});

test('a database that has what the other has not, and one without the role', async () => {
  const made = await after('create table app.fresh (id int); grant select on app.fresh to app_user');
  const change = await proveChange(solver, sound, made, world.model);
  expect(told(change)).toEqual([]);
  expect(changeFindings(change)).toMatchObject([{ severity: 'info', object: 'app.fresh' }]);
  const roleless = { ...sound, roles: sound.roles.filter(({ rolname }) => rolname !== world.model.roles.app[0]) };
  expect(told(await proveChange(solver, roleless, sound, world.model))).toContain('more select app.notes');
});

test('a view shows more when its owner may', async () => {
  const view = 'alter view app.titles reset (security_invoker); alter view app.titles owner to app_owner';
  const change = await proveChange(
    solver,
    await after(view),
    await after(`${view}; alter role app_owner bypassrls`),
    world.model,
  );
  expect(told(change)).toEqual(['more select app.titles']);
});

test('nothing is decided when the time is over, and that is inconclusive', async () => {
  const change = await proveChange(solver, sound, sound, world.model, { isOver: () => true });
  expect(changeInconclusive(change)[0]?.reason).toMatch(/there was no time left/);
});

test('a folder of policies stands for the tables that it names', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rowhouse-policies-'));
  const wanted = async (text: string): Promise<CatalogSnapshot> => {
    await writeFile(join(folder, 'app.notes.sql'), text);
    return (await withWantedPolicies(database.client, sound, folder)).snapshot;
  };
  try {
    const same = await wanted(`-- Notes.
      alter table app.notes enable row level security; alter table only app . notes force row level security;
      create policy own on app.notes using (${own});`);
    expect(told(await proveChange(solver, sound, same, world.model))).toEqual([]);
    const wider = await wanted(`create policy "app" on "app"."notes" using (${own}); create policy parent on app.notes
      for select using (exists (select from app.projects p where p.id = notes.project_id and notes.body = ''));`);
    expect(told(await proveChange(solver, sound, wider, world.model))).toEqual([]);
    const open = await wanted(`alter table app.notes disable row level security`);
    expect(told(await proveChange(solver, sound, open, world.model))).toContain('more select app.notes');
    await expect(wanted('create policy own on app.nots using (true)')).rejects.toMatchObject({ code: 'no-table' });
    await expect(wanted('create policy own on app.notes using (no_such)')).rejects.toMatchObject({
      code: 'policy-refused',
    });
    await expect(wanted('drop table app.notes')).rejects.toMatchObject({ code: 'not-policies' });
    await expect(withWantedPolicies(database.client, sound, join(folder, 'none'))).rejects.toMatchObject({
      code: 'no-policies',
    });
  } finally {
    await rm(folder, { recursive: true });
  }
  const { rows } = await database.client.query(`select from pg_namespace where nspname like 'rowhouse%'`);
  expect(rows).toEqual([]);
});
