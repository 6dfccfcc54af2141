import { describe, expect } from 'vitest';
import { parseModel } from '../../src/model/parse.ts';
import { test } from '../support/test.ts';
import { compile, judge, relationOf } from './verdicts.ts';

const P = '00000000-0000-0000-0000-000000000001';
const A = 'aaaaaaaa-0000-0000-0000-000000000001';

/** A tenant's row, another's, the platform's and nobody's; each closed and open. */
const rows = `
  create table public.tenants (id uuid primary key);
  create table public.t (label text, tenant_id uuid, is_open boolean);
  insert into public.tenants values ('${P}'), ('${A}');
  insert into public.t values
    ('a', '${A}', false), ('a+', '${A}', true),
    ('b', 'bbbbbbbb-0000-0000-0000-000000000001', false), ('b+', 'bbbbbbbb-0000-0000-0000-000000000001', true),
    ('p', '${P}', null), ('p+', '${P}', true),
    ('n', null, null), ('n+', null, true);
`;

const cases: readonly [rest: string, ofA: readonly [string, string], ofP: readonly [string, string], shared: string][] =
  [
    ['', ['b b+ n n+ p p+', 'b b+ n n+ p p+'], ['a a+ b b+ n n+', 'a a+ b b+ n n+'], ''],
    ['nulls: shared', ['b b+ p p+', 'b b+ n n+ p p+'], ['a a+ b b+', 'a a+ b b+ n n+'], 'n n+'],
    ['share: { rows: platform }', ['b b+ n n+', 'b b+ n n+ p p+'], ['a a+ b b+ n n+', 'a a+ b b+ n n+'], 'p p+'],
    [
      'share: { rows: platform, access: write }',
      ['b b+ n n+', 'b b+ n n+'],
      ['a a+ b b+ n n+', 'a a+ b b+ n n+'],
      'p p+',
    ],
    ['share: { when: is_open }', ['b n p', 'b b+ n n+ p p+'], ['a b n', 'a a+ b b+ n n+'], 'a+ b+ n+ p+'],
    ['share: { when: is_open, access: write }', ['b n p', 'b n p'], ['a b n', 'a b n'], 'a+ b+ n+ p+'],
    [
      'share: [{ rows: platform }, { when: is_open, access: write }]',
      ['b n', 'b n p'],
      ['a b n', 'a b n'],
      'a+ b+ n+ p p+',
    ],
    [
      'nulls: shared, share: { rows: platform }',
      ['b b+', 'b b+ n n+ p p+'],
      ['a a+ b b+', 'a a+ b b+ n n+'],
      'n n+ p p+',
    ],
    ['nulls: shared, share: { when: is_open, access: write }', ['b p', 'b n p'], ['a b', 'a b n'], 'a+ b+ n n+ p+'],
  ];

const head = `
context: { setting: app.current_tenant, type: uuid }
tenants: { table: public.tenants, key: id, platform: ${P} }
roles: { app: app_user }
tables:
`;

describe('whose a row is', () => {
  test.for([
    [
      'a parent that no foreign key leads to',
      'public.items: { tenancy: row, through: { table: boxes, on: { box: id } } }',
      '1',
    ],
    [
      'children that no foreign key leads from',
      'public.people: { tenancy: row, through: { table: boxes, on: { id: person } } }',
      '8',
    ],
  ] as const)('%s', async ([, table, foreign], { database: { client } }) => {
    await client.query(`
      create table public.tenants (id uuid primary key);
      create table public.boxes (id int primary key, person int, tenant_id uuid);
      create table public.items (label text, box int);
      create table public.people (label text, id int);
      insert into public.tenants values ('${P}'), ('${A}');
      insert into public.boxes values (1, 7, '${A}'), (2, 8, '${P}');
      insert into public.items values ('0', 1), ('1', 2);
      insert into public.people values ('7', 7), ('8', 8);
    `);
    const model = parseModel(`${head}  public.boxes: { tenancy: row, column: tenant_id }\n  ${table}\n`, 'm.yaml');
    const name = table.slice(0, table.indexOf(':'));

    expect(await judge(client, relationOf(await compile(client, model), name), A)).toMatchObject({ foreign });
  });

  for (const [rest, ofA, ofP, shared] of cases) {
    for (const owner of ['column: tenant_id', 'expression: tenant_id', 'expression: "tenant_id::text -- as text"']) {
      test(`tenancy: row, ${owner}, ${rest}`, async ({ database: { client } }) => {
        await client.query(rows);
        const model = parseModel(`${head}  public.t: { tenancy: row, ${owner}${rest && `, ${rest}`} }`, 'm.yaml');
        const relation = relationOf(await compile(client, model), 'public.t');
        expect(await judge(client, relation, A)).toEqual({ foreign: ofA[0], unwritable: ofA[1], shared });
        expect(await judge(client, relation, P)).toEqual({ foreign: ofP[0], unwritable: ofP[1], shared });
      });
    }
  }

  const all = 'a a+ b b+ n n+ p p+';
  const others: readonly [table: string, foreign: string, unwritable: string, shared: string][] = [
    ['{ tenancy: shared }', '', all, all],
    ['{ tenancy: shared, access: write }', '', '', all],
    ['{ tenancy: none }', all, all, ''],
  ];
  for (const [table, foreign, unwritable, shared] of others) {
    test(table, async ({ database: { client } }) => {
      await client.query(rows);
      const relation = relationOf(
        await compile(client, parseModel(`${head}  public.t: ${table}`, 'm.yaml')),
        'public.t',
      );
      expect(await judge(client, relation, A)).toEqual({ foreign, unwritable, shared });
    });
  }
});

describe('types of keys', () => {
  test('texts are compared byte for byte, whatever their collation', async ({ database: { client } }) => {
    await client.query(`
      create collation public.loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
      create table public.tenants (id text primary key);
      create table public.t (label text, tenant varchar(20) collate public.loose);
      insert into public.t values ('same', 'Ä'), ('lower', 'ä'), ('plain', 'A'), ('space', 'Ä ');
    `);
    const model = parseModel(
      'context: { setting: a.b, type: text }\ntenants: { table: public.tenants, key: id }\nroles: { app: a }\ntables: { public.t: { tenancy: row, column: tenant } }',
      'm.yaml',
    );
    const relation = relationOf(await compile(client, model), 'public.t');
    expect((await judge(client, relation, 'Ä')).foreign).toBe('lower plain space');
  });

  test('a domain over the type of the key', async ({ database: { client } }) => {
    await client.query(`
      create domain public.tenant_id as bigint check (value > 0);
      create table public.tenants (id public.tenant_id primary key);
      create table public.t (label text, tenant public.tenant_id, small smallint);
      insert into public.t values ('mine', 12, 12), ('other', 120, 120);
    `);
    for (const column of ['tenant', 'small']) {
      const model = parseModel(
        `context: { setting: a.b, type: bigint }\ntenants: { table: public.tenants, key: id }\nroles: { app: a }\ntables: { public.t: { tenancy: row, column: ${column} } }`,
        'm.yaml',
      );
      expect((await judge(client, relationOf(await compile(client, model), 'public.t'), '12')).foreign).toBe('other');
    }
  });
});

describe('names in the SQL of the model', () => {
  test('mean the row first, and in a subquery its own tables before that', async ({ database: { client } }) => {
    await client.query(`
      create table public.tenants (id uuid primary key);
      create table public.posts (id int primary key, is_open boolean, t text);
      create table public.t (label text, tenant_id uuid, post_id int, is_open boolean, id int, t text, m text);
      insert into public.posts values (1, true, 'x'), (2, false, 'y');
      insert into public.t values ('one', null, 1, false, 2, 'x', 'm'), ('two', null, 2, true, 1, 'x', 'n');
    `);
    const shared = async (when: string): Promise<string> => {
      const model = parseModel(
        `${head}  public.t: { tenancy: row, column: tenant_id, share: { when: ${JSON.stringify(when)} } }`,
        'm.yaml',
      );
      return (await judge(client, relationOf(await compile(client, model), 'public.t'), A)).shared;
    };
    // `is_open` is the post's, `post_id` the row's, `id` the post's.
    expect(await shared('exists (select from public.posts p where id = post_id and is_open)')).toBe('one');
    expect(
      await shared('exists (select from public.posts p where p.id = t.id and not t.is_open and not p.is_open)'),
    ).toBe('one');
    // A column that is named like the alias is not taken for it.
    expect(await shared(`t.t = 'x' and m = 'n'`)).toBe('two');
    expect(await shared('is_open -- trailing words')).toBe('two');
    expect(await shared('id in (with posts as (select 2 as n) select n from posts)')).toBe('one');
    expect(await shared('is_open or tenant_id is not null')).toBe('two');
  });
});

test('partitions and inheritance children are judged as their parents, unless the model names them', async ({
  database: { client },
}) => {
  await client.query(`
    create table public.tenants (id uuid primary key);
    create table public.parted (label text, tenant_id uuid, at int not null) partition by range (at);
    create table public.low partition of public.parted for values from (0) to (10) partition by range (at);
    create table public.lowest partition of public.low for values from (0) to (5);
    create table public.parent (label text, tenant_id uuid);
    create table public.child (extra int) inherits (public.parent);
    create table public.secret () inherits (public.parent);
    insert into public.parted values ('mine', '${A}', 1), ('other', '${P}', 2);
    insert into public.child values ('mine', '${A}', 1), ('other', '${P}', 2);
  `);
  const model = parseModel(
    `${head}  public.parted: { tenancy: row, column: tenant_id, reason: events }\n  public.parent: { tenancy: row, column: tenant_id }\n  public.secret: { tenancy: none }`,
    'm.yaml',
  );
  const intent = await compile(client, model);
  for (const name of ['public.parted', 'public.low', 'public.lowest', 'public.parent', 'public.child']) {
    expect([name, (await judge(client, relationOf(intent, name), A)).foreign]).toEqual([name, 'other']);
  }
  expect(relationOf(intent, 'public.lowest')).toMatchObject({
    tenancy: 'row',
    tenantColumn: 'tenant_id',
    reason: 'events',
    kind: 'table',
  });
  expect(relationOf(intent, 'public.secret').tenancy).toBe('none');
  expect(intent.relations).toHaveLength(6);
});
