import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { runCli } from '../support/cli.ts';
import type { TestDatabase } from '../support/database.ts';
import { test, type TestProject } from '../support/project.ts';

const platform = '00000000-0000-0000-0000-000000000001';
const tenant = '22222222-2222-2222-2222-222222222222';

/** Two phases that have been applied, with a row of the platform and one of a tenant. */
async function prepare(database: TestDatabase, project: TestProject, contractUndo: string): Promise<string[]> {
  await project.write({
    'rowhouse.yaml': `
context: { setting: app.current_tenant, type: uuid }
tenants: { table: public.tenants, key: id, platform: ${platform} }
roles: { app: [rowhouse_test_app] }
tables:
  public.tenants: { tenancy: root }
  public.notes: { tenancy: row, column: tenant_id }
`,
  });
  await project.migration(
    '0001_tenants',
    `-- rowhouse: phase expand
     create table public.tenants (id uuid primary key);
     insert into public.tenants values ('${platform}'), ('${tenant}');
     alter table public.notes add column tenant_id uuid references public.tenants (id);`,
    `-- rowhouse: phase expand
     alter table public.notes drop column tenant_id; drop table public.tenants;`,
  );
  await project.migration(
    '0002_not_null',
    '-- rowhouse: phase contract\nalter table public.notes alter tenant_id set not null;',
    `-- rowhouse: phase contract\n${contractUndo}`,
  );
  await database.client.query('create table public.notes (id integer primary key)');
  const where = ['--yes', '--project', project.directory, '--database-url', database.url];
  expect((await runCli(['migrate', ...where])).code).toBe(0);
  await database.client.query('insert into public.notes values (1, $1), (2, $2)', [platform, tenant]);
  return where;
}

test('a rollback that fails after an export has said where the rows are', async ({ database, project }) => {
  const where = await prepare(database, project, 'select 1 / 0;');

  const failed = await runCli(['rollback', '--all', '--tenant-rows', 'export', ...where]);

  expect(failed.code).toBe(3);
  expect(failed.stderr).toContain('division by zero');
  const [folder = ''] = await readdir(join(project.directory, 'tenant-rows'));
  const path = join(project.directory, 'tenant-rows', folder);
  expect(failed.stderr).toContain(`The rows of other tenants are in ${path} now.`);
  expect((await database.client.query('select id from public.notes')).rows).toEqual([{ id: 1 }]);

  expect((await runCli(['import', path, ...where])).code).toBe(0);
  expect((await database.client.query('select id, tenant_id from public.notes order by id')).rows).toEqual([
    { id: 1, tenant_id: platform },
    { id: 2, tenant_id: tenant },
  ]);
});

test('a tenant that writes during a rollback stops it before its column goes', async ({ database, project }) => {
  const written = `insert into public.notes values (3, '${tenant}');`;
  const where = await prepare(database, project, `alter table public.notes alter tenant_id drop not null; ${written}`);

  const stopped = await runCli(['rollback', '--all', '--tenant-rows', 'delete', ...where]);

  expect(stopped.code).toBe(3);
  expect(stopped.stderr).toContain('1 more tenant has rows');
  expect(stopped.stderr).toContain('it stopped before 0001_tenants');
  expect((await database.client.query('select id, tenant_id from public.notes order by id')).rows).toEqual([
    { id: 1, tenant_id: platform },
    { id: 3, tenant_id: tenant },
  ]);
  expect((await runCli(['rollback', '--all', '--tenant-rows', 'delete', ...where])).code).toBe(0);
});
