import { describe, expect } from 'vitest';
import { serverMajor, test } from '../support/test.ts';
import { count, generate, modelWith, obstacles, tenantsSql } from './support.ts';

const row = (...names: readonly string[]): string =>
  modelWith(...names.map((name) => `public.${name}: { tenancy: row, column: tenant_id }`));

describe('foreign keys lead to rows of the same tenant', () => {
  test('composite ones, at any distance, through tables that the model does not name', async ({
    database: { client },
  }) => {
    const generated = await generate(
      client,
      `${tenantsSql}
      create schema lookup;
      create table lookup.countries (code char(2) primary key, name text not null unique);
      create table lookup.cities (name text primary key, country char(2) not null references lookup.countries);
      create table a (tenant_id uuid references tenants, id int, city text not null references lookup.cities, primary key (tenant_id, id));
      create table b (tenant_id uuid not null, id int primary key, a_id int not null, foreign key (tenant_id, a_id) references a);
      create table c (tenant_id uuid not null, b_id int not null references b, a_id int not null, primary key (b_id, a_id),
        foreign key (tenant_id, a_id) references a);`,
      row('c', 'b', 'a'),
    );
    expect(obstacles(generated)).toEqual([]);
    expect(await count(client, 'c')).toBe(9);
    expect(await count(client, 'c join b on b.id = b_id where c.tenant_id = b.tenant_id')).toBe(9);
  });

  test('a unique key over nothing but foreign keys gets as many rows as there is room for', async ({
    database: { client },
  }) => {
    const generated = await generate(
      client,
      `${tenantsSql}
      create table settings (tenant_id uuid primary key references tenants, theme text);
      create table users (id int primary key);
      create table profiles (user_id int primary key references users, tenant_id uuid not null);
      create table badges (tenant_id uuid not null, user_id int not null references users, unique (tenant_id, user_id));`,
      row('settings', 'profiles', 'badges'),
    );
    expect(obstacles(generated)).toEqual([]);
    expect(await count(client, 'settings')).toBe(3);
    expect(await count(client, 'profiles')).toBe(9);
    expect(await count(client, 'badges')).toBe(9);
  });

  test('one of several keys, as a check wants it', async ({ database: { client } }) => {
    const generated = await generate(
      client,
      `${tenantsSql}
      create table invoices (id int primary key, tenant_id uuid not null references tenants);
      create table bookings (id int primary key, tenant_id uuid not null references tenants);
      create table files (id int primary key, kind text not null check (kind in ('invoice', 'booking')),
        invoice_id int references invoices, booking_id int references bookings,
        check ((kind = 'invoice') = (invoice_id is not null)), check (num_nonnulls(invoice_id, booking_id) = 1));
      create table hints (id int primary key, invoice_id int references invoices);`,
      modelWith(
        'public.invoices: { tenancy: row, column: tenant_id }',
        'public.bookings: { tenancy: row, column: tenant_id }',
        'public.files: { tenancy: row, through: invoices }',
        'public.hints: { tenancy: row, through: invoices, nulls: shared }',
      ),
    );
    expect(obstacles(generated)).toEqual([]);
    expect(await count(client, 'files join invoices i on i.id = invoice_id')).toBe(9);
    expect([await count(client, 'hints where invoice_id is null'), await count(client, 'hints')]).toEqual([2, 11]);
  });

  test('rows that a trigger made are taken for ours', async ({ database: { client } }) => {
    const generated = await generate(
      client,
      `${tenantsSql}
      create table accounts (id int primary key, tenant_id uuid not null references tenants);
      create table profiles (account_id int primary key references accounts, tenant_id uuid not null);
      create function add_profile() returns trigger language plpgsql as
        $$ begin insert into public.profiles values (new.id, new.tenant_id); return new; end $$;
      create trigger add_profile after insert on accounts for each row execute function add_profile();`,
      row('accounts', 'profiles'),
    );
    expect(obstacles(generated)).toEqual([]);
    expect(await count(client, 'accounts')).toBe(9);
    expect(await count(client, 'profiles')).toBe(9);
  });
});

describe('cycles', () => {
  test('of keys that take NULL are closed at the end', async ({ database: { client } }) => {
    const generated = await generate(
      client,
      `${tenantsSql}
      create table teams (id int primary key, tenant_id uuid not null references tenants, lead_id int);
      create table people (id int primary key, tenant_id uuid not null references tenants, team_id int not null references teams,
        boss_id int references people);
      alter table teams add foreign key (lead_id) references people;`,
      row('people', 'teams'),
    );
    expect(obstacles(generated)).toEqual([]);
    expect(await count(client, 'people p join teams t on t.id = team_id and t.tenant_id = p.tenant_id')).toBe(9);
    expect(await count(client, 'teams t join people p on p.id = lead_id and p.tenant_id = t.tenant_id')).toBe(9);
    expect(
      await count(client, 'people p join people boss on boss.id = p.boss_id and boss.tenant_id = p.tenant_id'),
    ).toBe(6);
  });

  test('of deferrable keys are made in one transaction', async ({ database: { client } }) => {
    const generated = await generate(
      client,
      `${tenantsSql}
      create table teams (id int primary key, tenant_id uuid not null references tenants, lead_id int not null);
      create table people (id int primary key, tenant_id uuid not null references tenants,
        team_id int not null references teams deferrable);
      alter table teams add foreign key (lead_id) references people deferrable initially deferred;`,
      row('people', 'teams'),
    );
    expect(obstacles(generated)).toEqual([]);
    expect(await count(client, 'teams')).toBe(9);
    await client.query('set constraints all immediate');
  });

  test('of one row with itself need no deferring', async ({ database: { client } }) => {
    const generated = await generate(
      client,
      `${tenantsSql}
      create table folders (id int primary key, tenant_id uuid not null references tenants, parent_id int not null references folders)`,
      row('folders'),
    );
    expect(obstacles(generated)).toEqual([]);
    expect(await count(client, 'folders')).toBe(9);
  });

  test('that nobody could close are named', async ({ database: { client } }) => {
    const generated = await generate(
      client,
      `${tenantsSql}
      create table teams (id int primary key, tenant_id uuid not null references tenants, lead_id int not null);
      create table people (id int primary key, tenant_id uuid not null references tenants, team_id int not null references teams);
      alter table teams add constraint lead foreign key (lead_id) references people;`,
      row('people', 'teams'),
    );
    expect(obstacles(generated)).toEqual([
      expect.stringMatching(/^public\.people: No row .* needs a row of public\.teams/),
      expect.stringMatching(/^public\.teams: No row .* needs a row of public\.people/),
    ]);
  });
});

test('exclusion constraints keep ranges apart', async ({ database: { client } }) => {
  const generated = await generate(
    client,
    `${tenantsSql}
    create table bookings (tenant_id uuid not null references tenants, during tstzrange not null, exclude using gist (during with &&));
    create table blocks (tenant_id uuid not null references tenants, at int not null, exclude using btree (at with =) deferrable initially deferred);`,
    row('bookings', 'blocks'),
  );
  expect(obstacles(generated)).toEqual([]);
  expect(await count(client, 'bookings')).toBe(9);
  expect(await count(client, '(select distinct at from blocks) s')).toBe(9);
});

test('values that are there already are kept clear of', async ({ database: { client } }) => {
  const generated = await generate(
    client,
    `${tenantsSql}
    create table codes (id int primary key, tenant_id uuid references tenants, name text not null);
    create unique index on codes (lower(name)) where name <> '';
    insert into codes select 1000000 + n, null, 'ROWHOUSE-' || letter || '-' || n % 3 + 1 from generate_series(1, 5) n, unnest(array['a']) letter
      where n < 4;`,
    row('codes'),
  );
  expect(obstacles(generated)).toEqual([]);
  expect(await count(client, 'codes where tenant_id is not null')).toBe(9);
});

describe('partitions', () => {
  test('by range, list and hash each get rows of every tenant', async ({ database: { client } }) => {
    const generated = await generate(
      client,
      `${tenantsSql}
      create table events (tenant_id uuid not null references tenants, id int not null, at timestamptz not null, primary key (id, at)) partition by range (at);
      create table events_old partition of events for values from (minvalue) to ('2020-01-01');
      create table events_new partition of events for values from ('2020-01-01') to ('2021-01-01') partition by list (id);
      create table events_new_few partition of events_new for values in (17, 18, 19, 20, 21, 22, 23, 24, 25);
      create table events_new_rest partition of events_new default;
      create table items (tenant_id uuid not null references tenants, code text not null) partition by hash (code);
      create table items_0 partition of items for values with (modulus 2, remainder 0);
      create table items_1 partition of items for values with (modulus 2, remainder 1);
      create table notes (tenant_id uuid not null, event_id int not null, at timestamptz not null, foreign key (event_id, at) references events);`,
      row('events', 'items', 'notes'),
    );
    expect(obstacles(generated)).toEqual([]);
    for (const leaf of ['events_old', 'events_new_few', 'events_new_rest', 'items_0', 'items_1']) {
      expect(await count(client, `(select distinct tenant_id from ${leaf}) s`)).toBe(3);
    }
    expect(await count(client, 'notes')).toBe(9);
  });

  test('of tenants decide which tenants there are', async ({ database: { client } }) => {
    const [one, two, three] = [1, 2, 3].map((n) => `${n}0000000-0000-4000-8000-000000000000`);
    const generated = await generate(
      client,
      `${tenantsSql}
      create table t (tenant_id uuid not null references tenants, n int) partition by list (tenant_id);
      create table t_one partition of t for values in ('${one}') partition by range (n);
      create table t_one_all partition of t_one default;
      create table t_others partition of t for values in ('${two}', '${three}');`,
      row('t'),
    );
    expect(obstacles(generated)).toEqual([]);
    expect([await count(client, 't_one'), await count(client, 't_others')]).toEqual([3, 6]);
  });

  test('of other partitions have foreign keys of their own', async ({ database: { client } }) => {
    const generated = await generate(
      client,
      `${tenantsSql}
      create table owners (id int primary key);
      create table t (tenant_id uuid not null, n int not null, owner_id int not null) partition by range (n);
      create table t_1 partition of t for values from (0) to (1000000);
      alter table t_1 add foreign key (owner_id) references owners;`,
      row('t'),
    );
    expect(obstacles(generated)).toEqual([]);
    expect(await count(client, 't')).toBe(9);
  });

  test('children by inheritance get rows of their own', async ({ database: { client } }) => {
    const generated = await generate(
      client,
      `${tenantsSql}
      create table t (tenant_id uuid not null, n int not null check (n > 100));
      create table child (extra text not null) inherits (t);`,
      row('t'),
    );
    expect(obstacles(generated)).toEqual([]);
    expect([await count(client, 'only t'), await count(client, 'child')]).toEqual([9, 9]);
  });
});

test.skipIf(serverMajor < 15)('unique keys that take NULL for a value hold', async ({ database: { client } }) => {
  const generated = await generate(
    client,
    `${tenantsSql} create table t (tenant_id uuid not null, deleted_at timestamptz, unique nulls not distinct (deleted_at))`,
    row('t'),
  );
  expect(obstacles(generated)).toEqual([]);
  expect(await count(client, 't')).toBe(9);
});
