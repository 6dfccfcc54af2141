import { expect } from 'vitest';
import { checks } from '../../src/preflight/index.ts';
import { failureOf, eventsOf, test } from '../migrate/support.ts';
import type { TestDatabase } from '../support/database.ts';
import { examined, resultOf, trouble } from './support.ts';

const filled = `
  create table public.t (id integer primary key, a integer, b integer) with (autovacuum_enabled = false);
  insert into public.t select g from generate_series(1, 300) g`;

/** A role that may log in, and make schemas. */
async function newRole(database: TestDatabase): Promise<{ role: string; url: string }> {
  const role = database.uniqueRole('runner');
  await database.client.query(`
    create role ${role} login password 'secret'; grant create on database ${database.name} to ${role}`);
  return { role, url: database.urlFor({ user: role, password: 'secret' }) };
}

test('a database that is ready is called so, and nothing is written', async ({ database, project }) => {
  await database.client.query(filled.replace(' with (autovacuum_enabled = false)', ''));
  await project.migration('0001_expand', 'alter table public.t add c integer;');
  await project.migration('0002_fill', '-- rowhouse: backfill\nupdate public.t set a = 1 where a is null;');
  await project.migration('0003_own', '-- rowhouse: backfill\nupdate public.t set c = 1 where c is null;');

  const found = await examined(project, database.url);

  expect(trouble(found)).toEqual([]);
  expect(found).toMatchObject({ outcome: 'ok', refusedAs: null, database: database.name });
  expect(found.pending).toEqual(['migrations/0001_expand.sql', 'migrations/0002_fill.sql', 'migrations/0003_own.sql']);
  expect(found.checks.map(({ id }) => id)).toEqual(checks.map(({ id }) => id));
  expect(resultOf(found, 'duration').details).toEqual([
    'public.t: 300 rows, about 15 ms (0002_fill)',
    'public.t: 300 rows, about 15 ms (0003_own)',
  ]);

  const measured = resultOf(await examined(project, database.url, { measure: true }), 'duration').details;
  expect(measured?.toSorted((one, other) => one.length - other.length)).toEqual([
    // Its column is still to come.
    'public.t: 300 rows, about 15 ms (0003_own)',
    expect.stringMatching(/^public\.t: 300 rows, about .+, at [\d,]+ rows\/s as measured \(0002_fill\)$/),
  ]);
  const { rows } = await database.client.query(
    "select count(a)::int as filled, to_regnamespace('rowhouse') as ours from public.t",
  );
  expect(rows).toEqual([{ filled: 0, ours: null }]);
});

test('a role without the privileges that files need is refused, and told which', async ({
  database,
  project,
  rowhouse,
}) => {
  const { role, url } = await newRole(database);
  const [owner, other] = [database.uniqueRole('owner'), database.uniqueRole('other')];
  await database.client.query(`
    create role ${owner}; create role ${other}; ${filled};
    create schema app; create table mine (); create schema theirs;
    alter table t owner to ${owner}; alter table mine owner to ${role}; grant usage on schema theirs to ${role}`);
  await project.migration('0001_alter', 'alter table mine add a int;\nalter table public.t add c integer;');
  await project.migration('0002_fill', '-- rowhouse: backfill\nupdate public.t set a = 1 where a is null;');
  await project.migration(
    '0003_make',
    `create schema fresh; create table fresh.x (); alter table fresh.x add a int; create table theirs.y ();
     alter table mine owner to ${other}; create role ${database.uniqueRole('made')};`,
  );
  // From here on the files change who may do what.
  await project.migration('0004_later', `set role ${owner}; alter table public.t add d integer;`);
  const request = { connection: { url, source: '--database-url' } } as const;

  const refused = resultOf(await examined(project, url), 'privileges');

  expect(refused.outcome).toBe('refused');
  expect(refused.details).toEqual([
    `migrations/0001_alter.sql:2 changes public.t, which belongs to ${owner}`,
    'migrations/0002_fill.sql updates public.t',
    'migrations/0003_make.sql:1 makes something in the schema theirs',
    `migrations/0003_make.sql:2 gives something to ${other}`,
    'migrations/0003_make.sql:2 makes a role',
  ]);
  expect(await failureOf(rowhouse.migrate({}, request))).toMatchObject({
    kind: 'database',
    code: 'preflight-refused',
    detail: expect.stringContaining('privileges: ') as unknown,
  });
  expect((await database.client.query("select to_regnamespace('rowhouse') as ours")).rows).toEqual([{ ours: null }]);

  for (const statement of refused.sql ?? []) await database.client.query(statement);
  expect(resultOf(await examined(project, url), 'privileges').outcome).toBe('ok');
});

test('a backfill whose role row-level security binds is refused before anything runs', async ({
  database,
  project,
  rowhouse,
}) => {
  const { role, url } = await newRole(database);
  await database.client.query(`
    ${filled}; alter table t owner to ${role}; grant create on schema public to ${role};
    alter table t enable row level security, force row level security`);
  await project.migration('0001_first', 'create table first ();');
  await project.migration('0002_fill', '-- rowhouse: backfill\nupdate public.t set a = 1 where a is null;');
  const request = { connection: { url, source: '--database-url' } } as const;

  const found = await examined(project, url);
  expect(resultOf(found, 'row-security')).toMatchObject({
    outcome: 'refused',
    details: ['migrations/0002_fill.sql fills public.t, whose own owner is bound (FORCE)'],
    sql: [`alter role "${role}" bypassrls;`, 'alter table "public"."t" no force row level security;'],
  });
  expect(found).toMatchObject({ outcome: 'refused', refusedAs: 'database' });
  const error = await failureOf(rowhouse.migrate({}, request));
  expect(error).toMatchObject({ kind: 'database', code: 'preflight-refused' });
  expect(error.detail).toContain('row-security: ');
  expect((await database.client.query("select to_regclass('first') as first")).rows).toEqual([{ first: null }]);

  // Who knows better goes on, and it is said.
  const skipped = await failureOf(rowhouse.migrate({}, { ...request, skipChecks: ['row-security'] }));
  expect(skipped.message).toContain('row-level security');
  expect(eventsOf(rowhouse, 'preflight')).toContainEqual(
    expect.objectContaining({ id: 'row-security', outcome: 'skipped' }),
  );

  // An earlier file that lets it go is trusted.
  await project.migration('0001_first', 'alter table public.t no force row level security;');
  await database.client.query('drop schema rowhouse cascade; drop table first');
  expect(await rowhouse.migrate({}, request)).toEqual(['0001_first', '0002_fill']);
});

test('settings, triggers and indexes that are in the way are told of', async ({ database, project, rowhouse }) => {
  const { client } = database;
  await client.query(`${filled};
    create function f() returns trigger language plpgsql as 'begin return new; end';
    create trigger fires before update on t for each row execute function f();
    create trigger quieted before update on t for each row execute function f();
    create trigger dropped before update on t for each row execute function f();
    create trigger told before update on t for each row execute function f();
    insert into t values (1000, 1, 7), (1001, 1, 7)`);
  await client.query('create unique index concurrently left_over on t (b)').catch(() => undefined);
  await client.query('create unique index concurrently again on t (b)').catch(() => undefined);
  await project.migration(
    '0001_quiet',
    `create or replace trigger quieted before update on t for each row
       when (current_setting('rowhouse.backfill', true) is distinct from 'on') execute function f();
     drop trigger dropped on public.t;`,
  );
  await project.migration(
    '0002_fill',
    '-- rowhouse: backfill\n-- rowhouse: fires told\nupdate t set a = 1 where a is null;',
  );
  await project.migration('0003_index', '-- rowhouse: no-transaction\ncreate index concurrently again on t (a);');

  const found = await examined(project, database.url);

  expect(trouble(found)).toEqual(['settings warning', 'invalid-indexes warning', 'firing-triggers warning']);
  expect(resultOf(found, 'firing-triggers').details).toEqual(['fires on public.t (0002_fill)']);
  expect(resultOf(found, 'settings')).toMatchObject({
    details: ['public.t'],
    sql: ['alter table "t" reset (autovacuum_enabled);'],
  });
  const { details, sql = [] } = resultOf(found, 'invalid-indexes');
  expect(details).toEqual(['public.left_over on public.t']);

  for (const statement of [...sql, ...(resultOf(found, 'settings').sql ?? [])]) await client.query(statement);
  expect(trouble(await examined(project, database.url))).toEqual(['firing-triggers warning']);
  expect(await rowhouse.migrate()).toHaveLength(3);
  expect(trouble(await examined(project, database.url))).toEqual([]);
});

test('a role or database that is read-only is refused', async ({ database, project, rowhouse }) => {
  await database.client.query(`alter database ${database.name} set default_transaction_read_only = on`);
  await project.migration('0001_first', 'create table first ();');

  const found = resultOf(await examined(project, database.url), 'settings');

  expect(found.outcome).toBe('refused');
  expect(await failureOf(rowhouse.migrate())).toMatchObject({ code: 'preflight-refused' });
  expect(found.sql).toContain(`alter database "${database.name}" reset default_transaction_read_only;`);
});

test('long transactions are told of with what they hold; those that nobody may see are not known', async ({
  database,
  project,
  rowhouse,
}) => {
  await database.client.query(filled);
  await project.migration('0001_alter', '-- rowhouse: lock-timeout 5s\nalter table t add c integer;');
  const holder = await database.connect();
  await holder.query('begin; select from t limit 1');
  const { rows } = await holder.query<{ pid: number }>('select pg_backend_pid() as pid');
  const held = async () => resultOf(await examined(project, database.url), 'long-transactions');
  await expect.poll(async () => (await held()).outcome).toBe('warning');

  expect((await held()).details).toEqual([
    expect.stringContaining(`pid ${rows[0]?.pid ?? 0} of `),
    '  holds AccessShare on t; migrations/0001_alter.sql:2 needs AccessExclusive',
  ]);
  expect((await held()).sql).toEqual([`select pg_terminate_backend(${rows[0]?.pid ?? 0});`]);

  const { role, url } = await newRole(database);
  const hidden = resultOf(await examined(project, url), 'long-transactions');
  expect(hidden).toMatchObject({ outcome: 'unknown', sql: [`grant pg_read_all_stats to "${role}";`] });
  for (const statement of hidden.sql ?? []) await database.client.query(statement);
  expect(resultOf(await examined(project, url), 'long-transactions').outcome).toBe('warning');

  const run = rowhouse.migrate();
  await expect.poll(() => eventsOf(rowhouse, 'preflight').map(({ id }) => id)).toContain('long-transactions');
  await holder.query('commit');
  await run;
});

test('what was edited, a run at work and an unreadable history are refusals of their kind', async ({
  database,
  project,
  rowhouse,
}) => {
  await project.migration('0001_first', 'select 1;');
  await rowhouse.migrate();
  await project.migration('0001_first', 'select 2;');
  expect(await examined(project, database.url)).toMatchObject({ outcome: 'refused', refusedAs: 'drift' });

  await project.migration('0001_first', 'select 1;');
  await project.migration('0002_sleeps', 'select pg_sleep(600);');
  const controller = new AbortController();
  const run = failureOf(rowhouse.migrate({}, { signal: controller.signal }));
  const kind = async () => (await examined(project, database.url)).refusedAs;
  await expect.poll(kind).toBe('locked');
  controller.abort();
  await run;
  await expect.poll(kind).toBeNull();

  const { url } = await newRole(database);
  const unreadable = await examined(project, url);
  expect(resultOf(unreadable, 'history')).toMatchObject({ outcome: 'refused' });
  expect(resultOf(unreadable, 'disk-space').outcome).toBe('unknown');
});
