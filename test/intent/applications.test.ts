import { describe, expect } from 'vitest';
import { contextAssignments } from '../../src/intent/context.ts';
import { test } from '../support/test.ts';
import { compile, fixtureModel, judge, relationOf } from './verdicts.ts';

const id = (digit: string): string => `${digit.repeat(8)}-0000-0000-0000-000000000001`;

describe('memberships: sessions say a user', () => {
  const schema = `
    create schema app;
    create table app.teams (id uuid primary key, label text, created_by uuid);
    create table app.people (id uuid primary key, label text);
    create table app.members (user_id uuid references app.people, team_id uuid references app.teams, status text, label text);
    create table app.projects (id int primary key, team_id uuid, is_public boolean, label text);
    create table app.tasks (project_id int references app.projects, label text);
    create table app.invitations (team_id uuid, label text);
    create table app.plans (label text);
    insert into app.teams values
      ('${id('1')}', 'one', '${id('a')}'), ('${id('2')}', 'two', '${id('b')}'), ('${id('3')}', 'made', '${id('a')}');
    insert into app.people values
      ('${id('a')}', 'ann'), ('${id('b')}', 'bob'), ('${id('c')}', 'cat'), ('${id('d')}', 'dan'), ('${id('e')}', 'eve');
    insert into app.members values
      ('${id('a')}', '${id('1')}', 'active', 'ann-one'), ('${id('a')}', '${id('2')}', 'invited', 'ann-two'),
      ('${id('b')}', '${id('2')}', 'active', 'bob-two'), ('${id('c')}', '${id('1')}', 'active', 'cat-one'),
      ('${id('c')}', '${id('2')}', 'active', 'cat-two'), ('${id('d')}', '${id('3')}', 'invited', 'dan-made');
    insert into app.projects values
      (1, '${id('1')}', false, 'p1'), (2, '${id('2')}', false, 'p2'), (3, '${id('2')}', true, 'p2+'), (4, null, null, 'nobody');
    insert into app.tasks values (1, 't1'), (2, 't2'), (3, 't2+'), (4, 'orphan'), (null, 'none');
    insert into app.invitations values ('${id('1')}', 'i1'), ('${id('2')}', 'i2');
    insert into app.plans values ('basic');
  `;

  test('a row is foreign outside of the teams that the user is an active member of', async ({
    database: { client },
  }) => {
    await client.query(schema);
    const intent = await compile(client, fixtureModel('memberships.yaml'));
    const foreign = async (name: string, subject: string): Promise<string> =>
      (await judge(client, relationOf(intent, name), subject)).foreign;
    const [ann, bob, cat, dan, eve] = ['a', 'b', 'c', 'd', 'e'].map(id) as [string, string, string, string, string];
    expect(await foreign('app.teams', ann)).toBe('two');
    expect(await foreign('app.teams', cat)).toBe('made');
    expect(await foreign('app.members', ann)).toBe('bob-two cat-two dan-made');
    expect(await foreign('app.members', dan)).toBe('ann-one ann-two bob-two cat-one cat-two');
    expect(await foreign('app.people', ann)).toBe('bob dan eve');
    expect(await foreign('app.people', bob)).toBe('dan eve');
    expect(await foreign('app.people', eve)).toBe('ann bob cat dan');
    expect(await foreign('app.projects', ann)).toBe('nobody p2');
    expect(await foreign('app.projects', cat)).toBe('nobody');
    expect(await foreign('app.tasks', ann)).toBe('none orphan t2');
    expect(await foreign('app.invitations', bob)).toBe('i1');
    expect(await foreign('app.plans', eve)).toBe('');
    expect(await judge(client, relationOf(intent, 'app.tasks'), ann)).toMatchObject({
      shared: 't2+',
      unwritable: 'none orphan t2 t2+',
    });
  });

  test('subjects are the active members, and an application that hides some of its own rows says so', async ({
    database: { client },
  }) => {
    await client.query(schema);
    const intent = await compile(client, fixtureModel('memberships.yaml'));
    expect((await client.query(intent.subjects)).rows).toEqual([{ id: id('a') }, { id: id('b') }, { id: id('c') }]);
    expect(relationOf(intent, 'app.invitations').complete).toBe(false);
    expect(relationOf(intent, 'app.projects').complete).toBe(true);
  });
});

test('own rows: each user is its own tenant', async ({ database: { client } }) => {
  const [a, b] = [id('a'), id('b')];
  await client.query(`
    create schema auth;
    create table auth.users (id uuid primary key);
    create table public.notes (label text, owner_id uuid);
    create table public.posts (id int primary key, label text, author_id uuid, published boolean);
    create table public.comments (id int primary key, label text, author_id uuid, post_id int references public.posts);
    insert into auth.users values ('${b}'), ('${a}');
    insert into public.notes values ('a', '${a}'), ('b', '${b}'), ('lost', null);
    insert into public.posts values (1, 'a', '${a}', false), (2, 'b', '${b}', false), (3, 'b+', '${b}', true);
    insert into public.comments values (3, 'b on a', '${b}', 1), (2, 'a on b', '${a}', 2), (1, 'b on b+', '${b}', 3);
  `);
  const model = fixtureModel('own-rows.yaml');
  const intent = await compile(client, model);
  expect((await judge(client, relationOf(intent, 'public.notes'), a)).foreign).toBe('b lost');
  expect(await judge(client, relationOf(intent, 'public.posts'), a)).toEqual({
    foreign: 'b',
    unwritable: 'b b+',
    shared: 'b+',
  });
  expect(await judge(client, relationOf(intent, 'public.comments'), a)).toEqual({
    foreign: 'b on a',
    unwritable: 'b on a b on b+',
    shared: 'b on b+',
  });
  expect((await client.query(intent.subjects)).rows).toEqual([{ id: a }, { id: b }]);

  const [assignment] = contextAssignments(model, a);
  await client.query('begin');
  await client.query('select set_config($1, $2, true)', [assignment?.setting, assignment?.value]);
  const claims = await client.query(`select current_setting('request.jwt.claims')::jsonb as claims`);
  expect(claims.rows).toEqual([{ claims: { app_metadata: { plan: 'free', 'user.id': a } } }]);
  await client.query('rollback');
});

describe('organizations: bigint keys, quoted names, a platform', () => {
  const schema = `
    create table public."Organization" (id bigint primary key, label text);
    create table public."Template" (label text, "organizationId" bigint, "isOpen" boolean not null default false);
    create table public."Project" (id int primary key, label text, "organizationId" bigint);
    create table public."Task" (id int primary key, label text, "organizationId" bigint, "projectId" int references public."Project", "blockedBy" int[]);
    create table public."Measurement" (label text, "organizationId" bigint, at int) partition by range (at);
    create table public."Measurement.1" partition of public."Measurement" for values from (0) to (9);
    create view public."OpenTask" as select id as "taskId", label, "organizationId" as org from public."Task";
    create view public."TaskTitle" as select id, label from public."Task";
    insert into public."Organization" values (1, 'platform'), (2, 'two'), (10, 'ten');
    insert into public."Template" values ('1', 1, false), ('2', 2, false), ('10', 10, false), ('10+', 10, true);
    insert into public."Project" values (1, '1', 1), (2, '2', 2), (10, '10', 10);
    insert into public."Task" select id, label, "organizationId", id from public."Project";
    insert into public."Measurement" values ('2', 2, 1), ('10', 10, 2);
  `;

  test('rows, shares and partitions', async ({ database: { client } }) => {
    await client.query(schema);
    const intent = await compile(client, fixtureModel('organizations.yaml'));
    expect(await judge(client, relationOf(intent, 'public."Organization"'), '2')).toEqual({
      foreign: 'ten',
      unwritable: 'platform ten',
      shared: 'platform',
    });
    expect(await judge(client, relationOf(intent, 'public."Template"'), '2')).toEqual({
      foreign: '10',
      unwritable: '1 10',
      shared: '1 10+',
    });
    expect((await judge(client, relationOf(intent, 'public."Project"'), '1')).foreign).toBe('10 2');
    expect((await judge(client, relationOf(intent, 'public."Measurement.1"'), '2')).foreign).toBe('10');
    expect(intent.platform).toBe('1');
    expect((await client.query(intent.subjects)).rows).toEqual([{ id: '1' }, { id: '10' }, { id: '2' }]);
  });

  test('a view by its own columns, and one without the tenant by the key of its table', async ({
    database: { client },
  }) => {
    await client.query(schema);
    const intent = await compile(client, fixtureModel('organizations.yaml'));
    const renamed = relationOf(intent, 'public."OpenTask"');
    const keyed = relationOf(intent, 'public."TaskTitle"');
    expect((await judge(client, renamed, '2')).foreign).toBe('1 10');
    expect((await judge(client, keyed, '2')).foreign).toBe('1 10');
    expect(renamed).toMatchObject({ kind: 'view', tenantColumn: 'org', base: { schema: 'public', name: 'Task' } });
    expect(keyed).toMatchObject({ kind: 'view', tenantColumn: null, reason: "without the tenant's column" });
    await client.query(`create or replace view public."TaskTitle" as select -id as id, label from public."Task"`);
    expect((await judge(client, keyed, '2')).foreign).toBe('1 10 2');
  });
});

describe('wells: documents, JSON and a schema of each tenant', () => {
  const [a, b] = [id('a'), id('b')];
  const schema = `
    create table public.tenants (id uuid primary key, label text, schema_name text unique);
    create table public.wells (id serial primary key, label text);
    create table public.documents (label text, tenant_id uuid, is_public boolean not null default false);
    create table public.document_vectors (label text, metadata jsonb);
    create table public.plan_snapshots (id int primary key, label text, tenant_id uuid, kind text, visibility text);
    create table public.plan_outcomes (label text, tenant_id uuid, plan_snapshot_id int references public.plan_snapshots);
    create table public.job_state (label text);
    create schema "Tenant A"; create schema tenant_b; create schema orphan;
    create table "Tenant A".chat_threads (label text); create table tenant_b.chat_threads (label text); create table orphan.chat_threads (label text);
    create table "Tenant A".chat_messages (label text);
    insert into public.tenants values ('${a}', 'a', 'Tenant A'), ('${b}', 'b', 'tenant_b');
    insert into public.wells (label) values ('w');
    insert into public.documents values ('a', '${a}', false), ('b', '${b}', false), ('b+', '${b}', true), ('old', null, false);
    insert into public.document_vectors values
      ('a', jsonb_build_object('tenant_id', '${a}')), ('b', jsonb_build_object('tenant_id', '${b}')),
      ('other', '{"tenant_id": 7}'), ('none', '{}'), ('null', null), ('list', '[]');
    insert into public.plan_snapshots values
      (1, 'baseline', null, 'baseline', 'public'), (2, 'b-edit', '${b}', 'post_edit', 'private'),
      (3, 'b-approved', '${b}', 'approved', 'public'), (4, 'b-draft+', '${b}', 'post_edit', 'public');
    insert into public.plan_outcomes values ('a', '${a}', 1), ('b', '${b}', 3);
    insert into public.job_state values ('job');
    insert into "Tenant A".chat_threads values ('ta'); insert into tenant_b.chat_threads values ('tb'); insert into orphan.chat_threads values ('to');
  `;

  test('each kind of tenancy', async ({ database: { client } }) => {
    await client.query(schema);
    const intent = await compile(client, fixtureModel('wells.yaml'));
    const foreign = async (name: string, subject = a): Promise<string> =>
      (await judge(client, relationOf(intent, name), subject)).foreign;
    expect(await foreign('public.tenants')).toBe('b');
    expect(await foreign('public.wells')).toBe('');
    expect(await judge(client, relationOf(intent, 'public.documents'), a)).toEqual({
      foreign: 'b',
      unwritable: 'b b+ old',
      shared: 'b+ old',
    });
    expect(await foreign('public.document_vectors')).toBe('b list none null other');
    expect(await foreign('public.plan_snapshots')).toBe('b-draft+ b-edit');
    expect(await foreign('public.plan_outcomes')).toBe('b');
    expect(await foreign('public.job_state')).toBe('job');
    expect(await foreign('"Tenant A".chat_threads')).toBe('');
    expect(await foreign('"Tenant A".chat_threads', b)).toBe('ta');
    expect(await foreign('tenant_b.chat_threads')).toBe('tb');
    expect(await foreign('orphan.chat_threads')).toBe('to');
  });
});
