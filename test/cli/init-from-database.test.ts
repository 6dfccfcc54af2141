import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import { compileIntent } from '../../src/intent/compile.ts';
import { openProject } from '../../src/app/project.ts';
import { jsonOf, test } from './support.ts';

const schema = `
  create table organizations (id uuid primary key);
  create table users (id uuid primary key, email text, password text);
  create table members (
    user_id uuid not null references users, organization_id uuid not null references organizations,
    primary key (user_id, organization_id)
  );
  create table projects (id uuid primary key, organization_id uuid not null references organizations);
  create table tasks (id uuid primary key, project_id uuid not null references projects, follows uuid references projects);
  create table steps (id uuid primary key, task_id uuid not null);
  create table tags (id uuid primary key, taggable_type text not null, taggable_id uuid not null);
  create table tokens (id uuid primary key, user_id uuid not null references users);
  create table countries (code text primary key);
  create table offices (id uuid primary key, country text references countries, organization_id text not null);
  alter table projects add country text references countries;
  create view all_projects as select id, organization_id, country from projects;
  create view local_projects as select * from projects where country is null;
  create view project_names as select country from projects;`;

interface Printed {
  readonly root: readonly string[];
  readonly tables: readonly { readonly table: string; readonly doubt: boolean }[];
}

describe('init --from-database', () => {
  test('writes a model that loads and fits the database, with doubts as questions', async ({
    database,
    project,
    rowhouse,
  }) => {
    await database.client.query(schema);

    const { code, stdout } = await rowhouse.run('init', 'new', '--from-database');

    expect({ code, first: stdout.split('\n')[0] }).toEqual({
      code: 0,
      first:
        '? public.tags: taggable_type, taggable_id point at rows of several tables, and which of them have a tenant stands in the rows.',
    });
    const { model } = await openProject(join(project.directory, 'new'));
    expect(model.tenants).toMatchObject({
      table: { schema: 'public', name: 'organizations' },
      key: 'id',
      type: 'uuid',
    });
    const intent = compileIntent(model, await readSnapshot(database.client), { partial: true });
    // What is missing is the column that the plan is going to add.
    expect(intent.missing.map(({ name }) => name)).toEqual(['steps', 'tasks']);
    expect(intent.relations.map(({ name, tenancy }) => `${name} ${tenancy}`).sort()).toEqual([
      'all_projects row',
      'countries shared',
      'local_projects row',
      'members row',
      'organizations root',
      'projects row',
      'tokens row',
      'users row',
    ]);
    expect(model.views).toMatchObject([
      { view: { name: 'all_projects' }, of: { name: 'projects' }, complete: true },
      { view: { name: 'local_projects' }, of: { name: 'projects' }, complete: false },
    ]);
    const text = await readFile(join(project.directory, 'new/rowhouse.yaml'), 'utf8');
    expect(text).toContain('backfill: { parent: { table: "public.projects", by: ["project_id"] } }');
    expect(text).toContain('backfill: { parent: { table: "public.tasks", on: { "task_id": "id" } } }');
    expect(text).toMatch(/# \? public\.offices: .*text and that key uuid/);
    expect(text.indexOf('# ? public.tags')).toBeLessThan(text.indexOf('"public.organizations": { tenancy: root }'));
  });

  test('prints the contract, and leaves a model that is there as it is', async ({ database, project, rowhouse }) => {
    await database.client.query(schema);
    const before = await readFile(join(project.directory, 'rowhouse.yaml'), 'utf8');

    const printed = jsonOf(await rowhouse.run('init', '--from-database', '--json')) as Printed;

    expect(printed.root).toEqual(['public.organizations']);
    expect(printed.tables.find(({ table }) => table === 'public.tasks')).toEqual({
      table: 'public.tasks',
      tenancy: 'row',
      column: null,
      hop: { columns: ['project_id'], parent: 'public.projects' },
      path: [
        { columns: ['project_id'], parent: 'public.projects' },
        { columns: ['organization_id'], parent: 'public.organizations' },
      ],
      confidence: 0.98,
      doubt: false,
      reason: 'project_id leads to public.projects (foreign key, NOT NULL), which leads to public.organizations.',
      evidence: [expect.stringContaining('follows leads to public.projects') as string],
    });
    expect(await readFile(join(project.directory, 'rowhouse.yaml'), 'utf8')).toBe(before);
    const refused = await rowhouse.run('init', '--from-database');
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('is there already');
  });

  test('says that there is no root, proposes some, and writes nothing', async ({ database, project, rowhouse }) => {
    await database.client.query(`
      create table customers (id int primary key);
      create table orders (id int primary key, customer_id int references customers);
      create table lines (id int primary key, order_id int references orders);
    `);
    await project.remove('rowhouse.yaml');

    const { code, stdout } = await rowhouse.run('init', '--from-database', '--json');

    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      root: [],
      tables: [],
      files: [],
      candidates: [
        { table: 'public.customers', reason: expect.stringContaining('2 of 3 tables lead to it') as string },
        {},
      ],
    });
    expect(await readFile(join(project.directory, 'rowhouse.yaml'), 'utf8').catch(() => null)).toBeNull();
  });

  test.for([
    [
      'a root that is not there',
      ['--from-database', '--root', 'public.organisations'],
      'did you mean public.organizations?',
    ],
    ['a root without a database to look in', ['--root', 'public.organizations'], 'stand beside --from-database'],
    ['a database that nobody looks in', ['--database-url', 'postgres://localhost/x'], 'stand beside --from-database'],
  ] as const)('refuses %s', async ([, options, message], { database, rowhouse }) => {
    await database.client.query(schema);

    const { code, stderr } = await rowhouse.run('init', 'new', ...options);

    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  test('--sample asks where two ways lead to different tenants, and says what pairs point at', async ({
    database,
    rowhouse,
  }) => {
    await database.client.query(`
      create table tenants (id int primary key);
      create table authors (id int primary key, tenant_id int not null references tenants);
      create table books (id int primary key, tenant_id int not null references tenants);
      create table loans (id int primary key, book_id int not null references books, author_id int not null references authors);
      create table lent (id int primary key, book_id int not null references books, author_id int not null references authors);
      create table notes (id int primary key, subject_type text, subject_id int);
      create table odd (id int primary key, tenant_id text);
      insert into odd values (1, '1');
      create table scans (id int primary key, subject_type text, subject_id int);
      insert into scans values (1, 'Library::Book', 1);
      insert into tenants values (1), (2);
      insert into authors values (1, 1), (2, 2);
      insert into books values (1, 1), (2, 2);
      insert into loans values (1, 1, 1), (2, 1, 2), (3, 2, 2);
      insert into lent values (1, 1, 1), (2, 2, 2);
      insert into notes values (1, 'Book', 1), (2, 'Book', 2), (3, 'Shelf', 1);
    `);

    const args = ['init', '--from-database', '--json', '--root', 'public.tenants'];
    const plain = jsonOf(await rowhouse.run(...args)) as Printed;
    const sampled = jsonOf(await rowhouse.run(...args, '--sample')) as Printed;

    const doubts = ({ tables }: Printed): string[] => tables.flatMap(({ table, doubt }) => (doubt ? [table] : []));
    expect(doubts(plain)).toEqual(['public.notes', 'public.scans']);
    expect(doubts(sampled)).toEqual(['public.loans', 'public.notes']);
    expect(sampled.tables.find(({ table }) => table === 'public.loans')).toMatchObject({
      reason: expect.stringContaining('On 1 of 3 rows author_id leads to another tenant.') as string,
    });
    expect(sampled.tables.find(({ table }) => table === 'public.odd')).toMatchObject({
      evidence: [expect.stringMatching(/could not be looked at: operator does not exist/) as string],
    });
    expect(sampled.tables.find(({ table }) => table === 'public.notes')).toMatchObject({
      evidence: ['public.notes.subject_type holds Book (2), Shelf (1).'],
    });
  });
});
