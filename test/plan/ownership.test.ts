import { describe, expect } from 'vitest';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import { findOwnership } from '../../src/plan/ownership/index.ts';
import { test } from '../support/test.ts';
import { decide, decideBelowTenants, toldAll } from './support.ts';

/** An agency's product: people in several organizations, projects, and what hangs on them. */
const agency = `
  create table organizations (id uuid primary key, name text not null);
  create table users (id uuid primary key, email text not null unique, password_hash text, last_project_id uuid);
  create table members (
    user_id uuid not null references users, organization_id uuid not null references organizations,
    primary key (user_id, organization_id)
  );
  create table projects (id uuid primary key, organization_id uuid references organizations, title text);
  alter table users add foreign key (last_project_id) references projects;
  create table tasks (
    id uuid primary key, project_id uuid not null references projects on delete cascade, parent_id uuid references tasks,
    assignee_id uuid references users, created_by uuid references users
  );
  create table comments (id uuid primary key, task_id uuid not null references tasks, user_id uuid not null references users);
  create table api_tokens (id uuid primary key, user_id uuid not null references users, token text);
  create table currencies (code text primary key, name text);
  create table invoices (
    id uuid primary key, organization_id uuid not null references organizations, currency text references currencies
  );
  create table schema_migrations (version text primary key);`;

describe('a product whose people are in several organizations', () => {
  test('each table has its owner, and people are no way to one', async ({ database: { client } }) => {
    expect(toldAll(await decide(client, agency))).toEqual({
      api_tokens: 'user user_id > users',
      comments: 'row task_id > tasks > projects > organizations',
      currencies: 'shared',
      invoices: 'row [organization_id] organization_id > organizations',
      members: 'row [organization_id] organization_id > organizations',
      organizations: 'root',
      projects: 'row [organization_id] organization_id > organizations',
      schema_migrations: 'none',
      tasks: 'row project_id > projects > organizations',
      users: 'user',
    });
  });

  test('without a foreign key anywhere', async ({ database: { client } }) => {
    const bare = agency.replace(/alter table[^;]*;/, '').replaceAll(/ references \w+( on delete cascade)?/g, '');

    expect(toldAll(await decide(client, bare))).toMatchObject({
      api_tokens: 'user user_id > users',
      comments: 'row task_id > tasks > projects > organizations',
      invoices: 'row [organization_id] organization_id > organizations',
      organizations: 'root',
      tasks: 'row project_id > projects > organizations',
      users: 'user',
    });
  });

  test('reasons say what was seen and how sure it is', async ({ database: { client } }) => {
    const decisions = await decide(client, agency);

    expect(decisions.get('tasks')).toMatchObject({
      reason: 'project_id leads to public.projects (foreign key, NOT NULL), which leads to public.organizations.',
    });
    expect(decisions.get('projects')?.reason).toContain('may be NULL');
    expect(decisions.get('projects')?.confidence).toBeLessThan(decisions.get('invoices')?.confidence ?? 0);
    expect(decisions.get('users')?.reason).toContain('public.members says which tenants');
  });
});

test('where two tables could be that of tenants alike, neither is taken', async ({ database: { client } }) => {
  const below = (root: string) => `
    create table ${root} (id int primary key);
    create table ${root}_orders (id int primary key, ${root}_id int not null references ${root});
    create table ${root}_lines (
      id int primary key, ${root}_id int not null references ${root}, order_id int not null references ${root}_orders,
      unique (${root}_id, id)
    );`;
  const users = (root: string) => `
    create table ${root}_users (user_id int references users, ${root}_id int references ${root}, primary key (user_id, ${root}_id));`;
  const people = 'create table users (id int primary key, email text not null unique, password_hash text);';

  const one = await decide(client, `${people} ${below('company')} ${users('company')}`);
  expect(one.get('company')?.tenancy).toBe('root');
  expect(await decide(client, `${below('agency')} ${users('agency')}`)).toEqual(new Map());
});

test('what most rows say, of which there is no table, is above every table that there is', async ({
  database: { client },
}) => {
  const customers = (more: string, key: string) => `
    create table customers (id int primary key, ${more} name text);
    create table users (id int primary key, ${more} email text not null unique, password_hash text);
    create table customer_users (customer_id int references customers, user_id int references users, primary key (customer_id, user_id));
    create table orders (id int primary key, ${more} customer_id int not null references customers, code text, unique (${key} code));
    create table lines (
      id int primary key, ${more} customer_id int not null references customers, order_id int not null references orders,
      code text, unique (${key} code)
    );`;

  expect((await decide(client, customers('', ''))).get('customers')?.tenancy).toBe('root');
  await client.query('drop schema public cascade; create schema public');
  expect(await decide(client, customers('namespace text not null,', 'namespace,'))).toEqual(new Map());
});

describe('the names of a schema', () => {
  test('camel case, a key of text, and a column that has no foreign key', async ({ database: { client } }) => {
    const decisions = await decide(
      client,
      `
      create table "Company" (id text primary key);
      create table "Product" (id text primary key, "companyId" text not null references "Company");
      create table "Order" (id text primary key, "companyId" text not null references "Company");
      create table "OrderLine" (id text primary key, "orderId" text not null references "Order", "productId" text not null);
      create table "AuditEntry" (id text primary key, "companyId" text not null, "productID" text);`,
      'public."Company"',
    );

    expect(toldAll(decisions)).toEqual({
      '"AuditEntry"': 'row [companyId] companyId > "Company"',
      '"Company"': 'root',
      '"Order"': 'row [companyId] companyId > "Company"',
      '"OrderLine"': 'row orderId > "Order" > "Company"',
      '"Product"': 'row [companyId] companyId > "Company"',
    });
  });

  test('a root by two names, and by a short one', async ({ database: { client } }) => {
    const decisions = await decide(
      client,
      `
      create table organizations (id bigint primary key);
      create table a (id bigint primary key, org_id bigint not null);
      create table b (id bigint primary key, org_id bigint not null);
      create table c (id bigint primary key, organization_id bigint not null references organizations);
      create table d (id bigint primary key, org_id text not null);`,
      'public.organizations',
    );

    expect(toldAll(decisions)).toMatchObject({
      a: 'row [org_id] org_id > organizations',
      b: 'row [org_id] org_id > organizations',
      c: 'row [organization_id] organization_id > organizations',
    });
    expect(decisions.get('d')).toMatchObject({ tenancy: 'row', column: 'org_id' });
    expect(decisions.get('d')?.confidence).toBeLessThan(0.8);
  });

  test('a key that extends another table is not taken for that of the root', async ({ database: { client } }) => {
    const decisions = await decide(
      client,
      `
      create table tenant (id uuid primary key);
      create table tenant_settings (tenant_id uuid primary key, theme text);
      create table things (id uuid primary key, tenant_id uuid not null);`,
      'public.tenant',
    );

    expect(toldAll(decisions)).toMatchObject({
      tenant_settings: 'row [tenant_id] tenant_id > tenant',
      things: 'row [tenant_id] tenant_id > tenant',
    });
  });

  test('a column named for a table and its key, and for another id that is unique there', async ({
    database: { client },
  }) => {
    const decisions = await decide(
      client,
      `
      create table tenants (record_id serial primary key, id varchar(36) not null unique);
      create table accounts (record_id serial primary key, id varchar(36) not null unique, tenant_record_id bigint not null);
      create table invoices (record_id serial primary key, account_record_id bigint not null);
      create table reminders (record_id serial primary key, account_id varchar(36) not null);`,
      'public.tenants',
    );

    expect(toldAll(decisions)).toMatchObject({
      accounts: 'row [tenant_record_id] tenant_record_id > tenants',
      invoices: 'row account_record_id > accounts > tenants',
      reminders: 'row account_id > accounts > tenants',
    });
    expect(decisions.get('reminders')?.path[0]?.parentColumns).toEqual(['id']);
  });

  test('a column that most tables have says the tenant, though no table is called so', async ({
    database: { client },
  }) => {
    const decisions = await decide(
      client,
      `
      create table accounts (id bigint primary key, name text);
      create table users (id bigint primary key, tenant_id bigint, email text, password text);
      create table permissions (id bigint primary key, tenant_id bigint, user_id bigint references users);
      create table plans (id bigint primary key, tenant_id bigint, owner_type text, owner_id bigint);
      create table codes (id bigint primary key, external_id bigint not null unique);`,
      'public.accounts',
    );

    expect(toldAll(decisions)).toMatchObject({
      users: 'row [tenant_id] tenant_id > accounts',
      permissions: 'row [tenant_id] tenant_id > accounts',
      plans: 'row [tenant_id] tenant_id > accounts',
    });
    expect(decisions.get('plans')?.reason).toContain('most tables have such a column');
    expect(decisions.get('codes')?.tenancy).toBe('none');
  });

  test('a column called as the root is says the tenant, where several must fill it', async ({
    database: { client },
  }) => {
    const meters = ['meters', 'events', 'plans'];
    const decisions = await decide(
      client,
      `create table namespaces (id text primary key);
       ${meters.map((name) => `create table ${name} (id text primary key, namespace varchar not null, name text);`).join('\n')}
       create table notes (id text primary key, namespace varchar, body text);
       create table letters (id text primary key, meter text not null, body text);`,
      'public.namespaces',
    );

    expect(toldAll(decisions)).toMatchObject({
      ...Object.fromEntries(meters.map((name) => [name, 'row [namespace] namespace > namespaces'])),
      notes: 'row [namespace] namespace > namespaces',
      letters: 'none',
    });
  });

  test('plurals of every kind', async ({ database: { client } }) => {
    const plurals = {
      warehouse: 'warehouses',
      movie: 'movies',
      person: 'people',
      child: 'children',
      status: 'statuses',
      cache: 'caches',
    };
    const decisions = await decideBelowTenants(
      client,
      Object.entries(plurals)
        .map(
          ([one, many]) =>
            `create table ${many} (id int primary key, tenant_id int not null references tenants);
             create table about_${one} (id int primary key, ${one}_id int not null);`,
        )
        .join('\n'),
    );

    for (const [one, many] of Object.entries(plurals)) {
      expect(toldAll(decisions)).toMatchObject({ [`about_${one}`]: `row ${one}_id > ${many} > tenants` });
    }
  });

  test('tables that begin alike mean their own', async ({ database: { client } }) => {
    const decisions = await decideBelowTenants(
      client,
      `
      create table run_events (id bigint primary key, tenant_id int not null references tenants);
      create table run_task_events (id bigint primary key, tenant_id int not null references tenants);
      create table run_event_logs (id bigint primary key, event_id bigint not null);`,
    );

    expect(toldAll(decisions)).toMatchObject({ run_event_logs: 'row event_id > run_events > tenants' });
  });

  test('the name that most columns have wins over a role', async ({ database: { client } }) => {
    const decisions = await decide(
      client,
      `
      create table teams (id int primary key);
      create table apps (id int primary key, team_id int not null references teams, forked_from_team int references teams);
      create table keys (id int primary key, team_id int not null references teams);
      create table transfers (id int primary key, from_team int not null references teams, to_team int not null references teams);`,
      'public.teams',
    );

    expect(toldAll(decisions)).toMatchObject({ apps: 'row [team_id] team_id > teams' });
    expect(decisions.get('transfers')?.doubt).toBe(true);
  });
});

describe('what hangs on what', () => {
  const shop = `
    create table shop (id int primary key, address_id int not null);
    create table address (id int primary key, street text);
    alter table shop add foreign key (address_id) references address;
    create table customer (id int primary key, shop_id int not null references shop, address_id int not null references address);
    create table genre (id int primary key, name text);
    create table film (id int primary key, title text);
    create table film_genre (film_id int references film, genre_id int references genre, primary key (film_id, genre_id));
    create table item (id int primary key, film_id int not null references film, shop_id int not null references shop);`;

  test('an id of nobody knows what is asked about where there are no foreign keys, and taken for a foreign one where there are', async ({
    database: { client },
  }) => {
    const below = (key: string) => `
      create table tenants (id int primary key);
      create table notes (id int primary key, tenant_id int not null ${key});
      create table sessions (id int primary key, assumed_profile_id int not null);
      create table requests (id int primary key, session_id int not null);`;

    const bare = await decide(client, below(''), 'public.tenants');
    expect(toldAll(bare)).toMatchObject({ sessions: '? none', requests: '? row session_id > sessions' });
    await client.query('drop schema public cascade; create schema public');
    const keyed = await decide(client, below('references tenants'), 'public.tenants');
    expect(toldAll(keyed)).toMatchObject({ sessions: 'shared', requests: 'shared' });
  });

  test('what is chosen from is shared, and what may be split off is asked', async ({ database: { client } }) => {
    expect(toldAll(await decide(client, shop, 'public.shop'))).toEqual({
      address: '? row',
      customer: 'row [shop_id] shop_id > shop',
      film: 'shared',
      film_genre: 'shared',
      genre: 'shared',
      item: 'row [shop_id] shop_id > shop',
      shop: 'root',
    });
  });

  test('rows with nothing to choose one by may be what tenants put there', async ({ database: { client } }) => {
    const decisions = await decideBelowTenants(
      client,
      `
      create table rules (id int primary key, strict boolean not null);
      create table modes (id int primary key, displayname text);
      create table tokens (id int primary key, secret text);
      create table waves (id int primary key, starts_at date);
      create table events (
        id int primary key, tenant_id int not null references tenants, rule_id int not null references rules,
        mode_id int not null references modes, token_id int references tokens
      );
      create table guests (
        tenant_id int not null references tenants, wave_id int not null references waves, primary key (tenant_id, wave_id)
      );`,
    );

    expect(toldAll(decisions)).toMatchObject({ rules: '? row', modes: 'shared', tokens: 'shared', waves: 'shared' });
  });

  test('partitions and children are what their parent is, with the keys of its partitions', async ({
    database: { client },
  }) => {
    const decisions = await decideBelowTenants(
      client,
      `
      create table orders (id int primary key, tenant_id int not null references tenants);
      create table payments (id int, at date, order_id int not null) partition by range (at);
      create table payments_1 partition of payments for values from ('2020-01-01') to ('2021-01-01');
      alter table payments_1 add foreign key (order_id) references orders;
      create table notes (id int primary key, tenant_id int not null references tenants);
      create table special_notes (extra text) inherits (notes);`,
    );

    expect(toldAll(decisions)).toEqual({
      notes: 'row [tenant_id] tenant_id > tenants',
      orders: 'row [tenant_id] tenant_id > tenants',
      payments: 'row order_id > orders > tenants',
      tenants: 'root',
    });
  });

  test('a row to itself belongs to the row that points at it', async ({ database: { client } }) => {
    const decisions = await decideBelowTenants(
      client,
      `
      create table settings (id int primary key, theme text);
      create table mails (id int primary key, tenant_id int not null references tenants);
      create table looks (id int primary key, mail_id int references mails);
      create table faces (id int primary key, mail_id int not null references mails);
      create table sites (
        id int primary key, tenant_id int not null references tenants, settings_id int not null unique references settings,
        look_id int not null unique references looks, face_id int not null unique references faces
      );`,
    );

    expect(toldAll(decisions)).toMatchObject({
      settings: 'row id > sites',
      looks: 'row id > sites',
      faces: 'row mail_id > mails > tenants',
    });
  });

  test('a polymorphic pair is a doubt, and so is what hangs on it alone', async ({ database: { client } }) => {
    const decisions = await decide(
      client,
      `
      create table accounts (id bigint primary key);
      create table inboxes (id bigint primary key, account_id bigint not null);
      create table tags (id bigint primary key, taggable_type text not null, taggable_id bigint not null);
      create table tag_notes (id bigint primary key, tag_id bigint not null);
      create table notes (id bigint primary key, account_id bigint not null, subject_type text, subject_id bigint);`,
      'public.accounts',
    );

    expect(toldAll(decisions)).toEqual({
      accounts: 'root',
      inboxes: 'row [account_id] account_id > accounts',
      notes: 'row [account_id] account_id > accounts',
      tag_notes: '? row tag_id > tags > *',
      tags: '? row taggable_type,taggable_id > *',
    });
  });

  test('what a pair may point at is a doubt, unless it is told apart within a shared row or others are named for the pair', async ({
    database: { client },
  }) => {
    const below = `
      create table holdings (id int primary key, tenant_id int not null references tenants, kind_type text, kind_id int);
      create table shares (id int primary key, name text, isin text);
      create table trades (id int primary key, share_id int not null references shares, amount int);
      create table prices (id int primary key, share_id int not null references shares, day date, unique (share_id, day));
      create table loans (id int primary key, rate int, term int);`;
    expect(toldAll(await decideBelowTenants(client, below))).toMatchObject({
      loans: '? row',
      prices: 'shared',
      shares: 'shared',
      trades: '? row',
    });

    const decisions = await decide(
      client,
      'create table loan_kinds (id int primary key, x int, y int);',
      'public.tenants',
    );
    expect(toldAll(decisions)).toMatchObject({
      loan_kinds: '? row',
      loans: 'none',
      trades: 'shared',
    });
  });

  test('what is called as rows with a pair and more may be a part of them, whatever hangs on it', async ({
    database: { client },
  }) => {
    const decisions = await decideBelowTenants(
      client,
      `
      create table questions (
        id int primary key, tenant_id int not null references tenants, actable_type text, actable_id int, title text
      );
      create table languages (id int primary key, name text);
      create table question_programs (id bigint primary key, language_id int not null references languages);
      create table question_program_cases (id bigint primary key, program_id bigint not null references question_programs, input text);
      create table question_voices (id bigint primary key);
      create table voices (id bigint primary key);`,
    );

    expect(toldAll(decisions)).toMatchObject({
      languages: 'shared',
      question_programs: '? row',
      question_program_cases: expect.stringMatching(/^\? row/) as string,
      question_voices: '? row',
      voices: 'none',
    });
  });

  test('an id beside its type is of a pair, unless both are called as their own table, or in full as the one that has them', async ({
    database: { client },
  }) => {
    const decisions = await decideBelowTenants(
      client,
      `
      create table ml_models (id int primary key, tenant_id int not null references tenants);
      create table ml_runs (id int primary key, model_id int not null references ml_models);
      create table ml_marks (id int primary key, model_id int not null references ml_models);
      create table uploads (id int primary key, model_type text not null, model_id int not null);
      create table sizes (id int primary key, ml_model_type text, ml_model_id int not null);
      create table devices (id int primary key, device_type text, device_id text);`,
    );

    expect(toldAll(decisions)).toMatchObject({
      uploads: '? row model_type,model_id > *',
      sizes: 'row ml_model_id > ml_models > tenants',
      devices: 'none',
    });
  });

  test('what a pair may point at is none that a check leaves out', async ({ database: { client } }) => {
    const decisions = await decideBelowTenants(
      client,
      `
      create table sites (id int primary key, tenant_id int not null references tenants);
      create table files (id int primary key, owner_type text not null check (owner_type in ('site', 'tenant')), owner_id int not null);
      create table journal (id int primary key, what text, at timestamptz);`,
    );

    expect(toldAll(decisions)).toMatchObject({ files: 'row owner_type,owner_id > *', journal: 'none' });
  });

  test('a check that asks for one of two parents says as much as NOT NULL', async ({ database: { client } }) => {
    const decisions = await decideBelowTenants(
      client,
      `
      create table users (id int primary key, email text unique, password_hash text);
      create table sites (id int primary key, tenant_id int not null references tenants);
      create table plans (id int primary key, tenant_id int not null references tenants);
      create table notes (id int primary key, user_id int not null references users, site_id int references sites, plan_id int references plans,
        check (num_nonnulls(site_id, plan_id) = 1));
      create table marks (id int primary key, user_id int not null references users, site_id int references sites, plan_id int references plans);`,
    );

    expect(toldAll(decisions)).toMatchObject({
      notes: 'row site_id > sites > tenants',
      marks: '? row site_id > sites > tenants',
    });
  });

  test('checks ask for one of several in many words', async ({ database: { client } }) => {
    const asking = [
      'site_id is not null or plan_id is not null',
      '(site_id is null) <> (plan_id is null)',
      '(site_id is not null) = (plan_id is null)',
      'num_nonnulls(site_id, plan_id) > 0',
    ];
    const lax = [
      'site_id is null or plan_id is null',
      'num_nonnulls(site_id, plan_id) >= 0',
      'num_nulls(site_id, plan_id) = 1',
    ];
    const table = (name: string, check: string) =>
      `create table ${name} (id int primary key, user_id int not null references users, site_id int references sites, plan_id int references plans, check (${check}));`;
    const decisions = await decideBelowTenants(
      client,
      `
      create table users (id int primary key, email text unique, password_hash text);
      create table sites (id int primary key, tenant_id int not null references tenants);
      create table plans (id int primary key, tenant_id int not null references tenants);
      ${asking.map((check, at) => table(`asking_${at}`, check)).join('\n')}
      ${lax.map((check, at) => table(`lax_${at}`, check)).join('\n')}`,
    );

    const doubts = [...decisions].flatMap(([name, { doubt }]) => (doubt ? name : []));
    expect(doubts.sort()).toEqual(lax.map((_, at) => `lax_${at}`));
  });

  test('a way by a name alone, which a row may do without, is asked about where others have a foreign key', async ({
    database: { client },
  }) => {
    const bound = Array.from(
      { length: 25 },
      (_, at) => `create table t${at} (id int primary key, tenant_id int not null references tenants);`,
    ).join('\n');
    const odd = `
      create table logs (id int primary key, t1_id int);
      create table worker_deployments (id uuid primary key, tenant_id int not null references tenants);
      create table marks (id uuid primary key, deployment_id uuid);
      create table steps (id int primary key, t1_id int, at timestamptz, unique (t1_id, at));`;

    const declared = await decideBelowTenants(client, `${bound} ${odd}`);
    expect(toldAll(declared)).toMatchObject({
      logs: '? row t1_id > t1 > tenants',
      steps: 'row t1_id > t1 > tenants',
    });
    expect(declared.get('marks')?.doubt).toBe(true);

    await client.query(
      Array.from({ length: 25 }, (_, at) => `alter table t${at} drop constraint t${at}_tenant_id_fkey;`).join('\n'),
    );
    const bare = await decide(client, 'select', 'public.tenants');
    expect(toldAll(bare)).toMatchObject({ logs: 'row t1_id > t1 > tenants' });
    expect(bare.get('marks')?.doubt).toBe(true);
  });

  test('a tenant that must be said goes before one of a higher level that need not, and a parent that must answers for it', async ({
    database: { client },
  }) => {
    const bound = Array.from(
      { length: 25 },
      (_, at) => `create table t${at} (id int primary key, organization_id int not null references organizations);`,
    ).join('\n');
    const decisions = await decide(
      client,
      `create table organizations (id int primary key, name text);
       create table projects (id int primary key, organization_id int not null references organizations);
       ${bound}
       create table runs (id int primary key, organization_id int references organizations, project_id int not null references projects);
       create table lines (id int primary key, organization_id int references organizations, t1_id int not null references t1);`,
      'public.organizations',
      'public.projects',
    );

    expect(toldAll(decisions)).toMatchObject({
      runs: 'row [project_id] project_id > projects > organizations',
      lines: 'row [organization_id] organization_id > organizations',
    });
  });

  test('a row for each person stays the person’s, though it may name what is a tenant’s', async ({
    database: { client },
  }) => {
    const decisions = await decide(
      client,
      `${agency}
       create table preferences (user_id uuid primary key references users, theme text, home_project_id uuid references projects);
       create table ranks (id uuid primary key, user_id uuid not null unique references users, project_id uuid not null references projects);`,
    );

    expect(toldAll(decisions)).toMatchObject({ preferences: 'user user_id > users', ranks: 'user user_id > users' });
  });

  test('a membership is first of all the table that keeps its pairs unique', async ({ database: { client } }) => {
    await client.query(
      agency
        .replace(
          'primary key (user_id, organization_id)',
          'role text, added_at date, note text, seen_at date, primary key (user_id, organization_id)',
        )
        .concat(
          `create table member_drafts (organization_id uuid not null references organizations, user_id uuid not null references users);
           create table user_organization_hints (
             organization_id uuid references organizations, user_id uuid references users, hint text,
             primary key (user_id, organization_id)
           );
           create table authorization_codes (
             organization_id uuid references organizations, user_id uuid references users, primary key (organization_id, user_id)
           );`,
        ),
    );

    const { membership } = findOwnership(await readSnapshot(client), []);
    expect(membership?.table.name).toBe('members');
  });

  test('people who must say their tenant are its own, though roles of theirs say it too', async ({
    database: { client },
  }) => {
    const decisions = await decide(
      client,
      `
      create table tenants (id int primary key);
      create table users (id int primary key, tenant_id int not null references tenants, email text, password text);
      create table roles (id int primary key, tenant_id int not null references tenants);
      create table user_roles (
        tenant_id int not null references tenants, user_id int not null references users, role_id int not null references roles,
        primary key (tenant_id, user_id, role_id)
      );
      create table tokens (id int primary key, user_id int not null references users);`,
      'public.tenants',
    );

    expect(toldAll(decisions)).toMatchObject({
      users: 'row [tenant_id] tenant_id > tenants',
      tokens: 'row user_id > users > tenants',
    });
  });

  test('where nearly every table must say its tenant, one that need not is asked about', async ({
    database: { client },
  }) => {
    const tables = (count: number) =>
      Array.from(
        { length: count },
        (_, at) => `create table t${at} (id int primary key, tenant_id int not null references tenants);`,
      );
    const roles = `
      create table roles (id int primary key, name text, tenant_id int references tenants);
      create table tenant_imports (id int primary key, state text, tenant_id int references tenants);
      create table grants (
        id int primary key, t7_id int not null references t7, giving_tenant_id int not null references tenants, tenant_id int references tenants
      );
      create table role_notes (id int primary key, role_id int not null references roles, tenant_id int references tenants);
      create table role_marks (id int primary key, role_id int not null references roles);
      create table settings (id int primary key, login_t7_id int references t7);`;

    const few = await decideBelowTenants(client, [...tables(8), roles].join('\n'));
    expect(toldAll(few)).toMatchObject({
      roles: 'row [tenant_id] tenant_id > tenants',
      grants: 'row [tenant_id] tenant_id > tenants',
      role_marks: 'row role_id > roles > tenants',
      settings: 'row login_t7_id > t7 > tenants',
    });

    const many = await decide(client, tables(90).slice(8).join('\n'), 'public.tenants');
    expect(toldAll(many)).toMatchObject({
      roles: '? row [tenant_id] tenant_id > tenants',
      tenant_imports: 'row [tenant_id] tenant_id > tenants',
      role_marks: '? row role_id > roles > tenants',
      role_notes: '? row [tenant_id] tenant_id > tenants',
      settings: '? row login_t7_id > t7 > tenants',
      grants: 'row t7_id > t7 > tenants',
      t7: 'row [tenant_id] tenant_id > tenants',
    });
  });

  test('of two ways the one that every row has goes first, though it is a role; the other only where it is much shorter', async ({
    database: { client },
  }) => {
    const decisions = await decide(
      client,
      `
      create table tenants (id int primary key);
      create table projects (id int primary key, tenant_id int not null references tenants);
      create table milestones (id int primary key, project_id int not null references projects);
      create table requests (id int primary key, milestone_id int references milestones, target_project_id int not null references projects);`,
      'public.tenants',
      'public.projects',
    );

    expect(toldAll(decisions)).toMatchObject({
      requests: 'row [target_project_id] target_project_id > projects > tenants',
    });
  });

  test('members by name and mail are people; a row of one person alone is that person’s, and what those of one tenant do is its own', async ({
    database: { client },
  }) => {
    const decisions = await decideBelowTenants(
      client,
      `
      create table account_members (id int primary key, email text unique, last_tenant_id int references tenants);
      create table member_roles (
        tenant_id int not null references tenants, member_id int not null references account_members, primary key (tenant_id, member_id)
      );
      create table logins (id int primary key, account_member_id int not null references account_members);
      create table users (id int primary key, tenant_id int not null references tenants, email text, password text);
      create table secrets (id int primary key, user_id int unique references users);
      create table notes (id int primary key, user_id int references users);
      create table duties (id int primary key, worker_id int not null references users);
      create table lists (id int primary key, created_by_id int not null references users);`,
    );

    expect(toldAll(decisions)).toMatchObject({
      duties: 'row worker_id > users > tenants',
      lists: '? row created_by_id > users > tenants',
      account_members: 'user',
      logins: 'user account_member_id > account_members',
      secrets: 'row user_id > users > tenants',
      notes: '? row user_id > users > tenants',
    });
  });

  test('where nearly everything may be NULL, whose user is named owns a row', async ({ database: { client } }) => {
    const decisions = await decideBelowTenants(
      client,
      `
      create table users (id int primary key, tenant_id int references tenants, email text, password text);
      ${['notes', 'marks', 'files'].map((name) => `create table ${name} (id int primary key, user_id int references users);`).join('\n')}`,
    );

    expect(toldAll(decisions)).toMatchObject({ notes: 'row user_id > users > tenants' });
  });

  test('a composite key says the tenant too', async ({ database: { client } }) => {
    const decisions = await decideBelowTenants(
      client,
      `
      create table a (tenant_id int not null references tenants, id int not null, primary key (tenant_id, id));
      create table b (id int primary key, tenant_id int not null, a_id int not null, foreign key (tenant_id, a_id) references a);`,
    );

    expect(toldAll(decisions)).toMatchObject({ b: 'row [tenant_id] tenant_id > tenants' });
  });

  test('who did something does not own it, where everybody does something', async ({ database: { client } }) => {
    const traced = ['countries', 'units', 'colours', 'taxes', 'holidays', 'orders']
      .map(
        (name) =>
          `create table ${name} (id int primary key, name text unique, created_by int references users, updated_by int references users);`,
      )
      .join('\n');
    const decisions = await decide(
      client,
      `
      create table companies (id int primary key);
      create table users (id int primary key, company_id int not null references companies, email text, password text);
      ${traced}
      alter table orders add company_id int not null references companies;`,
      'public.companies',
    );

    expect(toldAll(decisions)).toMatchObject({
      users: 'row [company_id] company_id > companies',
      orders: 'row [company_id] company_id > companies',
    });
    expect(decisions.get('countries')?.tenancy === 'row' && !decisions.get('countries')?.doubt).toBe(false);
  });

  test('who made a row says nothing of whose it is, where the same column stands in tables of tenants', async ({
    database: { client },
  }) => {
    const made = (table: string, more: string) =>
      `create table ${table} (id int primary key, creator_id int not null references users, ${more});`;
    const tables = ['a', 'b', 'c', 'd', 'e'].map((name) => made(name, 'tenant_id int not null references tenants'));
    const decisions = await decideBelowTenants(
      client,
      `create table users (id int primary key, email text not null, password text);
       ${tables.join('\n')}
       ${made('surveys', 'title text')}
       create table letters (id int primary key, author_id int not null references users);`,
    );

    expect(toldAll(decisions)).toMatchObject({ surveys: '? row', letters: 'user author_id > users' });
  });

  test('two levels', async ({ database: { client } }) => {
    const decisions = await decide(
      client,
      `
      create table organizations (id int primary key);
      create table projects (id int primary key, organization_id int not null references organizations);
      create table boards (
        id int primary key, project_id int not null references projects, organization_id int not null references organizations
      );
      create table traces (id int primary key, project_id int not null references projects);
      create table spans (id int primary key, trace_id int not null references traces);
      create table bills (id int primary key, organization_id int not null references organizations);`,
      'public.organizations',
      'public.projects',
      'public.boards',
    );

    expect(toldAll(decisions)).toEqual({
      bills: 'row [organization_id] organization_id > organizations',
      boards: 'root [organization_id] organization_id > organizations',
      organizations: 'root',
      projects: 'root [organization_id] organization_id > organizations',
      spans: 'row trace_id > traces > projects > organizations',
      traces: 'row [project_id] project_id > projects > organizations',
    });
  });

  test('people are tenants where policies keep what is theirs apart, and nowhere else', async ({
    database: { client },
  }) => {
    const things = ['posts', 'notes', 'drafts', 'votes', 'flags', 'likes', 'feeds', 'pages'];
    const forum = `create table users (id int primary key, email text not null unique, password_hash text);
      ${things.map((name, at) => `create table ${name} (id int primary key, user_id int not null references users${at === 0 ? '' : ', post_id int references posts'});`).join('\n')}`;
    expect(toldAll(await decide(client, forum))).toEqual({});
    await client.query(
      things.map((name) => `create policy own on ${name} using (user_id = current_setting('app.user')::int);`).join(''),
    );
    expect(toldAll(await decide(client, ''))).toMatchObject({ users: 'root', posts: 'row [user_id] user_id > users' });
  });

  test('JSON says a tenant where an index reads it, and policies are told of', async ({ database: { client } }) => {
    const decisions = await decideBelowTenants(
      client,
      `
      create table orders (id int primary key, tenant_id int not null references tenants);
      create policy own on orders using (tenant_id = 1);
      create policy open on orders for select using (true);
      create table étiquettes (id int primary key, "élève_id" int not null references orders);
      create policy own on étiquettes using (élève_id = 1);
      create table events (id int primary key, body jsonb);
      create index on events ((body ->> 'tenantId'));`,
    );

    expect(decisions.get('orders')?.evidence).toEqual(['1 of its 2 policies read tenant_id.']);
    expect(decisions.get('étiquettes')?.evidence).toEqual(['1 of its 1 policies read élève_id.']);
    expect(decisions.get('events')).toMatchObject({ doubt: true, tenancy: 'row' });
    expect(decisions.get('events')?.reason).toContain("reads body ->> 'tenantId'");
  });

  test('a pair whose values are listed points at what they name', async ({ database: { client } }) => {
    const decisions = await decideBelowTenants(
      client,
      `
      create table orders (id int primary key, tenant_id int not null references tenants);
      create table countries (id int primary key, code text unique, region_id int);
      create type "Target" as enum ('Order', 'Tenant');
      create table notes (id int primary key, about_type "Target" not null, about_id int not null);
      create table marks (id int primary key, on_type text not null check (on_type in ('Sales::Order')), on_id int not null);
      create table hints (id int primary key, of_type text not null check (of_type in ('Order', 'Country')), of_id int not null);`,
    );

    expect(toldAll(decisions)).toMatchObject({
      notes: 'row about_type,about_id > *',
      marks: 'row on_type,on_id > *',
      hints: '? row of_type,of_id > *',
    });
  });

  test('what a pair may point at, and what a doubt alone points at, is a doubt', async ({ database: { client } }) => {
    const decisions = await decide(
      client,
      `
      create table tenants (id bigint primary key);
      create table accounts (
        id bigint primary key, tenant_id bigint not null references tenants, kind_type text, kind_id bigint
      );
      create table loans (id bigint primary key, rate numeric, until date);
      create table leases (id bigint primary key, rate numeric, until date);
      create table flags (name text primary key, value text);
      create table files (id bigint primary key, blob_id bigint not null, record_type text, record_id bigint);
      create table blobs (id bigint primary key, bytes bytea, hash text unique);`,
      'public.tenants',
    );

    expect(toldAll(decisions)).toMatchObject({
      loans: '? row',
      flags: 'none',
      files: '? row record_type,record_id > *',
      blobs: '? row',
    });
  });

  test('people with memberships and a home of their own are asked about', async ({ database: { client } }) => {
    const decisions = await decide(
      client,
      `
      create table teams (id int primary key);
      create table users (id int primary key, email text, password text, team_id int not null references teams);
      create table team_members (team_id int references teams, user_id int references users, primary key (team_id, user_id));
      create table keys (id int primary key, user_id int not null references users);`,
      'public.teams',
    );

    expect(toldAll(decisions)).toMatchObject({ users: '? user', keys: 'user user_id > users' });
  });

  test('people of one tenant, with memberships at a level below it, are that tenant’s', async ({
    database: { client },
  }) => {
    const decisions = await decide(
      client,
      `
      create table accounts (id int primary key);
      create table companies (id int primary key, account_id int not null references accounts);
      create table users (id int primary key, email text, password text, account_id int not null references accounts);
      create table company_users (company_id int references companies, user_id int references users, primary key (company_id, user_id));`,
      'public.accounts',
      'public.companies',
    );

    expect(toldAll(decisions)).toMatchObject({ users: 'row [account_id] account_id > accounts' });
  });

  test('names in one word, without keys and without NOT NULL', async ({ database: { client } }) => {
    const decisions = await decide(
      client,
      `
      create table teams (id varchar(26) primary key, name text);
      create table users (id varchar(26) primary key, email text, password text);
      create table teammembers (teamid varchar(26), userid varchar(26), primary key (teamid, userid));
      create table channels (id varchar(26) primary key, teamid varchar(26));
      create table posts (id varchar(26) primary key, channelid varchar(26), userid varchar(26));
      create table reactions (userid varchar(26), postid varchar(26), emoji text, primary key (postid, userid, emoji));`,
    );

    expect(toldAll(decisions)).toEqual({
      channels: 'row [teamid] teamid > teams',
      posts: 'row channelid > channels > teams',
      reactions: 'row postid > posts > channels > teams',
      teammembers: 'row [teamid] teamid > teams',
      teams: 'root',
      users: 'user',
    });
  });

  test('tables of the platform are not for the application, but one may name a schema so', async ({
    database: { client },
  }) => {
    const decisions = await decideBelowTenants(
      client,
      `
      create schema auth;
      create table auth.users (id int primary key, email text, password text);
      create table auth.identities (id int primary key, user_id int not null references auth.users);
      create schema storage;
      create table storage.objects (id int primary key, tenant_id int not null references tenants);`,
    );

    expect(toldAll(decisions)).toMatchObject({
      'auth.users': 'user',
      'auth.identities': 'none',
      'storage.objects': 'row [tenant_id] tenant_id > tenants',
    });
  });

  test('an id that may be of two tables is asked about, and one of a foreign system is not', async ({
    database: { client },
  }) => {
    const decisions = await decide(
      client,
      `
      create table tenants (id text primary key);
      create table task_runs (id text primary key, tenant_id text not null references tenants);
      create table batch_runs (id text primary key, tenant_id text not null references tenants);
      create table chunks (name text primary key, run_id text not null);
      create table receipts (name text primary key, stripe_id text not null);
      create table readings (entity_id uuid, at timestamptz, value int, primary key (entity_id, at));`,
      'public.tenants',
    );

    expect(toldAll(decisions)).toMatchObject({ chunks: '? none', readings: '? none', receipts: 'none' });
  });
});
