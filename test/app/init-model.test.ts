import { expect } from 'vitest';
import { proposedModel } from '../../src/app/init-model.ts';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import { parseModel } from '../../src/model/parse.ts';
import { findOwnership } from '../../src/plan/ownership/index.ts';
import { test } from '../support/test.ts';

const schema = `
  create table companies (id bigint primary key, name text);
  create table users (id uuid primary key, email text not null unique, password text);
  create table members (user_id uuid references users, company_id bigint references companies, primary key (user_id, company_id));
  create table projects (id int primary key, company_id bigint not null references companies);
  alter table projects enable row level security;
  create function uid() returns uuid language sql stable as $$
    select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid
  $$;`;

test('a model whose sessions say a user where the policies that are there ask for one', async ({
  database: { client },
}) => {
  await client.query(schema);
  const propose = async () => {
    const snapshot = await readSnapshot(client);
    const ownership = findOwnership(snapshot, [{ schema: 'public', name: 'companies' }]);
    const answers = { setting: 'app.current_tenant', appRole: 'web' };
    return parseModel(proposedModel(snapshot, ownership, answers), 'rowhouse.yaml');
  };
  expect(await propose()).toMatchObject({
    context: { setting: 'app.current_tenant', type: 'bigint' },
    membership: null,
  });

  await client.query(
    'create policy theirs on projects using (company_id in (select company_id from members where user_id = uid()))',
  );
  expect(await propose()).toMatchObject({
    context: { setting: 'request.jwt.claims', json: ['sub'], type: 'uuid', claims: { role: 'web' } },
    tenants: { type: 'bigint' },
    membership: { table: { schema: 'public', name: 'members' }, user: 'user_id', tenant: 'company_id' },
  });
});
