import { describe, expect } from 'vitest';
import { jsonOf, test as withRowhouse } from './support.ts';

const platform = '00000000-0000-0000-0000-000000000001';
const acme = '00000000-0000-0000-0000-00000000000a';

const test = withRowhouse.extend<{ contracted: undefined }>({
  contracted: [
    async ({ database, project, rowhouse }, use) => {
      await project.write({
        'rowhouse.yaml': `
context: { setting: app.current_tenant, type: uuid }
tenants: { table: public.tenants, key: id, platform: ${platform} }
roles: { app: [rowhouse_test_app] }
tables:
  public.tenants: { tenancy: root }
  public.tools: { tenancy: row, column: tenant_id }
`,
      });
      await database.client.query(`create table tools (name text primary key); insert into tools values ('old')`);
      await project.migration(
        '0001_expand',
        `-- rowhouse: phase expand
       create table tenants (id uuid primary key); insert into tenants values ('${platform}');
       alter table tools add tenant_id uuid references tenants default '${platform}';`,
        'alter table tools drop tenant_id; drop table tenants;',
      );
      await rowhouse.run('migrate');
      await database.client.query(
        `insert into tenants values ('${acme}'); insert into tools values ('new', '${acme}')`,
      );
      await use(undefined);
    },
    { auto: true },
  ],
});

describe('rollback while another tenant has rows', () => {
  test('is a usage error that says how to go on', async ({ rowhouse }) => {
    const { code, stdout, stderr } = await rowhouse.run('rollback', '--all', '--yes');

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`public.tools: 1 row of tenant ${acme}`);
    expect(stderr).toContain('--tenant-rows');
  });

  test('is foretold by a dry run', async ({ database, rowhouse }) => {
    const { code, stdout, stderr } = await rowhouse.run('rollback', '--all', '--dry-run');

    expect(code).toBe(0);
    expect(stdout).toContain('-- rollbacks/0001_expand.sql\n');
    expect(stderr).toContain(`public.tools: 1 row of tenant ${acme}`);
    expect((await database.client.query('select from tools')).rowCount).toBe(2);
  });

  test('exports them with the tenant, and import brings both back', async ({ database, rowhouse }) => {
    const back = await rowhouse.run('rollback', '--all', '--yes', '--json', '--tenant-rows', 'export');

    expect(jsonOf(back)).toMatchObject({ undone: ['0001_expand'], exportedTo: expect.any(String) as string });
    const { exportedTo } = jsonOf(back) as { exportedTo: string };
    expect((await database.client.query('select * from tools')).rows).toEqual([{ name: 'old' }]);
    const early = await rowhouse.run('import', exportedTo);
    expect(early.code).toBe(2);
    expect(early.stderr).toContain('rowhouse migrate');

    await rowhouse.run('migrate');
    const { code, stdout } = await rowhouse.run('import', exportedTo);

    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'public.tenants: 1 rows inserted\npublic.tools: 1 rows inserted\n',
    });
    expect((await database.client.query('select * from tools order by name')).rows).toEqual([
      { name: 'new', tenant_id: acme },
      { name: 'old', tenant_id: platform },
    ]);
  });
});

describe('what a tenant column says', () => {
  test('is foretold to go with it', async ({ database, rowhouse }) => {
    const run = ['rollback', '--all', '--dry-run', '--tenant-rows', 'keep'];
    const { stderr } = await rowhouse.run(...run);

    expect(stderr).toContain('public.tools: whose each of 2 rows is (2 tenants), in tenant_id');
    expect(jsonOf(await rowhouse.run(...run, '--json'))).toMatchObject({
      lost: [{ table: { schema: 'public', name: 'tools' }, column: 'tenant_id', rows: 2, tenants: 2 }],
    });
    expect((await database.client.query('select from pg_class where relname like $1', ['kept%'])).rowCount).toBe(0);
  });

  test('is foretold too where nobody says whose rows stay, and of many tenants a line a table is enough', async ({
    database: { client },
    project,
    rowhouse,
  }) => {
    await client.query(`
      insert into tenants select md5(g::text)::uuid from generate_series(1, 30) g;
      insert into tools select g::text, md5(g::text)::uuid from generate_series(1, 30) g`);
    await project.write({
      'rowhouse.yaml': `
context: { setting: app.current_tenant, type: uuid }
tenants: { table: public.tenants, key: id }
roles: { app: [rowhouse_test_app] }
tables:
  public.tenants: { tenancy: root }
  public.tools: { tenancy: row, column: tenant_id }
`,
    });

    const { code, stdout, stderr } = await rowhouse.run('rollback', '--all', '--dry-run');

    expect(code).toBe(2);
    expect(stdout).toContain('-- rollbacks/0001_expand.sql\n');
    expect(stderr).toContain('public.tools: whose each of 32 rows is (32 tenants), in tenant_id');
    expect(stderr).toContain(
      '32 tenants have rows, and nothing says whose stay.\n  public.tools: 32 rows of 32 tenants\n',
    );
  });

  test('is not kept twice where a rollback stops, and is done again', async ({
    database: { client },
    project,
    rowhouse,
  }) => {
    const kept = "select from pg_class where relname like 'kept%'";
    await client.query('create view in_the_way as select tenant_id from tools');
    const run = ['rollback', '--all', '--yes', '--tenant-rows', 'keep'];

    const stopped = await rowhouse.run(...run);

    expect(stopped.code).toBe(3);
    expect(stopped.stderr).toContain('public.tools has its column: rowhouse.kept_');
    expect((await client.query(kept)).rowCount).toBe(0);
    await project.write({
      'rollbacks/0001_expand.sql': 'drop view in_the_way; alter table tools drop tenant_id; drop table tenants;',
    });
    expect((await rowhouse.run(...run)).code).toBe(0);
    expect((await client.query(kept)).rowCount).toBe(1);
  });

  test('is kept in a table that tells how to bring it back', async ({ database: { client }, rowhouse }) => {
    const { stdout } = await rowhouse.run('rollback', '--all', '--yes', '--json', '--tenant-rows', 'keep');

    const { kept } = JSON.parse(stdout) as { kept: { keptIn: { schema: string; name: string } }[] };
    const name = kept[0]?.keptIn.name ?? '';
    expect(kept).toHaveLength(1);
    expect(name).toMatch(/^kept_\w+_tools$/);
    await rowhouse.run('migrate');
    await client.query(`insert into tenants values ('${acme}')`);
    const comment = await client.query<{ comment: string }>('select obj_description(($1)::regclass) as comment', [
      `rowhouse."${name}"`,
    ]);
    await client.query(/update .*/.exec(comment.rows[0]?.comment ?? '')?.[0] ?? '');
    expect((await client.query('select * from tools order by name')).rows).toEqual([
      { name: 'new', tenant_id: acme },
      { name: 'old', tenant_id: platform },
    ]);
  });

  test('of a table without a primary key is kept with whole rows', async ({ database: { client }, rowhouse }) => {
    await client.query('alter table tools drop constraint tools_pkey');

    const { stdout } = await rowhouse.run('rollback', '--all', '--yes', '--json', '--tenant-rows', 'keep');

    const { kept } = JSON.parse(stdout) as { kept: { keptIn: { name: string } }[] };
    expect((await client.query(`select * from rowhouse."${kept[0]?.keptIn.name}" order by name`)).rows).toEqual([
      { name: 'new', tenant_id: acme },
      { name: 'old', tenant_id: platform },
    ]);
  });

  test('goes for good where it is told to', async ({ database: { client }, rowhouse }) => {
    const run = ['rollback', '--all', '--tenant-rows', 'keep', '--no-side-tables'];
    expect((await rowhouse.run(...run, '--dry-run')).stderr).toContain('lost for good');
    expect(jsonOf(await rowhouse.run(...run, '--yes', '--json'))).toMatchObject({ kept: [] });
    expect((await client.query('select from pg_class where relname like $1', ['kept%'])).rowCount).toBe(0);
  });

  test('is not kept where all rows say the same', async ({ rowhouse }) => {
    const back = await rowhouse.run('rollback', '--all', '--yes', '--json', '--tenant-rows', 'delete');
    expect(jsonOf(back)).toMatchObject({ kept: [] });
  });
});

describe('a rollback without a phase', () => {
  test.for([
    ['drops a column', 'alter table tools drop column tenant_id;'],
    ['drops a policy', 'drop policy if exists p on tools;'],
    ['turns row-level security off', 'alter table tools disable row level security;'],
    ['lets the owner pass', 'alter table tools no force row level security;'],
  ])('is refused too where it %s', async ([, down], { project, rowhouse }) => {
    await project.migration('0002_plain', 'select 1;', down);
    await rowhouse.run('migrate');

    const { code, stderr } = await rowhouse.run('rollback', '--yes');

    expect(code).toBe(2);
    expect(stderr).toContain(`public.tools: 1 row of tenant ${acme}`);
  });

  test('is an ordinary change otherwise', async ({ project, rowhouse }) => {
    await project.migration('0002_plain', 'create table notes (id int);', 'drop table notes;');
    await rowhouse.run('migrate');

    expect(await rowhouse.run('rollback', '--yes')).toMatchObject({ code: 0 });
  });
});

test('rows that belong to a tenant through their parent stop a rollback', async ({ database, project, rowhouse }) => {
  await database.client.query(
    `create table notes (id int primary key, tool text references tools); insert into notes values (1, 'new'), (2, 'old')`,
  );
  await project.write({
    'rowhouse.yaml': `
context: { setting: app.current_tenant, type: uuid }
tenants: { table: public.tenants, key: id, platform: ${platform} }
roles: { app: [rowhouse_test_app] }
tables:
  public.tenants: { tenancy: root }
  public.tools: { tenancy: shared, access: read }
  public.notes: { tenancy: row, expression: "case id when 1 then '${acme}' else '${platform}' end" }
`,
  });

  const { code, stderr } = await rowhouse.run('rollback', '--all', '--yes', '--tenant-rows', 'delete');

  expect(code).toBe(2);
  expect(stderr).toContain('public.notes: 1 row\n');
});

test('a tenant to keep that is not there is refused, and nobody loses a row', async ({ database, rowhouse }) => {
  const { code, stderr } = await rowhouse.run(
    'rollback',
    '--all',
    '--yes',
    '--tenant-rows',
    'delete',
    '--keep-tenant',
    'x',
  );

  expect(code).toBe(2);
  expect(stderr).toContain('There is no tenant x');
  expect(stderr).toContain(acme);
  const { rows } = await database.client.query('select name from tools order by name');
  expect(rows).toEqual([{ name: 'new' }, { name: 'old' }]);
});

test('a file with a phase whose way back takes no wall down leaves tenants alone', async ({
  database,
  project,
  rowhouse,
}) => {
  await project.migration('0002_plain', '-- rowhouse: phase expand\nselect 1;', 'select 1;');
  await rowhouse.run('migrate');

  expect(await rowhouse.run('rollback', '--yes', '--tenant-rows', 'delete')).toMatchObject({ code: 0 });
  expect((await database.client.query('select from tools')).rowCount).toBe(2);
});

test('rows that are removed for good are counted', async ({ rowhouse }) => {
  const { code, stderr } = await rowhouse.run('rollback', '--all', '--yes', '--tenant-rows', 'delete');

  expect(code).toBe(0);
  expect(stderr).toContain(`Removed 1 row of the tenant ${acme} for good.`);
});
