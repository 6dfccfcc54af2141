import { describe, expect } from 'vitest';
import { test } from '../support/test.ts';
import { count, generate, modelWith, obstacles, tenantsSql } from './support.ts';

const table = (columns: string): string => `${tenantsSql} ${tableSql('t', columns)}`;

const tableSql = (name: string, columns: string): string => `
  create table "${name}" (id int generated always as identity primary key, tenant_id uuid not null references tenants, ${columns});`;

const model = modelWith('public.t: { tenancy: row, column: tenant_id }');

/** Columns with their checks, by what is tried. */
const cases: Readonly<Record<string, string>> = {
  'a list': `status text not null check (status in ('on', 'off'))`,
  'a list of varchars': `status varchar(10) not null check (status in ('on', 'off'))`,
  'a range': `price numeric(6, 2) not null check (price between 700.5 and 800)`,
  'a narrow range': `share real not null check (share > 0.25 and share < 0.3)`,
  'negative numbers': `depth integer not null check (depth < -10)`,
  'a length': `code text not null unique check (length(code) = 12)`,
  'the length of a short text': `code char(2) not null unique`,
  'upper case': `code varchar(4) not null unique check (code = upper(code) and code ~ '[A-Z]')`,
  'a pattern': `code text not null unique check (code ~ '^[A-Z]{2,3}-(north|south)-\\d{4}$')`,
  'a pattern for domain names': `host text not null unique check (host ~ '^[a-z0-9]+(-[a-z0-9]+)*(\\.[a-z]{2,})+$')`,
  'a pattern without case': `code text not null check (code ~* '^abc[^0-9]+$')`,
  'a pattern and a length': `iban text not null unique check (iban ~ '^DE' and length(iban) between 15 and 34)`,
  LIKE: `path text not null unique check (path like '/files/%.p_f')`,
  'NOT LIKE': `path text not null check (path not like 'rowhouse%')`,
  'an e-mail address': `contact text not null check (position('@' in contact) > 1)`,
  'two dates in order': `starts_on date not null, stops_on date not null check (stops_on > starts_on)`,
  'an instant after a constant': `at timestamptz not null check (at >= '2031-05-01' and at < '2031-06-01')`,
  'a sum': `a int not null, b int not null, c int not null check (a + b = c and c > 0)`,
  'one of two': `a text, b text, check (num_nonnulls(a, b) = 1)`,
  'a multiple': `quantity int not null check (quantity % 12 = 0 and quantity > 0)`,
  'a condition on another column': `kind text not null check (kind in ('card', 'cash')), card_number text, check (kind <> 'card' or card_number ~ '^[0-9]{16}$'), check (kind <> 'cash')`,
  'a JSON object with keys': `settings jsonb not null check (settings ? 'theme' and settings ->> 'mode' in ('dark', 'light'))`,
  'a JSON array': `list jsonb not null check (jsonb_typeof(list) = 'array')`,
  'nested JSON': `settings jsonb not null check ((settings #>> '{ui,size}')::int between 3 and 5)`,
  'an array of words': `tags text[] not null check (tags <@ array['red', 'green'] and cardinality(tags) > 0)`,
  'the length of an array': `pair int[] not null check (array_length(pair, 1) = 2)`,
  bytes: `hash bytea not null unique check (octet_length(hash) = 32)`,
  'a range type': `during tstzrange not null check (not isempty(during) and lower(during) is not null)`,
  'a generated column': `net numeric not null, gross numeric generated always as (net * 2) stored check (gross > 500)`,
  'a check that raises errors': `code text not null check (code::int between 5 and 7)`,
  'a function of the application': `code text not null check (is_odd(length(code)))`,
  'a column that is named as a keyword': `"order" text not null check ("order" in ('first', 'last')), "we""ird. column" text not null check ("we""ird. column" <> '')`,
};

describe('checks are satisfied', () => {
  test('of every kind', async ({ database: { client } }) => {
    const names = Object.keys(cases);
    const odd = `create function is_odd(n int) returns bool language sql immutable as $$ select n % 2 = 1 $$;`;
    const tables = Object.entries(cases).map(([name, columns]) => tableSql(name, columns));
    const generated = await generate(
      client,
      [tenantsSql, odd, ...tables].join('\n'),
      modelWith(...names.map((name) => `'public."${name}"': { tenancy: row, column: tenant_id }`)),
    );
    expect(obstacles(generated)).toEqual([]);
    const rows = new Map(generated.relations.map(({ relation, rows: made }) => [relation.name, made]));
    expect(names.filter((name) => rows.get(name) !== 9)).toEqual([]);
    for (const name of names) expect(await count(client, `(select distinct tenant_id from "${name}") s`)).toBe(3);
  });

  test('what only the server can tell, as of a function over the whole row', async ({ database: { client } }) => {
    const sql = `${table(`kind text not null check (kind in ('x', 'y', 'z'))`)}
      create function is_last(one t) returns bool language sql immutable as $$ select one.kind = 'z' $$;
      alter table t add check (is_last(t.*));`;
    const generated = await generate(client, sql, model);
    expect(obstacles(generated)).toEqual([]);
    expect(await count(client, `t where kind = 'z'`)).toBe(9);
  });

  test('domains, in arrays and composite types too', async ({ database: { client } }) => {
    const sql = `
      create domain country as text not null check (value ~ '^[A-Z]{2}$');
      create domain eu_country as country check (value in ('DE', 'FR', 'IT'));
      create domain percent as numeric(5, 2) check (value >= 40) check (value <= 60);
      create type address as (street text, country country, share percent);
      ${table('country eu_country, share percent not null, seen country[] not null, home address not null')}`;
    const generated = await generate(client, sql, model);
    expect(obstacles(generated)).toEqual([]);
    expect(await count(client, `t where country in ('DE', 'FR', 'IT') and share between 40 and 60`)).toBe(9);
    expect(await count(client, `t where seen[1] ~ '^[A-Z]{2}$' and (home).country ~ '^[A-Z]{2}$'`)).toBe(9);
  });
});

describe('what cannot be satisfied is named', () => {
  test('a check that nothing satisfies', async ({ database: { client } }) => {
    const generated = await generate(
      client,
      table('n int not null constraint impossible check (n > 5 and n < 4)'),
      model,
    );
    expect(obstacles(generated)).toEqual([
      expect.stringMatching(/^public\.t: No row .* a, b, c: .*"impossible".*20 rows/),
    ]);
    expect(await count(client, 'tenants')).toBe(3);
    expect(await count(client, 't')).toBe(0);
  });

  test('and a template helps', async ({ database: { client } }) => {
    const sql =
      table(`code text not null unique check (md5(code) in (md5('k-1'), md5('k-2'), md5('k-3'), md5('k-4'), md5('k-5'),
      md5('k-6'), md5('k-7'), md5('k-8'), md5('k-9'))), list int[], settings jsonb, note text not null`);
    const generated = await generate(
      client,
      sql,
      modelWith(
        "public.t: { tenancy: row, column: tenant_id, example: { code: 'k-:row', list: [1, 2], settings: { a: [true] }, note: 7 } }",
      ),
    );
    expect(obstacles(generated)).toEqual([]);
    expect(await count(client, `t where list = '{1,2}' and settings = '{"a": [true]}' and note = '7'`)).toBe(9);
  });

  test('a trigger that raises', async ({ database: { client } }) => {
    const sql = `${table('n int')}
      create function refuse() returns trigger language plpgsql as $$ begin raise exception 'not on a Sunday'; end $$;
      create trigger refuse before insert on t for each row execute function refuse();`;
    const generated = await generate(client, sql, model);
    expect(obstacles(generated)).toEqual([expect.stringContaining('not on a Sunday (SQLSTATE P0001')]);
  });

  test('a trigger that swallows', async ({ database: { client } }) => {
    const sql = `${table('n int')}
      create function swallow() returns trigger language plpgsql as $$ begin return null; end $$;
      create trigger swallow before insert on t for each row execute function swallow();`;
    const generated = await generate(client, sql, model);
    expect(obstacles(generated)).toEqual([expect.stringContaining('kept the row from being stored')]);
  });
});
