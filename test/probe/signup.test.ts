import { expect } from 'vitest';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import type { Report } from '../../src/domain/report.ts';
import { compileIntent } from '../../src/intent/compile.ts';
import { contextAssignments } from '../../src/intent/context.ts';
import type { Model } from '../../src/model/model.ts';
import { parseModel } from '../../src/model/parse.ts';
import { test } from '../support/test.ts';
import { buildWorld, undecided, type World } from './world.ts';

/** Organizations of two users, each a member of its own; `check` is what a new one must satisfy. */
function organizations(check: string): string {
  return `
    create function me() returns uuid language sql stable
      as $$ select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
    create table tenants (id uuid primary key default gen_random_uuid(), owner uuid not null, slug text unique);
    create table members (user_id uuid, tenant_id uuid references tenants, primary key (user_id, tenant_id));
    insert into tenants values (gen_random_uuid(), gen_random_uuid(), 'a'), (gen_random_uuid(), gen_random_uuid(), 'b');
    insert into members select owner, id from tenants;
    create function mine() returns setof uuid language sql stable security definer
      as $$ select tenant_id from members where user_id = me() $$;
    alter table tenants enable row level security; alter table members enable row level security;
    create policy see on tenants for select using (owner = me() or id in (select mine()));
    create policy add on tenants for insert with check (${check});
    create policy see on members for select using (tenant_id in (select mine()))`;
}

function organizationsModel(world: World, root: string): Model {
  return parseModel(
    `
context: { setting: request.jwt.claims, json: sub, type: uuid }
tenants: { table: public.tenants, key: id }
membership: { table: public.members, user: user_id, tenant: tenant_id }
roles: { app: [${world.app}] }
tables:
  public.tenants: { tenancy: root, ${root} }
  public.members: { tenancy: row, column: tenant_id }
`,
    'rowhouse.yaml',
  );
}

async function verifyBy(world: World, model: Model): Promise<Report> {
  const snapshot = await readSnapshot(world.database.client);
  return await world.verify(
    compileIntent(model, snapshot),
    { writes: true, membership: true, contextOf: (subject) => contextAssignments(model, subject) },
    undefined,
    snapshot,
  );
}

async function verifyOrganizations(world: World, root: string) {
  await world.sql('grant select, insert on tenants to :app; revoke insert, update, delete on members from :app');
  const report = await verifyBy(world, organizationsModel(world, root));
  // That a slug is taken, every sign-up tells.
  return [report.findings.filter(({ severity }) => severity !== 'info').map(({ ruleId }) => ruleId), undecided(report)];
}

test('anyone may add a tenant, where the model says so', async ({ database }) => {
  const world = await buildWorld(database, organizations('me() is not null'));
  expect(await verifyOrganizations(world, 'signup: true')).toEqual([[], []]);
  expect(await verifyOrganizations(world, 'signup: false')).toEqual([['policy-check-weaker'], []]);
});

test("but not in another user's name", async ({ database }) => {
  const world = await buildWorld(database, organizations('me() is not null'));
  expect(await verifyOrganizations(world, 'signup: true, user: owner')).toEqual([['policy-check-weaker'], []]);
  await world.sql('alter policy add on tenants with check (owner = me())');
  expect(await verifyOrganizations(world, 'signup: true, user: owner')).toEqual([[], []]);
});

test('what a function tells of people whom one meets in a tenant is a remark, and of others a leak', async ({
  database,
}) => {
  const world = await buildWorld(
    database,
    organizations('owner = me()'),
    `
    insert into members select (select owner from tenants where slug = 'a'), id from tenants where slug = 'b';
    insert into tenants values (gen_random_uuid(), gen_random_uuid(), 'c');
    insert into members select owner, id from tenants where slug = 'c';
    create function colleagues() returns setof text language sql stable security definer as $$
      select p.slug from members m join tenants p on p.owner = m.user_id where m.tenant_id in (select mine()) order by 1 $$;
    create function everybody() returns setof text language sql stable security definer as $$
      select slug from tenants where me() is not null order by 1 $$`,
  );
  const model = organizationsModel(world, 'user: owner, complete: false');
  const report = await verifyBy(world, model);
  const told = report.findings.filter(({ ruleId }) => ruleId === 'function-definer');
  expect(told.map(({ object, severity }) => `${severity} ${object}`)).toEqual([
    'info public.colleagues()',
    'error public.everybody()',
  ]);
  expect(told[0]?.message).toContain('rows of users whom it meets in a tenant in public.tenants');
});
