import { describe, expect } from 'vitest';
import { history } from '../../src/app/status.ts';
import { seed } from '../../src/app/seed.ts';
import { loadSeeds } from '../../src/migrate/seeds.ts';
import { failureOf, test as withRowhouse } from './support.ts';

const acme = '00000000-0000-0000-0000-00000000000a';
const bolt = '00000000-0000-0000-0000-00000000000b';

const seedOf = (tenant: string, sql: string) => `-- rowhouse: tenant ${tenant}\n${sql}\n`;

/** A database with two tenants, a wall between them, and the application's role. */
const test = withRowhouse.extend<{ app: string }>({
  app: [
    async ({ database, project }, use) => {
      const app = database.uniqueRole('app');
      await database.client.query(`
      create table tenants (id uuid primary key); insert into tenants values ('${acme}'), ('${bolt}');
      create table tools (name text primary key, tenant_id uuid default current_setting('app.current_tenant')::uuid);
      create role ${app};
      grant select, insert, delete on tools to ${app};
      alter table tools enable row level security;
      create policy own on tools using (tenant_id = current_setting('app.current_tenant')::uuid)`);
      await project.write({
        'rowhouse.yaml': `
context: { setting: app.current_tenant, type: uuid }
tenants: { table: public.tenants, key: id }
roles: { app: [${app}] }
tables:
  public.tenants: { tenancy: root }
  public.tools: { tenancy: row, column: tenant_id }
`,
      });
      await use(app);
    },
    { auto: true },
  ],
});

describe('seeds', () => {
  test('run as the application under their tenant, in order, and can be taken out', async ({
    app,
    database,
    project,
    rowhouse,
  }) => {
    const insert = (name: string) =>
      `insert into tools (name) values ('${name} by ' || current_user) on conflict do nothing;`;
    await project.write({
      'seeds/0001_acme.sql': seedOf(acme, insert('saw')),
      'seeds/0002_bolt.sql': seedOf(bolt, insert('drill')),
      'seeds/undo/0001_acme.sql': 'delete from tools;',
      'seeds/undo/0002_bolt.sql': 'delete from tools;',
    });
    const run = async (options: { tenant?: string; undo: boolean }) => {
      const results = await seed(await rowhouse.request(), options);
      return results.map(({ name, rows }) => `${name} ${rows}`);
    };
    const tools = async () => {
      const { rows } = await database.client.query<{ name: string; tenant_id: string }>(
        'select * from tools order by name',
      );
      return rows;
    };

    expect(await run({ undo: false })).toEqual(['0001_acme 1', '0002_bolt 1']);
    expect(await tools()).toEqual([
      { name: `drill by ${app}`, tenant_id: bolt },
      { name: `saw by ${app}`, tenant_id: acme },
    ]);
    expect(await run({ undo: false })).toEqual(['0001_acme 0', '0002_bolt 0']);
    expect(await run({ tenant: acme, undo: true })).toEqual(['0001_acme 1']);
    expect(await tools()).toEqual([{ name: `drill by ${app}`, tenant_id: bolt }]);
    expect((await history(await rowhouse.request(), 1)).map(({ direction }) => direction)).toEqual(['unseed']);
  });

  test('cannot write the rows of another tenant', async ({ database, project, rowhouse }) => {
    await project.write({
      'seeds/0001_acme.sql': seedOf(
        acme,
        `insert into tools values ('mine'); insert into tools values ('no', '${bolt}');`,
      ),
    });

    const error = await failureOf(rowhouse.request().then((request) => seed(request, { undo: false })));

    expect(error.message).toContain('seeds/0001_acme.sql:2: new row violates row-level security policy');
    expect((await database.client.query('select from tools')).rowCount).toBe(0);
  });

  test.for([
    ['a tenant that is none', { 'seeds/0001_a.sql': seedOf('nobody', 'select 1;') }, { undo: false }, 'no-such-tenant'],
    [
      'a tenant without seeds',
      { 'seeds/0001_a.sql': seedOf(acme, 'select 1;') },
      { undo: false, tenant: bolt },
      'no-seeds',
    ],
    ['no way back', { 'seeds/0001_a.sql': seedOf(acme, 'select 1;') }, { undo: true }, 'no-undo'],
    ['a COMMIT', { 'seeds/0001_a.sql': seedOf(acme, 'commit;') }, { undo: false }, 'project-invalid'],
  ] as const)('with %s are refused', async ([, files, options, code], { project, rowhouse }) => {
    await project.write(files);

    expect(await failureOf(rowhouse.request().then((request) => seed(request, options)))).toMatchObject({ code });
  });
});

withRowhouse('every problem of the seeds is told at once', async ({ project }) => {
  await project.write({
    'seeds/0001_no_tenant.sql': 'select 1;',
    'seeds/0002_batches.sql': `-- rowhouse: backfill\n${seedOf(acme, 'update t set a = 1;')}`,
    'seeds/undo/0002_batches.sql': '-- rowhouse: tenent x\nselect 1;',
    'seeds/undo/0003_orphan.sql': 'select 1;',
    'seeds/Bad.sql': '',
  });

  const error = await failureOf(loadSeeds(project.directory));

  expect(error.detail?.split('\n')).toEqual([
    'seeds/Bad.sql: a file is named NNNN_name.sql, of a-z, 0-9 and _ (such as 0001_tenants.sql)',
    'seeds/0001_no_tenant.sql: says no tenant: begin it with `-- rowhouse: tenant ID`',
    'seeds/0002_batches.sql: a seed runs in one transaction: it is neither no-transaction nor a backfill',
    'seeds/undo/0002_batches.sql:1: unknown header key "tenent"; did you mean "tenant"?',
    'seeds/undo/0003_orphan.sql: no seeds/0003_orphan.sql belongs to it',
  ]);
});
