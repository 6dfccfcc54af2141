import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { RowhouseError } from '../../src/domain/errors.ts';
import type { Model, RowTable } from '../../src/model/model.ts';
import { parseModel } from '../../src/model/parse.ts';

const head = `context: { setting: app.current_tenant, type: uuid }
tenants: { table: public.tenants, key: id, platform: 00000000-0000-0000-0000-000000000001 }
roles: { owner: app_owner, app: [app_user], bypass: [etl_user] }
`;
const table = (text: string): string =>
  `${head}tables:\n  public.parent: { tenancy: row, column: tenant_id }\n  public.t: ${text}\n`;
const readTable = (text: string): RowTable => parseModel(table(text), 'm.yaml').tables.at(-1) as RowTable;

/** The lines of the error's detail, each without the file's name. */
function problems(text: string): string[] {
  try {
    parseModel(text, 'm.yaml');
  } catch (error) {
    if (!(error instanceof RowhouseError)) throw error;
    expect([error.kind, error.code]).toEqual(['configuration', 'model-invalid']);
    return (error.detail ?? '').split('\n').map((line) => line.replace(/^m\.yaml:/, ''));
  }
  return [];
}

describe('what is wrong is said, with its place', () => {
  const cases: readonly [title: string, text: string, ...problems: string[]][] = [
    ['an empty file', '', '1:1 the file: is not a mapping of keys'],
    ['a list', '- 1', '1:1 the file: is not a mapping of keys'],
    [
      'broken YAML',
      'tables: [',
      '1:10 Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['a key twice', `${head}tables: {}\ncontext: 1\n`, '5:1 Map keys must be unique'],
    ['a part that is not there', head, '1:1 tables: is required: a mapping of keys'],
    ['a part without a value', `${head}tables:\n`, '4:1 tables: is not a mapping of keys'],
    ['an unknown part', `${head}tables: {}\ntable: {}\n`, '5:1 table: is not a key here (did you mean tables?)'],
    [
      'an unknown key that is like no other',
      table('{ tenancy: none, frobnicate: 1 }'),
      '6:30 tables[public.t].frobnicate: is not a key here (tenancy, example, reason)',
    ],
    [
      'an unknown tenancy',
      table('{ tenancy: rwo }'),
      '6:24 tables[public.t].tenancy: is not one of row, root, shared, none, schema (did you mean row?)',
    ],
    [
      'no tenancy',
      table('{ column: tenant_id }'),
      '6:3 tables[public.t].tenancy: is required: row, root, shared, none, schema',
    ],
    [
      'a key of another tenancy',
      table('{ tenancy: shared, column: a }'),
      '6:32 tables[public.t].column: is not a key here (tenancy, access, example, reason)',
    ],
    [
      'a query outside the project',
      `${head}tables: {}\nqueries: { ../a.sql: {} }\n`,
      '5:12 queries[../a.sql]: is not the path of an SQL file within the project: queries/name.sql',
    ],
    [
      'a function without its types',
      `${head}tables: {}\nfunctions: { public.f: { calls: [[]] } }\n`,
      '5:14 functions[public.f]: is not schema.name(types)',
    ],
    [
      'a parameter that is none',
      `${head}tables: {}\nqueries: { a.sql: { params: [{ tenant: mine }] } }\n`,
      '5:40 queries[a.sql].params[0].tenant: is not own or foreign',
    ],
    ['no owner', table('{ tenancy: row }'), '6:13 tables[public.t]: wants one of column, expression and through'],
    [
      'two owners',
      table('{ tenancy: row, column: a, expression: b }'),
      '6:13 tables[public.t]: wants one of column, expression and through',
    ],
    [
      'a number for a name',
      table('{ tenancy: row, column: 1 }'),
      '6:37 tables[public.t].column: is not text (quote it if it is a number)',
    ],
    [
      'a name that is none',
      table('{ tenancy: row, column: a b }'),
      `6:37 tables[public.t].column: is not a name (names are read as SQL reads them: one with capitals, spaces or dots is written '"so"')`,
    ],
    [
      'an unqualified table',
      `${head}tables:\n  tools: { tenancy: none }\n`,
      `5:3 tables.tools: is not schema.name (names are read as SQL reads them: one with capitals, spaces or dots is written 'schema."Name"')`,
    ],
    [
      'one table by two names',
      `${head}tables:\n  public.tools: { tenancy: none }\n  Public.Tools: { tenancy: none }\n`,
      '6:3 tables[Public.Tools]: is the same relation as tables.public.tools',
    ],
    [
      'a list of shares with two faults',
      table('{ tenancy: row, column: a, share: [{ rows: all }, { when: b, acess: read }] }'),
      '6:56 tables[public.t].share[0].rows: is not platform',
      '6:74 tables[public.t].share[1].acess: is not a key here (did you mean access?)',
    ],
    [
      'a share of nothing',
      table('{ tenancy: row, column: a, share: { access: read } }'),
      '6:47 tables[public.t].share: wants either rows or when',
    ],
    [
      'SQL that does not parse',
      table('{ tenancy: row, column: a, share: { when: "is_public)" } }'),
      '6:55 tables[public.t].share.when: is not an SQL expression: syntax error at or near ")" at its end',
    ],
    [
      'SQL with a parameter',
      table('{ tenancy: row, expression: a = $1 }'),
      '6:41 tables[public.t].expression: holds a parameter: only columns and constants have a value here',
    ],
    [
      'SQL with a table that the search path would have to find',
      table('{ tenancy: row, column: a, share: { when: exists (select from posts) } }'),
      '6:55 tables[public.t].share.when: reads posts without its schema: write schema.posts',
    ],
    [
      'SQL that depends on a setting',
      table(`{ tenancy: row, column: a, share: { when: "a::text = current_setting('x.y')" } }`),
      '6:55 tables[public.t].share.when: depends on a setting of the session: the model says what is true for every session',
    ],
    [
      'SQL that depends on who asks',
      table('{ tenancy: row, column: a, share: { when: a = current_user } }'),
      '6:55 tables[public.t].share.when: depends on the current user: the model says what is true for every session',
    ],
    [
      'a parent that is not in the model',
      table('{ tenancy: row, column: a, backfill: { parent: parnt } }'),
      '6:60 tables[public.t].backfill.parent: public.parnt is not a table of this model (did you mean public.parent?)',
    ],
    [
      'a table through itself',
      `${head}tables:\n  public.a: { tenancy: row, through: b }\n  public.b: { tenancy: row, through: a }\n`,
      '5:38 tables[public.a].through: leads back to the table itself',
      '6:38 tables[public.b].through: leads back to the table itself',
    ],
    [
      'a constant of the wrong type',
      table('{ tenancy: row, column: a, backfill: { constant: 7 } }'),
      '6:62 tables[public.t].backfill.constant: is not a uuid: 7',
    ],
    [
      'two backfills',
      table('{ tenancy: row, column: a, backfill: { constant: platform, json: b } }'),
      '6:50 tables[public.t].backfill: wants one of constant, json, parent and pair',
    ],
    [
      'a pair with an unknown table',
      table('{ tenancy: row, column: a, backfill: { pair: { type: b, id: c, tables: { P: parnt } } } }'),
      '6:89 tables[public.t].backfill.pair.tables.P: public.parnt is not a table of this model (did you mean public.parent?)',
    ],
    [
      'a backfill without a column',
      table('{ tenancy: row, through: parent, backfill: { constant: platform } }'),
      '6:56 tables[public.t].backfill: fills a column: this table has none',
    ],
    [
      'embedded SQL that does not parse',
      table('{ tenancy: row, column: a, embedded: { "b)[]": public.t.id } }'),
      '6:52 tables[public.t].embedded[b)[]]: is not an SQL expression: syntax error at or near ")" at its end',
    ],
    [
      'an embedded target that is no column',
      table('{ tenancy: row, column: a, embedded: { b: public.t } }'),
      `6:55 tables[public.t].embedded.b: is not schema.table.column (names are read as SQL reads them: one with capitals, spaces or dots is written '"so"')`,
    ],
    [
      'a user without a membership',
      table('{ tenancy: row, column: a, user: b }'),
      '6:46 tables[public.t].user: is for models with a membership: here the context is a tenant',
    ],
    [
      'a root that is not the table of tenants',
      table('{ tenancy: root }'),
      '6:24 tables[public.t].tenancy: is root, but tenants.table is public.tenants',
    ],
    [
      'schemas without a column that says them',
      table('{ tenancy: schema }'),
      "6:24 tables[public.t].tenancy: is schema, but tenants.schema does not say which column has a tenant's schema",
    ],
    [
      'a platform that is not said',
      table('{ tenancy: row, column: a, share: { rows: platform }, backfill: { constant: platform } }').replace(
        /, platform: 0[^ ]*/,
        '',
      ),
      '6:55 tables[public.t].share.rows: is platform, but tenants.platform does not say which tenant that is',
      '6:89 tables[public.t].backfill.constant: is platform, but tenants.platform does not say which tenant that is',
    ],
    [
      'a platform of the wrong type',
      `${head.replace(/0000[^ ]*/, '1')}tables: {}\n`,
      '2:54 tenants.platform: is not a uuid: 1',
    ],
    [
      'a type of the tenants that sessions cannot say',
      `${head.replace('key: id', 'key: id, type: text')}tables: {}\n`,
      '2:50 tenants.type: is text, but context.type is uuid: without a membership the context is a tenant',
    ],
    [
      'roles that are two things at once',
      `${head.replace('[app_user]', '[App_Owner, etl_user]')}tables: {}\n`,
      "3:34 roles.app[0]: app_owner is also the owner: the application's role must own nothing",
      "3:45 roles.app[1]: etl_user is also listed in bypass: the application's role must not see all rows",
    ],
    ['no role of the application', `${head.replace('[app_user]', '[]')}tables: {}\n`, '3:33 roles.app: is empty'],
    [
      'a setting without a prefix',
      `${head.replace('app.current_tenant', 'tenant')}tables: {}\n`,
      '1:21 context.setting: is not the name of a custom setting: PostgreSQL wants a prefix and a dot, such as app.current_tenant',
    ],
    [
      'claims beside nothing',
      `${head.replace('type: uuid', 'type: uuid, claims: { role: a }')}tables: {}\n`,
      '1:61 context.claims: claims stand beside a json key: there is none',
    ],
    [
      'an unknown type',
      `${head.replace('type: uuid', 'type: uid')}tables: {}\n`,
      '1:47 context.type: is not uuid or bigint or integer or text (did you mean uuid?)',
    ],
    [
      'a URL of another kind',
      `${head}database: { url: mysql://x }\ntables: {}\n`,
      '4:18 database.url: is not a connection URL: postgresql://user@host:port/database',
    ],
    [
      'a view of no table',
      `${head}tables: {}\nviews:\n  public.v: { of: public.nothing }\n`,
      '6:19 views[public.v].of: public.nothing is not a table of this model',
    ],
    [
      'a waiver without a reason',
      `${head}tables: {}\nwaivers:\n  - { rule: a, object: b, until: 2026-13-01 }\n`,
      '6:5 waivers[0].reason: is required: text (quote it if it is a number)',
      '6:34 waivers[0].until: is not a day: YYYY-MM-DD',
    ],
  ];
  for (const [title, text, ...expected] of cases) {
    test(title, () => {
      expect(problems(text)).toEqual(expected);
    });
  }

  test('all of it at once, in the order of the file', () => {
    const text = `${head.replace('type: uuid', 'type: uid')}tables:\n  public.a: { tenancy: rwo }\n  public.b: { tenancy: row, through: c }\nextra: 1\n`;
    expect(problems(text).map((line) => line.split(' ')[1])).toEqual([
      'context.type:',
      'tables[public.a].tenancy:',
      'tables[public.b].through:',
      'extra:',
    ]);
    expect(() => parseModel(text, 'm.yaml')).toThrow('The model m.yaml has 4 problems.');
  });
});

test('a waiver of a rule that there is not is told, where the rules are known', () => {
  const waived = (rule: string): string =>
    `${table('{ tenancy: none }')}waivers:\n  - { rule: ${rule}, object: public.t, reason: known }\n`;
  const refused = (): Model => parseModel(waived('tenant-nul'), 'm.yaml', ['tenant-null', 'tenant-unknown']);
  expect(refused).toThrow(
    expect.objectContaining({
      code: 'model-invalid',
      detail: 'm.yaml:8:13 waivers[0].rule: there is no rule tenant-nul (did you mean tenant-null?)',
    }),
  );
  expect(parseModel(waived('tenant-null'), 'm.yaml', ['tenant-null']).waivers).toHaveLength(1);
});

describe('what it reads', () => {
  test('names as the catalog stores them', () => {
    const text = head.replace('app_owner', `'"App Owner"'`).replace('key: id', 'key: ID');
    const model = parseModel(
      `${text}tables:\n  Public."Ta.b""le": { tenancy: row, column: Tenant_ID, user: '"uId"' }\nmembership: { table: public.m, user: u, tenant: t }\n`,
      'm.yaml',
    );
    expect(model.tables[0]).toMatchObject({
      table: { schema: 'public', name: 'Ta.b"le' },
      owner: { kind: 'column', column: 'tenant_id' },
      user: 'uId',
    });
    expect([model.roles.owner, model.tenants.key]).toEqual(['App Owner', 'id']);
  });

  test('ids as they are written', () => {
    const ids = ['9007199254740993', '007', '-1', '"7"'].map((id) => {
      const text = `context: { setting: a.b, type: bigint }\ntenants: { table: a.b, key: id, platform: ${id} }\nroles: { app: a }\ntables: {}\n`;
      return parseModel(text, 'm.yaml').tenants.platform;
    });
    expect(ids).toEqual(['9007199254740993', '007', '-1', '7']);
  });

  test('ids only within the range of their type', () => {
    const text = (type: string, id: string): string =>
      `context: { setting: a.b, type: ${type} }\ntenants: { table: a.b, key: id, platform: ${id} }\nroles: { app: a }\ntables: {}\n`;
    expect(problems(text('integer', '2147483648'))).toEqual(['2:43 tenants.platform: is not an integer: 2147483648']);
    expect(problems(text('integer', '2147483647'))).toEqual([]);
    expect(problems(text('bigint', '9223372036854775808'))).toHaveLength(1);
    expect(problems(text('bigint', '1.5'))).toHaveLength(1);
    expect(problems(text('text', 'Ω-1'))).toEqual([]);
  });

  test('one share or several, and who may write it', () => {
    expect(readTable('{ tenancy: row, column: a, share: { rows: platform } }').share).toEqual([
      { kind: 'platform', access: 'read' },
    ]);
    expect(
      readTable('{ tenancy: row, column: a, share: [{ rows: platform, access: write }, { when: b }] }').share,
    ).toEqual([
      { kind: 'platform', access: 'write' },
      { kind: 'when', when: 'b', access: 'read' },
    ]);
  });

  test('a backfill of each kind', () => {
    expect(readTable('{ tenancy: row, column: a, backfill: { constant: platform } }').backfill).toEqual({
      kind: 'constant',
      orphans: 'refuse',
      value: '00000000-0000-0000-0000-000000000001',
    });
    expect(readTable(`{ tenancy: row, column: a, backfill: { json: "m->>'t'" } }`).backfill).toEqual({
      kind: 'json',
      orphans: 'refuse',
      expression: "m->>'t'",
    });
    expect(
      readTable('{ tenancy: row, column: a, backfill: { parent: { table: public.parent, by: parent_id } } }').backfill,
    ).toEqual({
      kind: 'parent',
      orphans: 'refuse',
      paths: [{ table: { schema: 'public', name: 'parent' }, by: ['parent_id'], on: null }],
    });
    expect(
      readTable('{ tenancy: row, column: a, backfill: { parent: [parent, { table: t, by: b }] } }').backfill,
    ).toMatchObject({ paths: [{ table: { name: 'parent' } }, { table: { name: 't' }, by: ['b'] }] });
    expect(
      readTable(
        '{ tenancy: row, column: a, backfill: { pair: { type: k, id: "\\"iD\\"", tables: { Parent: parent } } } }',
      ).backfill,
    ).toEqual({
      kind: 'pair',
      orphans: 'refuse',
      pair: { type: 'k', id: 'iD', tables: new Map([['Parent', { schema: 'public', name: 'parent' }]]) },
    });
  });

  test('what becomes of rows that a backfill finds no tenant for', () => {
    const orphansOf = (text: string): unknown =>
      readTable(`{ tenancy: row, column: a, backfill: { json: b, orphans: ${text} } }`).backfill?.orphans;
    expect(orphansOf('quarantine')).toBe('quarantine');
    expect(orphansOf('{ tenant: platform }')).toEqual({ tenant: '00000000-0000-0000-0000-000000000001' });
  });

  test('embedded ids, one or an array', () => {
    expect(
      readTable(
        `{ tenancy: row, column: a, embedded: { "blocks[]": public.blocks.id, "meta->>'task'": public.tasks.id } }`,
      ).embedded,
    ).toEqual([
      { expression: 'blocks', each: true, target: { schema: 'public', name: 'blocks', column: 'id' } },
      { expression: "meta->>'task'", each: false, target: { schema: 'public', name: 'tasks', column: 'id' } },
    ]);
  });

  test('anchors, and places in what an alias repeats', () => {
    const text = `${head}tables:\n  public.a: &a { tenancy: row, column: tenant_id, nulls: shred }\n  public.b: *a\n`;
    expect(problems(text)).toEqual([
      '5:58 tables[public.a].nulls: is not foreign or shared (did you mean shared?)',
      '5:58 tables[public.b].nulls: is not foreign or shared (did you mean shared?)',
    ]);
  });

  test('defaults for what is left out', () => {
    const model: Model = parseModel(
      `context: { setting: a.b, type: text }\ntenants: { table: a.b, key: id }\nroles: { app: a }\ntables: {}\n`,
      'm.yaml',
    );
    expect(model).toEqual({
      path: 'm.yaml',
      database: { url: null },
      context: { setting: 'a.b', type: 'text', json: null, claims: {} },
      tenants: { table: { schema: 'a', name: 'b' }, key: 'id', type: 'text', platform: null, schema: null },
      membership: null,
      roles: { owner: null, app: ['a'], bypass: [] },
      tables: [],
      views: [],
      queries: [],
      functions: [],
      closedMatviews: [],
      unmanaged: [],
      waivers: [],
    });
  });

  test('queries and calls, with parameters that depend on the subject', () => {
    const model = parseModel(
      `${head}tables: {}
queries: { queries/a.sql: { params: [x, 7, true, null, { tenant: own }, { foreign: public.notes.id }] }, b.sql: {} }
functions: { 'public.f(int, text)': { calls: [[1, { shared: 'public."N".id' }], []] }, 'public.g()': { rights: caller } }
`,
      'm.yaml',
    );
    expect(model.queries).toEqual([
      {
        path: 'queries/a.sql',
        params: [
          { kind: 'literal', value: 'x' },
          { kind: 'literal', value: '7' },
          { kind: 'literal', value: 'true' },
          { kind: 'literal', value: null },
          { kind: 'tenant', whose: 'own' },
          { kind: 'column', whose: 'foreign', of: { schema: 'public', name: 'notes', column: 'id' } },
        ],
      },
      { path: 'b.sql', params: [] },
    ]);
    expect(model.functions).toEqual([
      {
        signature: 'public.f(int, text)',
        calls: [
          [
            { kind: 'literal', value: '1' },
            { kind: 'column', whose: 'shared', of: { schema: 'public', name: 'N', column: 'id' } },
          ],
          [],
        ],
        rights: null,
      },
      { signature: 'public.g()', calls: [], rights: 'caller' },
    ]);
  });

  test("schemas that are another system's", () => {
    const text = (schema: string): string =>
      `${head}tables: { app.t: { tenancy: none } }\nunmanaged: { ${schema}: its own }\n`;
    expect(parseModel(text('storage'), 'm.yaml').unmanaged).toEqual([{ schema: 'storage', reason: 'its own' }]);
    expect(problems(text('app'))).toEqual(["5:14 unmanaged.app: is another system's, but the model names app.t in it"]);
    expect(problems(text('a.b'))).toEqual(['5:14 unmanaged[a.b]: is not the name of a schema']);
  });

  const folder = new URL('../fixtures/models/', import.meta.url);
  for (const name of readdirSync(folder)) {
    test(`the fixture ${name}`, () => {
      expect(problems(readFileSync(new URL(name, folder), 'utf8'))).toEqual([]);
    });
  }
});
