import { describe, expect } from 'vitest';
import { test } from '../support/test.ts';
import { decide, decideBelowTenants, toldAll } from './support.ts';

describe('what nothing leads from, and tenants’ rows point at', () => {
  test('bytes and JSON that nobody could choose from a list are asked about, and what is kept in them', async ({
    database: { client },
  }) => {
    const decisions = await decideBelowTenants(
      client,
      `
      create table pictures (id uuid primary key, bytes bytea not null);
      create table thumbnails (id uuid primary key, picture_id uuid not null references pictures, width int);
      create table sessions (id text primary key, state jsonb not null);
      create table claims (id text primary key, name text not null, flags jsonb not null);
      create table layouts (id uuid primary key, hash text not null unique, body xml);
      create table sites (
        id int primary key, tenant_id int not null references tenants, picture_id uuid references pictures, session_id text references sessions,
        claim_id text references claims, layout_id uuid references layouts
      );`,
    );

    expect(toldAll(decisions)).toMatchObject({
      pictures: '? row',
      thumbnails: '? row picture_id > pictures',
      sessions: '? row',
      claims: 'shared',
      layouts: 'shared',
    });
    expect(decisions.get('pictures')?.reason).toContain('nothing in it is a name to choose it by');
  });

  test('what is called as many tables of tenants are is asked about', async ({ database: { client } }) => {
    const kinds = ['essays', 'scribblings', 'uploads', 'votes'];
    const decisions = await decideBelowTenants(
      client,
      `${kinds.map((kind) => `create table course_quiz_answer_${kind} (id int primary key, tenant_id int not null references tenants);`).join('\n')}
      create table course_quiz_answer_recordings (id int primary key, seconds int);
      create table course_quiz_versions (id int primary key, seconds int);`,
    );

    expect(toldAll(decisions)).toMatchObject({ course_quiz_answer_recordings: '? row', course_quiz_versions: 'none' });
    expect(decisions.get('course_quiz_answer_recordings')?.reason).toContain('called as 4 tables of tenants');
  });

  test('what many name and has no name is asked about, and what has parts of its own is a list', async ({
    database: { client },
  }) => {
    const decisions = await decideBelowTenants(
      client,
      `
      create table epochs (id int primary key, state int not null, began_at timestamptz);
      create table addresses (id int primary key, street text);
      create table connectors (id int primary key, title text);
      create table connector_versions (id int primary key, connector_id int not null references connectors, version text);
      ${['sites', 'shops']
        .map(
          (name) => `create table ${name} (
            id int primary key, tenant_id int not null references tenants, epoch_id int not null references epochs,
            address_id int not null references addresses, connector_id int not null references connectors
          );`,
        )
        .join('\n')}`,
    );

    expect(toldAll(decisions)).toMatchObject({
      epochs: '? row',
      addresses: '? row',
      connectors: 'shared',
      connector_versions: 'shared',
    });
  });

  test('names that many kinds of rows choose from are a list, and words without a name are not', async ({
    database: { client },
  }) => {
    const sources = Array.from(
      { length: 9 },
      (_, at) => `create table t${at} (
        id int primary key, tenant_id int not null references tenants, language_id int not null references languages,
        place_id int not null references places
      );`,
    );
    const decisions = await decideBelowTenants(
      client,
      [
        'create table languages (id int primary key, name text); create table places (id int primary key, street text);',
        ...sources,
      ].join('\n'),
    );

    expect(toldAll(decisions)).toMatchObject({ languages: 'shared', places: '? row' });
  });

  test('what may name a thing of a person, and tenants’ rows name, is asked about', async ({
    database: { client },
  }) => {
    const decisions = await decideBelowTenants(
      client,
      `
      create table users (id int primary key, email text unique, password text);
      create table bank_accounts (id int primary key, user_id int not null references users);
      create table payments (id int primary key, bank_account_id int references bank_accounts);
      create table debits (id int primary key, bank_account_id int references bank_accounts);
      create table dividends (id int primary key, tenant_id int not null references tenants);
      create table dividend_payments (dividend_id int not null references dividends, payment_id int not null references payments);`,
    );

    expect(toldAll(decisions)).toMatchObject({
      payments: '? user bank_account_id > bank_accounts',
      debits: 'user bank_account_id > bank_accounts',
    });
  });

  test('what belongs to nothing but a doubt is in doubt with its parts', async ({ database: { client } }) => {
    const decisions = await decide(
      client,
      `
      create table accounts (id bigint primary key);
      create table notes (id bigint primary key, account_id bigint not null references accounts);
      create table blobs (id bigint primary key, key text not null unique, filename text);
      create table attachments (id bigint primary key, record_type text not null, record_id bigint not null, blob_id bigint not null references blobs);
      create table variants (id bigint primary key, blob_id bigint not null references blobs, digest text, unique (blob_id, digest));`,
      'public.accounts',
    );

    expect(toldAll(decisions)).toMatchObject({ blobs: '? row', variants: '? row blob_id > blobs' });
  });
});

test('a pair points at no table that has a key of its own, nor at fewer than two for each pair', async ({
  database: { client },
}) => {
  const entries = (pairs: readonly string[]) => `
    create table entries (
      id bigint primary key, tenant_id int not null references tenants, ${pairs.map((name) => `${name}_type text, ${name}_id bigint`).join(', ')}
    );`;
  const parts = ['trades', 'loans'].map(
    (name) => `create table ${name} (id bigint primary key, rate numeric, until date);`,
  );
  const codes = 'create table invite_codes (id bigint primary key, token text not null unique, until date);';

  const decisions = await decideBelowTenants(client, [entries(['entryable']), ...parts, codes].join('\n'));
  expect(toldAll(decisions)).toMatchObject({ trades: '? row', loans: '? row', invite_codes: 'none' });

  const more = await decide(
    client,
    'alter table entries add target_type text, add target_id bigint;',
    'public.tenants',
  );
  expect(toldAll(more)).toMatchObject({ trades: 'none', loans: 'none' });
});
