import { describe, expect } from 'vitest';
import { test } from '../support/test.ts';
import { count, generate, modelWith, obstacles, rowsOf, tenantsSql } from './support.ts';

const platform = '00000000-0000-0000-0000-000000000001';

describe('rows say whose they are', () => {
  test('in JSON, in a path and through other tables in either direction', async ({ database: { client } }) => {
    const generated = await generate(
      client,
      `${tenantsSql}
      create table vectors (id int primary key, metadata jsonb not null check (metadata ->> 'kind' in ('pdf', 'html')));
      create table nested (id int primary key, doc json not null);
      create table files (path text primary key);
      create table people (id int primary key, name text);
      create table members (tenant_id uuid not null references tenants, person_id int not null references people);
      create table tasks (id int primary key, owner_id int not null references people);
      create table comments (id int primary key, task_id int references tasks, parent_id int references comments);`,
      modelWith(
        `public.vectors: { tenancy: row, expression: "(metadata->>'tenant_id')::uuid" }`,
        `public.nested: { tenancy: row, expression: "doc #>> '{a,tenant}'" }`,
        `public.files: { tenancy: row, expression: "split_part(path, '/', 1)" }`,
        'public.members: { tenancy: row, column: tenant_id }',
        'public.people: { tenancy: row, through: members }',
        'public.tasks: { tenancy: row, through: people }',
        'public.comments: { tenancy: row, through: tasks }',
      ),
    );
    expect(obstacles(generated)).toEqual([]);
    expect(await count(client, `(select distinct metadata->>'tenant_id' from vectors where metadata ? 'kind') s`)).toBe(
      3,
    );
    expect(await count(client, `(select distinct doc #>> '{a,tenant}' from nested) s`)).toBe(3);
    expect(
      await count(client, `files where exists (select from tenants where split_part(path, '/', 1) = id::text)`),
    ).toBe(9);
    expect(
      await count(client, 'comments c join tasks t on t.id = task_id join members m on m.person_id = t.owner_id'),
    ).toBe(9);
    expect(await count(client, 'comments c join comments p on p.id = c.parent_id where p.task_id is not null')).toBe(6);
  });

  test('through tables that no foreign key names, in either direction', async ({ database: { client } }) => {
    const generated = await generate(
      client,
      `${tenantsSql}
      create table customers (code text primary key, tenant_id uuid not null references tenants);
      create table orders (id int primary key, customer text not null);
      create table people (login text primary key);
      create table members (tenant_id uuid not null references tenants, login text not null);
      create table likes (id int primary key, tenant_id uuid not null references tenants, entity int not null);`,
      modelWith(
        'public.customers: { tenancy: row, column: tenant_id }',
        'public.orders: { tenancy: row, through: { table: customers, on: { customer: code } } }',
        'public.members: { tenancy: row, column: tenant_id }',
        'public.people: { tenancy: row, through: { table: members, on: { login: login } } }',
        'public.likes: { tenancy: row, column: tenant_id, embedded: { entity: public.orders.id } }',
      ),
    );
    expect(obstacles(generated)).toEqual([]);
    expect(await count(client, 'orders')).toBe(9);
    expect(
      await count(
        client,
        'likes l join orders o on o.id = l.entity join customers c on code = customer and c.tenant_id = l.tenant_id',
      ),
    ).toBe(9);
    expect(await count(client, 'orders join customers on code = customer')).toBe(9);
    expect(await count(client, 'people p where exists (select from members m where m.login = p.login)')).toBe(9);
    expect(await count(client, 'members m where exists (select from people p where m.login = p.login)')).toBe(9);
  });

  test("in each tenant's own schema", async ({ database: { client } }) => {
    const generated = await generate(
      client,
      `create table tenants (id uuid primary key, schema_name text not null unique);
      create schema assistant; create schema "Ten A"; create schema ten_b;
      create table assistant.threads (id int primary key, title text not null);
      create table "Ten A".threads (like assistant.threads including all);
      create table ten_b.threads (like assistant.threads including all);
      create table ten_b.messages (id int primary key, thread_id int not null references ten_b.threads);
      create table "Ten A".messages (id int primary key, thread_id int not null references "Ten A".threads);`,
      `
context: { setting: app.tenant, type: uuid }
tenants: { table: public.tenants, key: id, schema: schema_name }
roles: { app: app }
tables:
  public.tenants: { tenancy: root }
  assistant.threads: { tenancy: schema }
  assistant.messages: { tenancy: schema }
`,
    );
    expect(await rowsOf(client, 'select schema_name from tenants order by 1')).toContainEqual({ schema_name: 'Ten A' });
    expect(await count(client, '"Ten A".messages')).toBe(3);
    expect(await count(client, 'ten_b.messages m join ten_b.threads t on t.id = m.thread_id')).toBe(3);
    // The template belongs to nobody.
    expect(obstacles(generated)).toEqual([expect.stringMatching(/^assistant\.threads: /)]);
  });
});

describe('what is shared', () => {
  test('is made beside what is not', async ({ database: { client } }) => {
    const generated = await generate(
      client,
      tenantsSql.replace('id uuid', 'id uuid') +
        `create table tools (id int primary key, tenant_id uuid not null references tenants);
      create table parts (id int primary key, tool_id int not null references tools);
      create table posts (id int primary key, tenant_id uuid not null, is_public bool not null default false, kind text, stars int not null);
      create table replies (id int primary key, tenant_id uuid not null, post_id int not null references posts);
      create table hints (id int primary key, tenant_id uuid references tenants);
      create table wells (id int primary key, name text not null);
      create table jobs (id int primary key);`,
      modelWith(
        'public.tools: { tenancy: row, column: tenant_id, share: { rows: platform } }',
        'public.parts: { tenancy: row, through: tools }',
        `public.posts: { tenancy: row, column: tenant_id, share: [{ when: is_public }, { when: "kind = 'open' and stars > 3" }] }`,
        `public.replies: { tenancy: row, column: tenant_id, share: { when: 'exists (select from public.posts p where p.id = post_id and p.is_public)' } }`,
        'public.hints: { tenancy: row, column: tenant_id, nulls: shared }',
        'public.wells: { tenancy: shared }',
        'public.jobs: { tenancy: none }',
      ).replace('key: id', `key: id, platform: ${platform}`),
    );
    expect(obstacles(generated)).toEqual([]);
    expect(await count(client, `tenants where id = '${platform}'`)).toBe(1);
    expect(await count(client, `tools where tenant_id = '${platform}'`)).toBe(2);
    expect(await count(client, `parts join tools on tools.id = tool_id where tenant_id = '${platform}'`)).toBe(2);
    const shares = `select is_public, kind = 'open' and stars > 3 as open, count(distinct tenant_id)::int as tenants from posts group by 1, 2 order by 1, 2`;
    expect(await rowsOf(client, shares)).toEqual([
      { is_public: false, open: false, tenants: 3 },
      { is_public: false, open: true, tenants: 3 },
      { is_public: true, open: false, tenants: 3 },
    ]);
    const replies = 'replies r join posts p on p.id = post_id and p.tenant_id = r.tenant_id';
    expect([
      await count(client, `${replies} where is_public`),
      await count(client, `${replies} where not is_public`),
    ]).toEqual([3, 6]);
    expect([await count(client, 'hints where tenant_id is null'), await count(client, 'hints')]).toEqual([2, 11]);
    expect([await count(client, 'wells'), await count(client, 'jobs')]).toEqual([3, 2]);
  });

  test('is named where no row can be', async ({ database: { client } }) => {
    const generated = await generate(
      client,
      `${tenantsSql} create table posts (id int primary key, tenant_id uuid not null, stars int not null check (stars < 3))`,
      modelWith(`public.posts: { tenancy: row, column: tenant_id, share: { when: stars > 5 } }`),
    );
    expect(obstacles(generated)).toEqual(['public.posts: No row could be generated for this: stars > 5.']);
    expect(await count(client, 'posts')).toBe(9);
  });

  test('a platform that is there already is taken', async ({ database: { client } }) => {
    const generated = await generate(
      client,
      `${tenantsSql} insert into tenants values ('${platform}', 'us');
      create table tools (id int primary key, tenant_id uuid not null references tenants);`,
      modelWith('public.tools: { tenancy: row, column: tenant_id, share: { rows: platform } }').replace(
        'key: id',
        `key: id, platform: ${platform}`,
      ),
    );
    expect(obstacles(generated)).toEqual([]);
    expect(await rowsOf(client, `select name from tenants where id = '${platform}'`)).toEqual([{ name: 'us' }]);
    expect(await count(client, `tools where tenant_id = '${platform}'`)).toBe(2);
  });
});

describe('memberships', () => {
  const model = (rest = ''): string => `
context: { setting: request.jwt.claims, json: sub, type: uuid }
tenants: { table: public.teams, key: id }
membership: { table: public.members, user: user_id, tenant: team_id, when: "status = 'active'" }
roles: { app: app }
tables:
  public.teams: { tenancy: root, user: created_by }
  public.members: { tenancy: row, column: team_id, user: user_id }
  public.notes: { tenancy: row, column: team_id, user: author }
${rest}`;
  const sql = (users: string): string => `
    create schema auth; create table auth.users (id uuid primary key, email text unique);
    create function auth.uid() returns uuid language sql stable
      as $$ select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
    create table teams (id uuid primary key, created_by uuid not null ${users});
    create table members (user_id uuid not null ${users}, team_id uuid not null references teams,
      status text not null default 'invited' check (status in ('invited', 'active')), primary key (user_id, team_id));
    create table notes (id int primary key, team_id uuid not null references teams, author uuid ${users});`;

  for (const [title, users] of [
    ['of a table of users', 'references auth.users'],
    ['of users that are kept elsewhere', ''],
  ] as const) {
    test(`${title}: some count, and some do not`, async ({ database: { client } }) => {
      const generated = await generate(client, sql(users), model());
      expect(obstacles(generated)).toEqual([]);
      expect(await count(client, `(select distinct team_id from members where status = 'active') s`)).toBe(3);
      expect(await count(client, `members where status = 'active'`)).toBe(6);
      const outsiders = `members o where status <> 'active' and exists (select from members m
        where m.user_id = o.user_id and m.status = 'active' and m.team_id <> o.team_id)`;
      expect(await count(client, outsiders)).toBe(3);
      expect(await count(client, 'notes n join members m on m.user_id = n.author and m.team_id = n.team_id')).toBe(9);
      expect(await count(client, 'teams t join members m on m.user_id = t.created_by and m.team_id = t.id')).toBe(3);
    });
  }

  test('have the roles that policies ask for, and rows that say a user say a member', async ({
    database: { client },
  }) => {
    // More words than are tried, each more often than a role is named.
    const words = Array.from({ length: 150 }, (_, at) => `'word ${at % 50}'`).join();
    await generate(
      client,
      `${sql('')}
      create type role as enum ('reader', 'editor', 'admin');
      alter table members add role role not null default 'reader';
      create table likes (id int primary key, team_id uuid not null references teams, user_id uuid not null);
      create policy likes on likes using (exists (select from members m where m.team_id = likes.team_id and m.role in ('editor', 'admin')));
      create function is_admin(uuid) returns boolean language sql stable
        as $$ select exists (select from members where team_id = $1 and role = 'admin') $$;
      create function told(uuid) returns text[] language sql stable
        as $$ select array[role::text, ${words}] from members where team_id = $1 $$;`,
      model('  public.likes: { tenancy: row, column: team_id }'),
    );
    const roles = `(select team_id, string_agg(distinct role::text, ',') as roles from members where status = 'active' group by 1)`;
    expect(await count(client, `${roles} m where m.roles = 'admin,editor'`)).toBe(3);
    expect(await count(client, 'likes l join members m on m.user_id = l.user_id and m.team_id = l.team_id')).toBe(9);
  });

  test('triggers get the context that they want', async ({ database: { client } }) => {
    const generated = await generate(
      client,
      `${sql('references auth.users')}
      create table audits (id int primary key, team_id uuid not null references teams, by_user uuid not null);
      create function stamp() returns trigger language plpgsql as $$ begin new.by_user := auth.uid(); return new; end $$;
      create trigger stamp before insert on audits for each row execute function stamp();
      create table drafts (id int primary key, team_id uuid not null);
      create function own() returns trigger language plpgsql as $$ begin
        new.team_id := (select m.team_id from public.members m where m.user_id = auth.uid() and status = 'active' limit 1);
        return new; end $$;
      create trigger own before insert on drafts for each row execute function own();`,
      model(`  public.audits: { tenancy: row, column: team_id }
  public.drafts: { tenancy: row, column: team_id }`),
    );
    expect(obstacles(generated)).toEqual([]);
    expect(await count(client, 'audits a join members m on m.user_id = by_user and m.team_id = a.team_id')).toBe(9);
    expect(await count(client, '(select distinct team_id from drafts) s')).toBe(3);
    expect(await rowsOf(client, `select current_setting('request.jwt.claims') as claims`)).toEqual([{ claims: '' }]);
  });
});

test('tenants may be users, numbers or words with rules', async ({ database: { client } }) => {
  const generated = await generate(
    client,
    `create domain handle as text check (value ~ '^[a-z]{3}$');
    create table customers (id handle primary key check (id <> 'aaa'));
    create table orders (id bigint primary key, customer_id handle not null references customers);`,
    `
context: { setting: app.customer, type: text }
tenants: { table: public.customers, key: id }
roles: { app: app }
tables:
  public.customers: { tenancy: root }
  public.orders: { tenancy: row, column: customer_id }
`,
  );
  expect(obstacles(generated)).toEqual([]);
  expect(await count(client, '(select distinct customer_id from orders) s')).toBe(3);
});

test('only what lacks rows gets some', async ({ database: { client } }) => {
  const generated = await generate(
    client,
    `${tenantsSql}
    create table notes (id int primary key, tenant_id uuid not null references tenants);
    create table tasks (id int primary key, tenant_id uuid not null references tenants, note_id int references notes);
    insert into tenants values (gen_random_uuid(), 'x'), (gen_random_uuid(), 'y');
    insert into notes select row_number() over (), id from tenants;`,
    modelWith('public.notes: { tenancy: row, column: tenant_id }', 'public.tasks: { tenancy: row, column: tenant_id }'),
  );
  expect(obstacles(generated)).toEqual([]);
  expect(await count(client, 'tasks')).toBe(9);
  expect(await count(client, 'tasks join notes on notes.id = note_id and notes.tenant_id = tasks.tenant_id')).toBe(9);
  expect(await count(client, 'notes')).toBe(5);
});
