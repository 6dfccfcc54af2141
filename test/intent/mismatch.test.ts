import type pg from 'pg';
import { describe, expect } from 'vitest';
import { RowhouseError } from '../../src/domain/errors.ts';
import { parseModel } from '../../src/model/parse.ts';
import { formatQualified } from '../../src/sql/ident.ts';
import { test } from '../support/test.ts';
import { compile } from './verdicts.ts';

const head = `
context: { setting: app.current_tenant, type: uuid }
tenants: { table: public.tenants, key: id }
roles: { app: app_user }
`;

const schema = `
  create table public.tenants (id uuid primary key);
  create table public.projects (id int primary key, tenant_id uuid, title text, flag int);
  create table public.sections (id int, project_id int references public.projects, copied_from int references public.projects, tenant_id text);
  create table public.notes (id int, tenant_id uuid);
  create view public.titles as select title from public.projects;
  create view public.renamed as select id as key, title from public.projects;
`;

async function problems(client: pg.Client, model: string): Promise<string[]> {
  try {
    await compile(client, parseModel(`${head}${model}`, 'm.yaml'));
  } catch (error) {
    if (!(error instanceof RowhouseError)) throw error;
    expect([error.kind, error.code]).toEqual(['configuration', 'model-mismatch']);
    return (error.detail ?? '').split('\n');
  }
  return [];
}

const projects = 'tables:\n  public.projects: { tenancy: row, column: tenant_id }\n';

describe('what the database contradicts is said', () => {
  const cases: readonly [title: string, model: string, ...problems: string[]][] = [
    [
      'a table that is not there',
      'tables: { public.project: { tenancy: none } }',
      'm.yaml tables[public.project]: there is no table public.project (did you mean public.projects?)',
    ],
    [
      'a column that is not there',
      'tables: { public.projects: { tenancy: row, column: tenantid } }',
      'm.yaml tables[public.projects].column: public.projects has no column tenantid (did you mean tenant_id?)',
    ],
    [
      'a column of another type',
      'tables: { public.sections: { tenancy: row, column: tenant_id } }',
      'm.yaml tables[public.sections].column: public.sections.tenant_id is text, and its ids are uuid',
    ],
    [
      'a column in the SQL of a share',
      'tables: { public.projects: { tenancy: row, column: tenant_id, share: { when: titel is null } } }',
      'm.yaml tables[public.projects].share[0].when: public.projects has no column titel (did you mean title?)',
    ],
    [
      'several foreign keys to a parent',
      `${projects}  public.sections: { tenancy: row, through: projects }\n`,
      'm.yaml tables[public.sections].through: there are several foreign keys between public.sections and public.projects: say which with by (copied_from; project_id)',
    ],
    [
      'no foreign key to a parent',
      `${projects}  public.notes: { tenancy: row, column: tenant_id, backfill: { parent: projects } }\n`,
      'm.yaml tables[public.notes].backfill.parent: there is no foreign key between public.notes and public.projects',
    ],
    [
      'a foreign key by a column that has none',
      `${projects}  public.sections: { tenancy: row, through: { table: projects, by: id } }\n`,
      'm.yaml tables[public.sections].through: there is no foreign key between public.sections and public.projects by id',
    ],
    [
      'columns that cannot be equal',
      `${projects}  public.sections: { tenancy: row, through: { table: projects, on: { tenant_id: id } } }\n`,
      'm.yaml tables[public.sections].through.on: tenant_id is text, and id is integer',
    ],
    [
      'an embedded id of a column that is not there',
      'tables: { public.notes: { tenancy: row, column: tenant_id, embedded: { id: public.projects.ident } } }',
      'm.yaml tables[public.notes].embedded[id]: public.projects has no column ident',
    ],
    [
      'a view that is not there',
      `${projects}views: { public.title: { of: public.projects } }\n`,
      'm.yaml views[public.title]: there is no view public.title (did you mean public.titles?)',
    ],
    [
      'a view of another table',
      `${projects}  public.notes: { tenancy: row, column: tenant_id }\nviews: { public.titles: { of: public.notes } }\n`,
      'm.yaml views[public.titles].of: public.titles does not read public.notes',
    ],
    [
      'a view whose rows are nobody knows whose',
      `${projects}views: { public.titles: { of: public.projects } }\n`,
      'm.yaml views[public.titles]: cannot tell whose its rows are: it lacks tenant_id of public.projects, and its primary key too (name them under columns, if they are there by other names)',
    ],
    [
      'a column that a view does not have',
      `${projects}views: { public.renamed: { of: public.projects, columns: { id: kee } } }\n`,
      'm.yaml views[public.renamed].columns: public.renamed has no column kee (did you mean key?)',
      'm.yaml views[public.renamed]: cannot tell whose its rows are: it lacks tenant_id of public.projects, and its primary key too (name them under columns, if they are there by other names)',
    ],
    [
      'tenant schemas of which there is none',
      'tables: { assistant.chat_threads: { tenancy: none } }',
      'm.yaml tables[assistant.chat_threads]: there is no table assistant.chat_threads',
    ],
  ];
  for (const [title, model, ...expected] of cases) {
    test(title, async ({ database: { client } }) => {
      await client.query(schema);
      expect(await problems(client, model)).toEqual(expected);
    });
  }

  test('all of it at once', async ({ database: { client } }) => {
    await client.query(schema);
    const model = 'tables:\n  public.nothing: { tenancy: none }\n  public.projects: { tenancy: row, column: flag }\n';
    expect(await problems(client, model)).toEqual([
      'm.yaml tables[public.nothing]: there is no table public.nothing',
      'm.yaml tables[public.projects].column: public.projects.flag is integer, and its ids are uuid',
    ]);
  });

  test('the tables of tenants and members', async ({ database: { client } }) => {
    await client.query('create table public.members (user_id text, team uuid)');
    expect(
      await problems(client, 'membership: { table: public.members, user: user_id, tenant: team_id }\ntables: {}\n'),
    ).toEqual([
      'm.yaml tenants.table: there is no table public.tenants',
      'm.yaml membership.user: public.members.user_id is text, and its ids are uuid',
      'm.yaml membership.tenant: public.members has no column team_id',
    ]);
  });

  test('one of several foreign keys, where the model says which', async ({ database: { client } }) => {
    await client.query(schema);
    const model = `${projects}  public.sections: { tenancy: row, through: { table: projects, by: project_id } }\nviews: { public.renamed: { of: public.projects, columns: { id: key } } }\n`;
    expect(await problems(client, model)).toEqual([]);
  });

  test('a composite key within the tenant is the same path as the plain one', async ({ database: { client } }) => {
    await client.query(`
      create table public.tenants (id uuid primary key);
      create table public.projects (id int primary key, tenant_id uuid, unique (tenant_id, id));
      create table public.tasks (tenant_id uuid, project_id int references public.projects,
        foreign key (tenant_id, project_id) references public.projects (tenant_id, id));
    `);
    expect(
      await problems(
        client,
        `${projects}  public.tasks: { tenancy: row, column: tenant_id, backfill: { parent: projects } }\n`,
      ),
    ).toEqual([]);
  });
});

describe('a database in mid-conversion', () => {
  const model = parseModel(
    `${head}tables:
  public.projects: { tenancy: row, column: tenant_id }
  public.notes: { tenancy: row, column: tenant_id }
  public.wells: { tenancy: shared }
  public.later: { tenancy: none }
views:
  public.titles: { of: public.projects }
`,
    'm.yaml',
  );

  test('what is not there yet is left out and listed', async ({ database: { client } }) => {
    await client.query(`
      create table public.tenants (id uuid primary key);
      create table public.projects (id int primary key);
      create table public.notes (id int, tenant_id uuid);
      create table public.wells (id int);
      create view public.titles as select id from public.projects;
    `);
    const intent = await compile(client, model, { partial: true });
    expect(intent.relations.map(formatQualified)).toEqual(['public.notes', 'public.wells']);
    expect(intent.missing.map(formatQualified)).toEqual(['public.projects', 'public.later', 'public.titles']);
  });

  test('without tenants there are no subjects, and nothing has an owner', async ({ database: { client } }) => {
    await client.query(`
      create table public.projects (id int primary key, tenant_id uuid);
      create table public.notes (id int, tenant_id uuid);
      create table public.wells (id int);
      create view public.titles as select id from public.projects;
    `);
    const intent = await compile(client, model, { partial: true });
    expect(intent.relations.map(formatQualified)).toEqual(['public.wells']);
    expect((await client.query(intent.subjects)).rows).toEqual([]);
  });

  test('what is there and wrong is an error all the same', async ({ database: { client } }) => {
    await client.query(
      'create table public.tenants (id uuid primary key); create table public.notes (id int, tenant_id text)',
    );
    await expect(compile(client, model, { partial: true })).rejects.toThrow(
      /does not fit the database \S+ in one place/,
    );
  });
});
