import { expect } from 'vitest';
import { quoteIdent } from '../../src/sql/ident.ts';
import { test } from '../cli/support.ts';

const schema = `
  create table tenants (id uuid primary key);
  insert into tenants values ('aaaaaaaa-0000-4000-8000-000000000001'), ('bbbbbbbb-0000-4000-8000-000000000001');
  create table notes (id integer primary key, tenant_id uuid not null references tenants, body text not null);
  create index on notes (tenant_id);
  insert into notes select row_number() over (), id, 'note' from tenants;
  alter table notes enable row level security;
  alter table notes force row level security;
  create policy own on notes using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
  revoke create on schema public from public;`;

const modelFor = (app: string): string => `
context: { setting: app.current_tenant, type: uuid }
tenants: { table: public.tenants, key: id }
roles: { app: [${app}] }
tables:
  public.tenants: { tenancy: none }
  public.notes: { tenancy: row, column: tenant_id }
`;

test('plants leaks in a copy, which is dropped', async ({ database, project, rowhouse }) => {
  const app = database.uniqueRole('app');
  await database.client.query(`create role ${quoteIdent(app)}; ${schema}
    grant select, insert on notes to ${quoteIdent(app)}`);
  await project.write({ 'rowhouse.yaml': modelFor(app) });

  // The test itself is connected: nobody may be while a database is copied.
  const refused = await rowhouse.run('verify', '--self-test');
  expect(refused.code).toBe(3);
  expect(refused.stderr).toContain('--self-test here');

  await database.client.end();
  const run = await rowhouse.run('verify', '--self-test', '--classes', 'policies-dormant,unique-oracle');
  const [, copy = ''] = /Made the database (\S+), a copy of/.exec(run.stderr) ?? [];
  expect(run.stderr).toContain(`Dropped the database ${copy}.`);
  expect(run.stdout).toMatch(/^policies-dormant +1 +1 +1 +1$/m);
  const client = await database.connect();
  const { rows } = await client.query(`select from pg_catalog.pg_database where datname like '%selftest%'`);
  expect(rows).toEqual([]);
});

test('takes no flag that it would not heed', async ({ rowhouse }) => {
  for (const args of [
    ['--self-test', '--tenants', '2'],
    ['--self-test', '--classes', 'rls'],
    ['--classes', 'rls-disabled'],
  ]) {
    expect((await rowhouse.run('verify', ...args)).code).toBe(2);
  }
});
