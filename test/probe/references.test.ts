import { describe, expect } from 'vitest';
import { test } from '../support/test.ts';
import {
  alpha,
  beta,
  buildWorld,
  findingOf,
  found,
  intentOf,
  notesSchema,
  platform,
  relationIntent,
  soundPolicies,
  undecided,
} from './world.ts';

const writes = { writes: true };
const owned = {
  foreign: '(t.tenant_id = $1::uuid) is not true',
  unwritable: '(t.tenant_id = $1::uuid) is not true',
  shared: 'false',
};
const projects = relationIntent('public.projects', owned);
const tasks = relationIntent('public.tasks', owned);
const intent = intentOf(projects, tasks);

const walls = `
  alter table projects enable row level security; alter table tasks enable row level security;
  create policy own on projects using (tenant_id = (select ctx()));
  create policy own on tasks using (tenant_id = (select ctx()));
`;

/** Projects of two tenants and their tasks; `reference` is what a task says of its project. */
function projectsSchema(reference: string): string {
  return `drop table notes;
    create table projects (id uuid primary key default gen_random_uuid(), tenant_id uuid not null, title text, unique (tenant_id, id));
    create table tasks (id uuid primary key default gen_random_uuid(), tenant_id uuid not null, ${reference}, body text);
    ${walls}
    insert into projects (tenant_id) select id from tenants where id <> '${platform}';
    insert into tasks (tenant_id, project_id) select tenant_id, id from projects;`;
}

test('a key without the tenant: rows point across, and a delete reaches back; the fix closes both', async ({
  database,
}) => {
  const world = await buildWorld(
    database,
    notesSchema,
    projectsSchema('project_id uuid references projects on delete cascade'),
  );
  const report = await world.verify(intent, writes);
  expect([found(report), undecided(report)]).toEqual([
    ['fk-cascade-crosses public.tasks', 'fk-crosses-tenants public.tasks'],
    [],
  ]);
  const crosses = findingOf(report, 'fk-crosses-tenants');
  expect(crosses.message).toContain(
    `tenant ${alpha} can point a row of its own at a row of another tenant in public.projects`,
  );
  expect(findingOf(report, 'fk-cascade-crosses').message).toContain(
    `tenant ${beta} can delete or change a row of tenant ${alpha}`,
  );
  expect(crosses.fix).toBe(
    `alter table "public"."tasks" add foreign key ("tenant_id", "project_id") references "public"."projects" ("tenant_id", "id") on delete cascade;
alter table "public"."tasks" drop constraint "tasks_project_id_fkey";`,
  );
  await world.sql(crosses.fix ?? '');
  expect(await world.verify(intent, writes)).toMatchObject({ outcome: 'clean', inconclusive: [] });
});

test('a shared row that points at its own parent, where no own row may be updated', async ({ database }) => {
  const world = await buildWorld(
    database,
    notesSchema,
    `create table pages (id int primary key, tenant_id uuid not null, parent_id int, public boolean not null default false, unique (tenant_id, id), foreign key (tenant_id, parent_id) references pages (tenant_id, id));
    insert into pages values (1, '${alpha}', null), (2, '${beta}', null);
    insert into pages values (3, '${alpha}', 1, true), (4, '${beta}', 2, true);
    alter table pages enable row level security;
    create policy own on pages using (tenant_id = (select ctx()));
    create policy shown on pages for select using (public and (select ctx()) is not null);
    create policy frozen on pages as restrictive for update using (false);`,
  );
  const pages = relationIntent('public.pages', {
    ...owned,
    foreign: '(t.tenant_id = $1::uuid or t.public) is not true',
    shared: 't.public',
  });
  expect(found(await world.verify(intentOf(pages), writes))).toEqual([]);
});

test.for(['cascade', 'set null', 'set default'])(
  'another key for a row that is pointed at: ON UPDATE %s',
  async (action, { database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      projectsSchema(`project_id uuid references projects on update ${action}`),
    );
    const report = await world.verify(intent, writes);
    expect(found(report)).toEqual(['fk-cascade-crosses public.tasks', 'fk-crosses-tenants public.tasks']);
    expect(findingOf(report, 'fk-cascade-crosses').message).toContain(
      'as by: update "public"."projects" set "id" = $1',
    );
    await world.sql('revoke update, delete on projects from :app; grant update (title) on projects to :app');
    expect(found(await world.verify(intent, writes))).toEqual(['fk-crosses-tenants public.tasks']);
  },
);

test('a key beside another of which a check lets a row have one: it lets the other go', async ({ database }) => {
  const schema = (key: string): string => `drop table notes;
    create table projects (id uuid primary key default gen_random_uuid(), tenant_id uuid not null, title text, unique (tenant_id, id));
    create table teams (id uuid primary key default gen_random_uuid(), tenant_id uuid not null, unique (tenant_id, id));
    create table tasks (id uuid primary key default gen_random_uuid(), tenant_id uuid not null, team_id uuid, project_id uuid,
      foreign key (tenant_id, team_id) references teams (tenant_id, id), ${key}, check ((team_id is null) <> (project_id is null)));
    ${walls} alter table teams enable row level security;
    create policy own on teams using (tenant_id = (select ctx()));
    insert into projects (tenant_id) select id from tenants where id <> '${platform}';
    insert into teams (tenant_id) select tenant_id from projects;
    insert into tasks (tenant_id, team_id) select tenant_id, id from teams;`;
  const world = await buildWorld(
    database,
    notesSchema,
    schema('foreign key (tenant_id, project_id) references projects (tenant_id, id)'),
  );
  const three = intentOf(projects, tasks, relationIntent('public.teams', owned));
  expect(await world.verify(three, writes)).toMatchObject({ outcome: 'clean', inconclusive: [] });

  await world.sql(`alter table tasks drop constraint tasks_tenant_id_project_id_fkey;
    alter table tasks add foreign key (project_id) references projects`);
  const report = await world.verify(three, writes);
  expect([found(report), undecided(report)]).toEqual([['fk-crosses-tenants public.tasks'], []]);
});

describe('keys that nobody crosses', () => {
  test.for([
    ['composite', 'project_id uuid, foreign key (tenant_id, project_id) references projects (tenant_id, id)', ''],
    [
      'composite, and carried along',
      'project_id uuid, foreign key (tenant_id, project_id) references projects (tenant_id, id) on update cascade on delete cascade',
      '',
    ],
    [
      'composite and deferred',
      'project_id uuid, foreign key (tenant_id, project_id) references projects (tenant_id, id) deferrable initially deferred',
      '',
    ],
    [
      'held by a check that the parent is visible',
      'project_id uuid references projects',
      `drop policy own on tasks; create policy own on tasks using (tenant_id = (select ctx()))
         with check (tenant_id = (select ctx()) and exists (select from projects p where p.id = project_id))`,
    ],
    [
      'not to be set by the application',
      'project_id uuid references projects',
      'revoke insert, update on tasks from :app; grant update (body) on tasks to :app',
    ],
  ] as const)('%s', async ([, reference, after], { database }) => {
    const world = await buildWorld(database, notesSchema, projectsSchema(reference));
    await world.sql(after);
    const report = await world.verify(intent, writes);
    expect([found(report), undecided(report)]).toEqual([[], []]);
  });

  test('numbers that every tenant counts for itself: a foreign one is a row of its own too', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      `drop table notes;
      create table projects (tenant_id uuid, no int, primary key (tenant_id, no));
      create table tasks (id uuid primary key default gen_random_uuid(), tenant_id uuid not null, no int, body text,
        foreign key (tenant_id, no) references projects);
      ${walls}
      insert into projects select id, 1 from tenants; insert into tasks (tenant_id, no) select id, 1 from tenants`,
    );
    const report = await world.verify(intent, writes);
    expect([found(report), undecided(report)]).toEqual([[], []]);
  });

  test('a check holds the tenant of the parent', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `alter table notes add unique (tenant_id, id);
      create table replies (id uuid primary key default gen_random_uuid(), tenant_id uuid not null, whose uuid check (whose = '${platform}'),
        note int, foreign key (whose, note) references notes (tenant_id, id));
      insert into replies (tenant_id, whose, note) select id, '${platform}', 1 from tenants;
      alter table replies enable row level security;
      create policy own on replies using (tenant_id = (select ctx()))`,
    );
    const report = await world.verify(
      intentOf(relationIntent('public.notes'), relationIntent('public.replies', owned)),
      writes,
    );
    expect([found(report), undecided(report)]).toEqual([[], []]);
  });

  test('a parent that is shared may be pointed at', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `delete from notes where tenant_id <> '${platform}';
      create table replies (id uuid primary key default gen_random_uuid(), tenant_id uuid not null, note int references notes);
      insert into replies (tenant_id, note) select id, 1 from tenants;
      alter table replies enable row level security;
      create policy own on replies using (tenant_id = (select ctx()))`,
    );
    const report = await world.verify(
      intentOf(relationIntent('public.notes'), relationIntent('public.replies', owned)),
      writes,
    );
    expect(found(report)).toEqual([]);
  });
});

test('a deferred key, a unique one and a table without its own key are tried too', async ({ database }) => {
  const world = await buildWorld(
    database,
    notesSchema,
    projectsSchema('project_id uuid unique references projects on delete set null deferrable initially deferred'),
    'set constraints all immediate; alter table tasks drop constraint tasks_pkey',
  );
  const report = await world.verify(intent, { ...writes, relations: ['public.tasks', 'public.projects'] });
  expect(found(report)).toEqual(['fk-cascade-crosses public.tasks', 'fk-crosses-tenants public.tasks']);
});
