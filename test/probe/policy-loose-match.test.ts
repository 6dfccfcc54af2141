import { expect } from 'vitest';
import { test } from '../support/test.ts';
import { buildWorld, findingOf, found, intentOf, relationIntent } from './world.ts';

const schema = `
  create table tenants (id text primary key);
  insert into tenants values ('acme'), ('beta'), ('idle');
  create table notes (id int primary key, tenant_id text);
  insert into notes values (1, 'acme'), (2, 'beta');
  create function ctx() returns text language sql stable as $$ select nullif(current_setting('app.tenant', true), '') $$;
  alter table notes enable row level security;`;
const foreign = 'not coalesce(t.tenant_id = $1::text, false)';
const intent = {
  ...intentOf(relationIntent('public.notes', { foreign, unwritable: foreign, shared: 'false' })),
  subjects: 'select id from public.tenants order by id',
  platform: null,
};

test.for([
  ['a pattern', 'tenant_id like (select ctx())'],
  ['a list', `tenant_id = any (string_to_array((select ctx()), ','))`],
  ['case', 'lower(tenant_id) = lower((select ctx()))'],
  ['trailing spaces', 'tenant_id::char(20) = (select ctx())::char(20)'],
])('%s', async ([, policy], { database }) => {
  const world = await buildWorld(database, schema, `create policy own on notes using (${policy})`);
  const report = await world.verify(intent);
  expect(found(report)).toEqual(['policy-loose-match public.notes']);
  expect(findingOf(report, 'policy-loose-match').message).toMatch(/which is nobody's id, sees \d rows?: id [12]/);
  await world.sql('drop policy own on notes; create policy own on notes using (tenant_id = (select ctx()))');
  expect(await world.verify(intent)).toMatchObject({ outcome: 'clean', findings: [], inconclusive: [] });
});
