import { expect } from 'vitest';
import { diffLogicalSnapshots } from '../../src/catalog/logical-snapshot.ts';
import { companies, test } from './conversion-support.ts';

/** Rows that say their tenant in other ways than by one foreign key: a pair, one of two keys, a row of another table that points at them. */
const sql = `${companies.sql}
  create table projects (id int primary key, company_id uuid not null references companies);
  create table teams (id bigint primary key, company_id uuid not null references companies);
  create table comments (id int primary key, owner_type text, owner_id text not null);
  create table budgets (id int primary key, project_id int references projects, team_id bigint references teams,
    check (num_nonnulls(project_id, team_id) = 1));
  create table settings (id int primary key, theme text);
  create table workspaces (id int primary key, company_id uuid not null references companies,
    settings_id int unique references settings, team_id bigint default 99);
  create table visits (project_id int references projects, at date not null) partition by range (at);
  create table visits_1 partition of visits for values from ('2020-01-01') to ('2021-01-01');
  create table visits_2 partition of visits for values from ('2021-01-01') to ('2022-01-01') partition by range (at);
  create table visits_2a partition of visits_2 for values from ('2021-01-01') to ('2021-06-01');
  insert into projects select row_number() over (order by name), id from companies;
  insert into teams select row_number() over (order by name desc), id from companies;
  insert into comments values (1, 'Project', '1'), (2, 'Team', '1'), (3, 'Project', '2'), (4, 'Team', '2');
  insert into budgets values (1, 1, null), (2, null, 1), (3, 2, null), (4, null, 2);
  insert into settings values (1, 'dark'), (2, 'light');
  insert into workspaces select row_number() over (order by name), id, row_number() over (order by name) from companies;
  alter table workspaces add foreign key (team_id) references teams not valid;
  insert into visits values (1, '2020-02-02'), (2, '2021-02-02');`;

const model = `${companies.model}
  public.projects: { tenancy: row, column: company_id }
  public.teams: { tenancy: row, column: company_id }
  public.workspaces: { tenancy: row, column: company_id }
  public.comments:
    tenancy: row
    column: company_id
    backfill: { pair: { type: owner_type, id: owner_id, tables: { Project: projects, Team: teams } } }
  public.budgets: { tenancy: row, column: company_id, backfill: { parent: [projects, teams] } }
  public.settings: { tenancy: row, column: company_id, backfill: { parent: workspaces } }
  public.visits: { tenancy: row, column: company_id, backfill: { parent: projects } }
`;

test('a polymorphic pair, the first of several parents, and a parent that points back lead rows to their tenant, those of partitions without a key too', async ({
  convert,
  rowhouse,
  database: { client },
}) => {
  const conversion = await convert(sql, model);
  const before = await conversion.state();
  expect((await conversion.plan()).doubts).toEqual([]);

  await rowhouse.migrate({ phase: 'expand' });
  await client.query(
    "insert into comments values (5, 'Team', '2'); insert into budgets values (5, null, 2); update budgets set project_id = 2, team_id = null where id = 5",
  );
  await rowhouse.migrate();
  const { rows } = await client.query<{ said: string }>(`
    select string_agg(name, ' ' order by kind, t.id) as said from (
      select 1 as kind, id, company_id from comments union all select 2, id, company_id from budgets
      union all select 3, id, company_id from settings union all select 4, project_id, company_id from visits
    ) as t join companies as c on c.id = company_id`);
  expect(rows).toEqual([{ said: 'one two two one one one two two one two one two one two' }]);
  expect((await conversion.plan()).files).toEqual([]);

  await client.query('delete from comments where id = 5; delete from budgets where id = 5');
  await conversion.undo();
  expect(diffLogicalSnapshots(before, await conversion.state())).toEqual([]);
});

test('rows that no way leads to a tenant are counted, and those that point at rows of others, or that two lead to different ones', async ({
  convert,
}) => {
  const conversion = await convert(
    `${sql} alter table budgets drop constraint budgets_check;
    insert into comments values (6, 'Card', '1'), (7, null, '1');
    insert into budgets values (6, 1, 1), (7, null, null);
    insert into settings values (3, 'none');`,
    model,
  );

  const { doubts, notes } = await conversion.plan();
  expect(doubts.map(({ object, message }) => `${object}: ${message}`)).toEqual([
    "public.budgets: one row of it points at another tenant's row of public.teams (budgets_team_id_fkey)",
    'public.comments: no tenant is found for 2 rows',
    'public.budgets: no tenant is found for one row',
    'public.settings: no tenant is found for one row',
  ]);
  expect(notes).toContainEqual({
    object: 'public.budgets',
    message: 'its parents lead one row to different tenants: the first that the model names decides',
  });
});

test('a parent that several rows of may point back is a doubt', async ({ convert }) => {
  const conversion = await convert(`${sql} alter table workspaces drop constraint workspaces_settings_id_key`, model);

  expect((await conversion.plan()).doubts).toMatchObject([
    { object: 'public.settings', message: expect.stringContaining('several rows of public.workspaces') as string },
  ]);
});
