import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseModel } from '../../src/model/parse.ts';
import type { Decided } from '../../src/prove/prove.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { notProved, proveIn, sharedSolver } from './support.ts';

/*
 * Policies as starters for hosted PostgreSQL have them: sessions by the claims of a token, accounts with members by their roles, helpers with
 * the rights of their owner, invitations that end, and rows that others may see.
 */

const solver = sharedSolver();
let database: TestDatabase;
let app: string;
let decided: readonly Decided[];

beforeAll(async () => {
  database = await createTestDatabase();
  app = database.uniqueRole('authenticated');
  await database.client.query(`create role ${app}; create schema p; grant usage on schema p to ${app};
    create function p.uid() returns uuid language sql stable as $$ select coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''),
      (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'))::uuid $$;
    create type p.part as enum ('owner', 'member');
    create table p.accounts (id uuid primary key, owner_id uuid not null, name text);
    create table p.members (user_id uuid not null, account_id uuid not null references p.accounts, part p.part not null, primary key (user_id, account_id));
    create table p.invitations (id uuid primary key, account_id uuid not null references p.accounts, created_at timestamptz not null default now());
    create table p.posts (id uuid primary key, account_id uuid not null references p.accounts, is_published boolean, readers uuid[]);
    create function p.has_part(account uuid, wanted p.part default null) returns boolean language sql stable security definer set search_path = '' as
      $$ select exists (select 1 from p.members m where m.user_id = p.uid() and m.account_id = account and (m.part = wanted or wanted is null)) $$;
    create function p.my_accounts() returns setof uuid language sql stable security definer set search_path = '' as
      $$ select a.id from p.accounts a where a.owner_id = p.uid() union select m.account_id from p.members m where m.user_id = p.uid() $$;
    alter table p.accounts enable row level security; alter table p.members enable row level security;
    alter table p.invitations enable row level security; alter table p.posts enable row level security;
    create policy members on p.accounts for select using (id in (select p.my_accounts()));
    create policy start on p.accounts for insert with check (owner_id = p.uid());
    create policy owners on p.accounts for update using (p.has_part(id, 'owner'));
    create policy mates on p.members for select using (user_id = p.uid() or p.has_part(account_id));
    create policy leave on p.members for delete using (user_id = p.uid() or p.has_part(account_id, 'owner'));
    create policy last_day on p.invitations for select using (created_at > now() - interval '24 hours' and p.has_part(account_id, 'owner'));
    create policy invite on p.invitations for insert with check (p.has_part(account_id, 'owner'));
    create policy readers on p.posts for select using (is_published or p.has_part(account_id) or p.uid() = any (readers) and p.has_part(account_id));
    create policy writers on p.posts using (p.has_part(account_id)) with check (p.has_part(account_id));
    grant select, insert, update, delete on p.accounts, p.members, p.invitations, p.posts to ${app}`);
  decided = await prove();
});

afterAll(() => database.drop());

async function prove(): Promise<readonly Decided[]> {
  const model = parseModel(
    `
context: { setting: request.jwt.claims, json: sub, type: uuid }
tenants: { table: p.accounts, key: id }
membership: { table: p.members, user: user_id, tenant: account_id }
roles: { app: [${app}] }
tables:
  p.accounts: { tenancy: root, user: owner_id, signup: true }
  p.members: { tenancy: row, column: account_id, user: user_id }
  p.invitations: { tenancy: row, column: account_id, complete: false, reason: they end after a day }
  p.posts: { tenancy: row, column: account_id, share: { when: is_published, access: read } }
`,
    'rowhouse.yaml',
  );
  return await proveIn(database, model, solver);
}

test('every table and command of a small product is proved', () => {
  expect(notProved(decided)).toEqual([]);
  const cells = new Set(decided.map(({ claim: { relation, role, command } }) => `${relation.name} ${role} ${command}`));
  expect(cells.size).toBe(16);
});

test('a reader that is no member, and an owner of invitations by the clock alone, are not', async () => {
  await database.client.query('begin');
  try {
    await database.client.query(`alter policy readers on p.posts using (is_published or p.uid() = any (readers));
      alter policy last_day on p.invitations using (created_at > now() - interval '24 hours' or p.has_part(account_id, 'owner'))`);
    expect(notProved(await prove()).filter((one) => one.includes('sees'))).toEqual([
      'refuted sees p.invitations',
      'refuted sees p.invitations nobody',
      'refuted sees p.posts',
    ]);
  } finally {
    await database.client.query('rollback');
  }
});
