import { expect } from 'vitest';
import { proposedModel } from '../../src/app/init-model.ts';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import { parseModel } from '../../src/model/parse.ts';
import { findOwnership } from '../../src/plan/ownership/index.ts';
import { test } from '../support/test.ts';

const schema = `
  create table companies (id bigint primary key, name text);
  create table users (id uuid primary key, email text not null unique, password text);
  create table members (user_id uuid references users, company_id bigint references companies, primary key (user_id, company_id));
  create table projects (id int primary key, company_id bigint not null references companies);
  alter table projects enable row level security;
  create function uid() returns uuid language sql stable as $$
    select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid
  $$;`;

test('a model whose sessions say a user where the policies that are there ask for one', async ({
  database: { client },
}) => {
  await client.query(schema);
  const propose = async () => {
    const snapshot = await readSnapshot(client);
    const ownership = findOwnership(snapshot, [{ schema: 'public', name: 'companies' }]);
    const answers = { setting: 'app.current_tenant', appRole: 'web' };
    return parseModel(proposedModel(snapshot, ownership, answers), 'rowhouse.yaml');
  };
  expect(await propose()).toMatchObject({
    context: { setting: 'app.current_tenant', type: 'bigint' },
    membership: null,
  });

  await client.query(
    'create policy theirs on projects using (company_id in (select company_id from members where user_id = uid()))',
  );
  expect(await propose()).toMatchObject({
    context: { setting: 'request.jwt.claims', json: ['sub'], type: 'uuid', claims: { role: 'web' } },
    tenants: { type: 'bigint' },
    membership: { table: { schema: 'public', name: 'members' }, user: 'user_id', tenant: 'company_id' },
  });
});

test('a model that says what keys, pairs and schemas of others are', async ({ database: { client } }) => {
  await client.query(`
    create schema reading; create schema realtime;
    create table companies (id bigint primary key, name text);
    create table users (id uuid primary key, email text not null unique, password text);
    create table members (user_id uuid references users, company_id bigint references companies, added_by uuid, role text, primary key (user_id, company_id));
    create table reading.members (user_id uuid references users, company_id bigint references companies, primary key (user_id, company_id));
    create table api_keys (id uuid primary key, user_id uuid not null references users, hash text, unique (user_id, hash));
    create table projects (id int primary key, company_id bigint not null references companies);
    create table teams (id int primary key, company_id bigint not null references companies);
    create table notes (id int primary key, about_type text not null check (about_type in ('Project', 'Team')), about_id int not null);
    create table chats (id int primary key, about_type text not null check (about_type in ('Project', 'User')), about_id int not null);
    create table stars (id int primary key, of_type text not null, of_id int not null);
    create table budgets (id int primary key, project_id int references projects, team_id int references teams,
      check (num_nonnulls(project_id, team_id) = 1));
    create table visits (id int primary key, project_id int references projects, team_id int references teams);
    create table lines (id int primary key, company_id bigint references companies, project_id int not null references projects);
    create table marks (id int primary key, company_id bigint references companies, team_id int references teams, project_id int references projects,
      check (company_id is not null or team_id is not null));
    create table either (id int primary key, company_id bigint references companies, team_id int references teams, project_id int not null references projects,
      check (num_nonnulls(company_id, team_id) = 1));
    create table realtime.messages (id int primary key);`);
  const snapshot = await readSnapshot(client);
  const ownership = findOwnership(snapshot, [{ schema: 'public', name: 'companies' }]);
  const text = proposedModel(snapshot, ownership, { setting: 'app.current_tenant', appRole: 'web' });

  expect(text).toContain(
    '# "public.chats": { tenancy: row, column: "company_id", backfill: { pair: { type: "about_type", id: "about_id", tables: { "Project": "public.projects" } } } }',
  );
  expect(text).toMatch(
    / {2}# This makes the column: say [^\n]*of_type[^\n]*\n {2}# "public.stars": \{ tenancy: row, column: "company_id" \}/,
  );
  const { tables, unmanaged } = parseModel(text, 'rowhouse.yaml');
  const named = (name: string) => tables.find(({ table }) => table.schema === 'public' && table.name === name);
  expect(named('users')).toMatchObject({
    owner: { path: { table: { schema: 'public', name: 'members' } } },
    oracles: [['email']],
  });
  expect(named('notes')).toMatchObject({
    backfill: {
      pair: {
        type: 'about_type',
        id: 'about_id',
        tables: new Map([
          ['Project', { schema: 'public', name: 'projects' }],
          ['Team', { schema: 'public', name: 'teams' }],
        ]),
      },
    },
  });
  const parents = (name: string): unknown => named(name) && (named(name) as { backfill?: unknown }).backfill;
  expect(parents('budgets')).toMatchObject({
    paths: [{ table: { name: 'projects' } }, { table: { name: 'teams' } }],
  });
  expect(parents('visits')).toMatchObject({ paths: [{ table: { name: 'projects' } }] });
  expect(parents('lines')).toMatchObject({ paths: [{ table: { name: 'projects' } }] });
  expect(parents('marks')).toMatchObject({ paths: [{ table: { name: 'teams' } }] });
  expect(parents('either')).toBeFalsy();
  expect(unmanaged).toEqual([{ schema: 'realtime', reason: "the platform's own" }]);
});

test('what the table of tenants points at has its tenant from there, and not in its own key', async ({
  database: { client },
}) => {
  await client.query(`
    create table claims (id uuid primary key, plan text);
    create table companies (id uuid primary key, name text, claim_id uuid not null unique references claims);
    create table projects (id int primary key, company_id uuid not null references companies);`);
  const snapshot = await readSnapshot(client);
  const ownership = findOwnership(snapshot, [{ schema: 'public', name: 'companies' }]);
  const text = proposedModel(snapshot, ownership, { setting: 'app.current_tenant', appRole: 'web' });
  expect(parseModel(text, 'rowhouse.yaml').tables).toMatchObject([
    { table: { name: 'companies' } },
    { table: { name: 'projects' }, owner: { column: 'company_id' } },
    {
      table: { name: 'claims' },
      owner: { column: 'company_id' },
      backfill: { paths: [{ table: { name: 'companies' } }] },
    },
  ]);
});

test('people belong to the tenants of their memberships, and not of those that they added', async ({
  database: { client },
}) => {
  await client.query(`
    create table companies (id int primary key, name text);
    create table users (id int primary key, email text not null unique, password text);
    create table members (id int primary key, added_by int constraint a references users,
      company_id int not null references companies, user_id int not null constraint b references users, unique (company_id, user_id))`);
  const snapshot = await readSnapshot(client);
  const ownership = findOwnership(snapshot, [{ schema: 'public', name: 'companies' }]);
  const text = proposedModel(snapshot, ownership, { setting: 'app.current_tenant', appRole: 'web' });
  expect(parseModel(text, 'rowhouse.yaml').tables).toContainEqual(
    expect.objectContaining({
      table: { schema: 'public', name: 'users' },
      owner: { kind: 'through', path: { table: { schema: 'public', name: 'members' }, by: ['user_id'], on: null } },
    }),
  );
});
