import { describe, expect } from 'vitest';
import { diffLogicalSnapshots, readLogicalSnapshot } from '../../src/catalog/logical-snapshot.ts';
import { history, status } from '../../src/app/status.ts';
import { failureOf, test, type Rowhouse } from './support.ts';

/** The history as `direction name outcome`. */
async function historyOf(rowhouse: Rowhouse): Promise<string[]> {
  const rows = await history(await rowhouse.request(), null);
  return rows.map(({ direction, name, outcome }) => `${direction} ${name} ${outcome}`);
}

test('up, down and up again comes back to the same database each time', async ({ database, project, rowhouse }) => {
  await database.client.query(`
    create table "Größe" (id int primary key, "a;b" text);
    insert into "Größe" values (1, 'one'), (2, 'two')`);
  await project.migration(
    '0001_add',
    'alter table "Größe" add tenant_id uuid, add constraint positive check (id > 0) not valid;',
    'alter table "Größe" drop tenant_id, drop constraint positive;',
  );
  await project.migration(
    '0002_policy',
    `alter table "Größe" enable row level security;
     create policy p on "Größe" using ("a;b" <> ';');`,
    'drop policy p on "Größe"; alter table "Größe" disable row level security;',
  );
  const snapshot = () => readLogicalSnapshot(database.client, { rows: true });

  const start = await snapshot();
  expect(await rowhouse.migrate()).toEqual(['0001_add', '0002_policy']);
  const converted = await snapshot();
  expect(diffLogicalSnapshots(start, converted)).not.toEqual([]);
  await rowhouse.rollback();
  expect(diffLogicalSnapshots(start, await snapshot())).toEqual([]);
  await rowhouse.migrate();
  expect(diffLogicalSnapshots(converted, await snapshot())).toEqual([]);
  expect(await rowhouse.migrate()).toEqual([]);
});

describe('a file that fails', () => {
  test('leaves nothing of itself, keeps the files before it, and says where', async ({
    database,
    project,
    rowhouse,
  }) => {
    await project.migration('0001_before', 'create table kept (id int primary key);');
    await project.migration(
      '0002_fails',
      [
        '-- why',
        'create table gone ();',
        'insert into kept values (1);',
        "insert into kept select 'é'::text::int;",
      ].join('\r\n'),
    );
    await project.migration('0003_after', 'create table never ();');

    const error = await failureOf(rowhouse.migrate());

    expect(error).toMatchObject({ kind: 'database', code: 'statement-failed' });
    expect(error.message).toBe(
      'migrations/0002_fails.sql:4: invalid input syntax for type integer: "é" (SQLSTATE 22P02)',
    );
    const { rows } = await database.client.query(
      "select to_regclass('kept') is not null as kept, to_regclass('gone') as gone, to_regclass('never') as never, (select count(*)::int from kept) as rows",
    );
    expect(rows).toEqual([{ kept: true, gone: null, never: null, rows: 0 }]);
    expect(await historyOf(rowhouse)).toEqual(['up 0001_before done', 'up 0002_fails failed']);
    await project.migration('0002_fails', 'create table gone ();');
    expect(await rowhouse.migrate()).toEqual(['0002_fails', '0003_after']);
  });

  test('shows the place with a caret, and what the server adds', async ({ database, project, rowhouse }) => {
    await database.client.query('create table t (id int primary key, "straße" int); insert into t values (1)');
    await project.migration('0001_caret', "select 'ü', 1;\nselect 'ß', strasse from t;");
    const caret = await failureOf(rowhouse.migrate());
    expect(caret.detail).toBe("2 | select 'ß', strasse from t;\n  |             ^");

    await project.migration('0001_caret', 'insert into t values (1);');
    const taken = await failureOf(rowhouse.migrate());
    expect(taken.detail).toBe('1 | insert into t values (1);\n  | ^\nDETAIL: Key (id)=(1) already exists.');
  });

  test('by a deferred constraint at its COMMIT leaves nothing either', async ({ database, project, rowhouse }) => {
    await database.client.query(
      'create table p (id int primary key); create table c (p int references p deferrable initially deferred)',
    );
    await project.migration('0001_late', 'insert into c values (7);');

    const error = await failureOf(rowhouse.migrate());

    expect(error.message).toContain('migrations/0001_late.sql: ');
    expect(error.message).toContain('SQLSTATE 23503');
    expect(error.detail).toContain('Key (p)=(7) is not present');
    expect((await database.client.query('select from c')).rowCount).toBe(0);
    expect((await status(await rowhouse.request())).pending).toBe(1);
  });

  test('by rows that break a constraint to come stays pending until they are mended', async ({
    database,
    project,
    rowhouse,
  }) => {
    await database.client.query('create table t (tenant_id int); insert into t values (1), (null)');
    await project.migration('0001_not_null', 'alter table t alter tenant_id set not null;');

    expect((await failureOf(rowhouse.migrate())).message).toContain('contains null values');
    await database.client.query('update t set tenant_id = 0 where tenant_id is null');
    expect(await rowhouse.migrate()).toEqual(['0001_not_null']);
  });

  test('on its way back can be mended, and run again', async ({ database, project, rowhouse }) => {
    await project.migration('0001_a', 'create table a ();', 'drop table a;');
    await project.migration('0002_b', 'create table b ();', 'drop table b; drop table missing;');
    await rowhouse.migrate();

    const error = await failureOf(rowhouse.rollback());

    expect(error.message).toContain('rollbacks/0002_b.sql:1: table "missing" does not exist');
    expect((await database.client.query("select to_regclass('b') as b")).rows).toEqual([{ b: 'b' }]);
    await project.write({ 'rollbacks/0002_b.sql': 'drop table b;' });
    const { migrations } = await rowhouse.rollback();
    expect(migrations.map(({ id }) => id)).toEqual(['0002_b', '0001_a']);
    expect((await historyOf(rowhouse)).slice(2)).toEqual([
      'down 0002_b failed',
      'down 0002_b done',
      'down 0001_a done',
    ]);
  });
});

test('nothing runs where one of the pending files cannot', async ({ database, project, rowhouse }) => {
  await project.migration('0001_fine', 'create table fine ();');
  await project.migration('0002_broken', 'create tabel broken ();');
  await project.migration('0003_commit', 'select 1; commit;');

  const error = await failureOf(rowhouse.migrate());

  expect(error.message).toContain('2 problems');
  expect((await database.client.query("select to_regclass('fine') as fine")).rows).toEqual([{ fine: null }]);
});

test('nothing is undone where one of the files has no way back', async ({ database, project, rowhouse }) => {
  await project.write({ 'migrations/0001_a.sql': '-- rowhouse: irreversible It drops data.\ncreate table a ();' });
  await project.migration('0002_b', 'create table b ();', 'drop table b;');
  await rowhouse.migrate();

  const error = await failureOf(rowhouse.rollback());

  expect(error).toMatchObject({ kind: 'usage', code: 'irreversible' });
  expect(error.message).toContain('It drops data.');
  expect((await database.client.query("select to_regclass('b') as b")).rows).toEqual([{ b: 'b' }]);
});

test('a file of nothing but comments counts as applied', async ({ project, rowhouse }) => {
  await project.migration('0001_words', '-- Nothing here yet.\n');

  expect(await rowhouse.migrate()).toEqual(['0001_words']);
  expect(await historyOf(rowhouse)).toEqual(['up 0001_words done']);
});

test('a file may have thousands of statements', async ({ database, project, rowhouse }) => {
  const inserts = Array.from({ length: 3000 }, (_, index) => `insert into t values (${index}, 'é;');`);
  await project.migration('0001_long', `create table t (n int, s text);\n${inserts.join('\n')}`);

  await rowhouse.migrate();

  expect((await database.client.query('select count(*)::int, max(n) from t')).rows).toEqual([
    { count: 3000, max: 2999 },
  ]);
});

test('a name may be as long as a file system allows', async ({ project, rowhouse }) => {
  const name = `0001_${'x'.repeat(255 - '0001_.sql'.length)}`;
  await project.migration(name, 'create table t ();', 'drop table t;');

  expect(await rowhouse.migrate()).toEqual([name]);
  expect((await rowhouse.rollback()).migrations).toHaveLength(1);
  expect(await rowhouse.migrate()).toEqual([name]);
});

test.for([
  ['update rowhouse.history set error = null'],
  ['delete from rowhouse.history'],
  ['truncate rowhouse.history'],
] as const)('the history refuses: %s', async ([sql], { database, project, rowhouse }) => {
  await project.migration('0001_a', 'create table a ();');
  await rowhouse.migrate();

  await expect(database.client.query(sql)).rejects.toThrow('rowhouse.history is append-only');
});

test.for([
  ['a superuser', 'superuser'],
  ['BYPASSRLS', 'bypassrls'],
] as const)(
  'an app role that is %s is refused before anything runs',
  async ([what, attribute], { database, project, rowhouse }) => {
    const role = database.uniqueRole('app');
    await database.client.query(`create role ${role} ${attribute}`);
    await project.write({
      'rowhouse.yaml': `
context: { setting: app.current_tenant, type: uuid }
tenants: { table: public.tenants, key: id }
roles: { app: [${role}] }
tables:
  public.tenants: { tenancy: root }
`,
    });
    await project.migration('0001_a', 'create table a ();');

    const error = await failureOf(rowhouse.migrate());

    expect(error).toMatchObject({ kind: 'configuration', code: 'app-role-bypasses-rls' });
    expect(error.message).toContain(`${role} is ${what}`);
    expect((await database.client.query("select to_regclass('a') as a")).rows).toEqual([{ a: null }]);
  },
);
