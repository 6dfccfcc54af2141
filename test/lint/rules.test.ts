import { expect } from 'vitest';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import type { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import { compileIntent } from '../../src/intent/compile.ts';
import { lint } from '../../src/lint/lint.ts';
import { parseModel } from '../../src/model/parse.ts';
import type { TestDatabase } from '../support/database.ts';
import { test } from '../support/test.ts';

/** Tenants by a name, and tables as a test wants them: what the world of the examples cannot show. */
async function textTenants(
  database: TestDatabase,
  sql: string,
): Promise<(version?: number) => Promise<readonly string[]>> {
  const role = database.uniqueRole('app');
  const owner = database.uniqueRole('owner');
  await database.client.query(`create role ${role}; create role ${owner}; create schema s authorization ${owner};
    grant usage on schema s to ${role}; set role ${owner};
    create table s.tenants (id text primary key);
    ${sql};
    alter table s.items enable row level security; alter table s.items force row level security;
    grant select, insert, update (sku), delete on s.items to ${role}; reset role;`);
  const model = parseModel(
    `context: { setting: app.tenant, type: text }
tenants: { table: s.tenants, key: id }
roles: { owner: ${owner}, app: [${role}] }
tables:
  s.tenants: { tenancy: root }
  s.items: { tenancy: row, column: tenant_id, oracles: [sku] }
`,
    'rowhouse.yaml',
  );
  return async (version) => {
    const read = await readSnapshot(database.client);
    const snapshot: CatalogSnapshot = { ...read, serverVersionNum: version ?? read.serverVersionNum };
    return lint(snapshot, model, compileIntent(model, snapshot))
      .map(({ ruleId, severity, object }) => `${severity} ${ruleId} ${object}`)
      .filter((name) => / (policy|upsert)-(?!slow)/.test(name));
  };
}

const own = `create policy own on s.items using (tenant_id = (select current_setting('app.tenant', true)))`;
const scoped = `create policy own on s.items using (tenant_id = (select nullif(current_setting('app.tenant', true), '')))`;

test('an empty text is a tenant where nothing forbids it', async ({ database }) => {
  const find = await textTenants(
    database,
    `create table s.items (id uuid primary key, tenant_id text not null, sku text); ${own}`,
  );
  expect(await find()).toEqual(['warning policy-empty-context s.items.own']);
  await database.client.query('alter table s.items add foreign key (tenant_id) references s.tenants');
  expect(await find()).toEqual(['info policy-empty-context s.items.own']);
});

test('blanks at the end of a char(n) and letters of a loose collation do not count', async ({ database }) => {
  const find = await textTenants(
    database,
    `create table s.items (id uuid primary key, tenant_id character(8) not null, sku text); ${scoped}`,
  );
  expect(await find()).toEqual(['warning policy-loose-match s.items']);
  await database.client.query(`drop policy own on s.items;
    create collation s.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    alter table s.items alter tenant_id type text collate s.loose; ${scoped}`);
  expect(await find()).toEqual(['warning policy-loose-match s.items']);
  await database.client.query('drop policy own on s.items');
  await database.client.query(`alter table s.items alter tenant_id type text collate "C"; ${scoped}`);
  expect(await find()).toEqual([]);
});

test('a key for all tenants is read by an upsert on a server that looks before its policies do', async ({
  database,
}) => {
  const find = await textTenants(
    database,
    `create table s.items (id uuid primary key, tenant_id text not null, sku text unique); ${scoped}`,
  );
  expect(await find(180006)).toEqual(['info upsert-sees-hidden s.items']);
  expect(await find(180007)).toEqual([]);
});

test('a user that adds itself to a tenant, or moves its membership to one', async ({ database }) => {
  const role = database.uniqueRole('app');
  await database.client.query(
    `create role ${role}; create schema s; grant usage on schema s to ${role};
    create table s.tenants (id uuid primary key);
    create table s.members (user_id uuid, tenant_id uuid references s.tenants, primary key (user_id, tenant_id));
    create function s.me() returns uuid language sql stable
      return (nullif(current_setting('claims', true), '')::json ->> 'sub')::uuid;
    alter table s.members enable row level security;
    create policy own on s.members for select using (user_id = (select s.me()));
    grant select, insert, update (tenant_id) on s.members to ${role}`.replace(`'claims'`, `'app.claims'`),
  );
  const model = parseModel(
    `context: { setting: app.claims, json: sub, type: uuid }
tenants: { table: s.tenants, key: id }
membership: { table: s.members, user: user_id, tenant: tenant_id }
roles: { app: [${role}] }
tables:
  s.tenants: { tenancy: root }
  s.members: { tenancy: row, column: tenant_id, user: user_id }
`,
    'rowhouse.yaml',
  );
  const find = async (): Promise<readonly string[]> => {
    const snapshot = await readSnapshot(database.client);
    return lint(snapshot, model, compileIntent(model, snapshot))
      .filter(({ ruleId }) => ruleId.startsWith('policy-') && ruleId !== 'policy-slow')
      .map(({ ruleId, object }) => `${ruleId} ${object}`);
  };
  expect(await find()).toEqual([]);
  await database.client.query('create policy joining on s.members for insert with check (user_id = (select s.me()))');
  expect(await find()).toEqual(['policy-lookup-writable s.members.joining']);
  await database.client.query('drop policy joining on s.members');
  await database.client.query('create policy move on s.members for update using (user_id = (select s.me()))');
  expect(await find()).toEqual(['policy-lookup-writable s.members.move']);
  await database.client.query('revoke update (tenant_id) on s.members from ' + role);
  expect(await find()).toEqual([]);
  const joining = (body: string): string =>
    `create or replace function s.join_tenant(tenant uuid) returns void language plpgsql security definer
    set search_path = pg_catalog, pg_temp as $$ begin ${body} end $$`;
  const insert = 'insert into s.members (user_id, tenant_id) values (s.me(), tenant) on conflict do nothing;';
  await database.client.query(joining(`if tenant = '${'0'.repeat(8)}' then return; end if; ${insert}`));
  expect(await find()).toEqual([]);
  await database.client.query(joining(insert));
  expect(await find()).toEqual(['policy-lookup-writable s.join_tenant(uuid)']);
});

test('a policy that reads its own table beside a subquery in that for SELECT fails, as PostgreSQL does', async ({
  database,
}) => {
  const find = await textTenants(
    database,
    `create table s.items (id uuid primary key, tenant_id text not null, sku text);
     create policy r on s.items for select using (tenant_id = nullif(current_setting('app.tenant', true), ''));
     create policy w on s.items for insert with check (tenant_id in (select x.tenant_id from s.items x))`,
  );
  expect(await find()).toEqual([]);
  await database.client.query(
    `alter policy r on s.items using (tenant_id = (select nullif(current_setting('app.tenant', true), '')))`,
  );
  expect(await find()).toEqual(['error policy-recursion s.items']);
});

test('who may add members may name anyone, which is told; any other table that gives rows away is warned of', async ({
  database,
}) => {
  const { client } = database;
  const role = database.uniqueRole('app');
  await client.query(`create role ${role};
    create table tenants (id int primary key);
    create table people (id int primary key);
    create table files (id int primary key);
    create table members (id int primary key, tenant int not null references tenants, person int not null references people,
      unique (person, tenant));
    create table covers (id int primary key, tenant int not null references tenants, file int not null references files);
    grant insert on members, covers to ${role}`);
  const model = parseModel(
    `context: { setting: app.tenant, type: integer }
tenants: { table: public.tenants, key: id }
roles: { app: [${role}] }
tables:
  public.tenants: { tenancy: root }
  public.people: { tenancy: row, through: members }
  public.files: { tenancy: row, through: covers }
  public.members: { tenancy: row, column: tenant }
  public.covers: { tenancy: row, column: tenant }
`,
    'rowhouse.yaml',
  );
  const crossing = async (): Promise<unknown> => {
    const snapshot = await readSnapshot(client);
    return lint(snapshot, model, compileIntent(model, snapshot))
      .filter(({ ruleId }) => ruleId === 'fk-crosses-tenants')
      .map(({ severity, object, help }) => [severity, object, help.includes('gives the tenant the row')]);
  };
  expect(await crossing()).toEqual([
    ['info', 'public.members', true],
    ['warning', 'public.covers', false],
  ]);

  // No policy lets a row be written, and one that would counts for nothing while none binds.
  await client.query('alter table covers enable row level security');
  expect(await crossing()).toEqual([['info', 'public.members', true]]);
  await client.query(`create policy own on covers for insert with check (exists (select from files f where f.id = file));
    alter table covers disable row level security`);
  expect(await crossing()).toContainEqual(['warning', 'public.covers', false]);
});
