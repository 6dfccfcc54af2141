import { describe, expect } from 'vitest';
import type pg from 'pg';
import { findLockHolder, terminateLockHolder } from '../../src/app/unlock.ts';
import { history } from '../../src/app/status.ts';
import type { TestDatabase } from '../support/database.ts';
import { eventsOf, failureOf, test } from './support.ts';

async function backendPid(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}

/** How many sessions of the test's database wait for a lock. */
async function waiting(database: TestDatabase): Promise<number> {
  const { rows } = await database.client.query<{ count: number }>(
    "select count(*)::int from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
  );
  return rows[0]?.count ?? 0;
}

describe('a lock that never comes', () => {
  const quick = '-- rowhouse: lock-timeout 400ms\n';

  test.for([
    ['a file in one transaction', `${quick}create table half ();\nalter table t add b int;`],
    ['one that is no part of a transaction in all', `${quick}prepare p as select 1;\nalter table t add b int;`],
    ['a no-transaction file', `${quick}-- rowhouse: no-transaction\nselect 1;\nalter table t add b int;`],
    ['a VACUUM FULL', `${quick}-- rowhouse: no-transaction\nvacuum full t;`],
  ] as const)(
    'is tried a few times in %s, which then succeeds when the blocker is gone',
    async ([, up], { database, project, rowhouse }) => {
      await database.client.query('create table t (a int)');
      await project.migration('0001_locks', up);
      const blocker = await database.connect();
      await blocker.query('begin; lock table t');
      const pid = await backendPid(blocker);

      const error = await failureOf(rowhouse.migrate());

      expect(error).toMatchObject({ kind: 'database', code: 'lock-timeout' });
      expect(error.message).toContain('3 times, 400 ms each');
      expect(error.detail).toContain(`blocked by pid ${pid} of `);
      expect(error.detail).toContain('idle in transaction');
      expect(error.detail).toContain('select pg_backend_pid()');
      expect(eventsOf(rowhouse, 'retrying').map(({ attempt, attempts }) => `${attempt}/${attempts}`)).toEqual([
        '2/3',
        '3/3',
      ]);
      expect((await database.client.query("select to_regclass('half') as half")).rows).toEqual([{ half: null }]);
      const [failed] = await history(await rowhouse.request(), null);
      expect(failed).toMatchObject({ name: '0001_locks', outcome: 'failed' });

      await blocker.query('rollback');
      expect(await rowhouse.migrate()).toEqual(['0001_locks']);
    },
  );

  test('is tried for no longer than the stated total, and its holder is named', async ({
    database,
    project,
    rowhouse,
  }) => {
    await database.client.query('create table t (a int)');
    await project.migration('0001_locks', `${quick}create table half ();\nalter table t add b int;`);
    const blocker = await database.connect();
    await blocker.query('begin; lock table t');
    const pid = await backendPid(blocker);

    const error = await failureOf(rowhouse.migrate({}, { lockAttempts: 1_000_000, lockTotalMs: 1500 }));

    expect(error).toMatchObject({ kind: 'database', code: 'lock-timeout' });
    expect(error.message).toMatch(/^Gave up after .+, having tried /);
    expect(error.detail).toContain(`blocked by pid ${pid} of `);
    expect(error.detail).toMatch(/in a transaction since \d{4}-.+: select pg_backend_pid\(\)/);
    expect((await database.client.query("select to_regclass('half') as half")).rows).toEqual([{ half: null }]);
    await blocker.query('rollback');
    expect(await rowhouse.migrate()).toEqual(['0001_locks']);
  });

  test('stops a rollback before it removes the rows of a tenant', async ({ database, project, rowhouse }) => {
    await database.client.query(
      `create table t (tenant_id uuid); insert into t values (gen_random_uuid());
       create table tenants (id uuid); insert into tenants values ('00000000-0000-0000-0000-000000000001')`,
    );
    await project.write({
      'rowhouse.yaml': `
context: { setting: app.current_tenant, type: uuid }
tenants: { table: public.tenants, key: id, platform: 00000000-0000-0000-0000-000000000001 }
roles: { app: [rowhouse_test_app] }
tables:
  public.tenants: { tenancy: root }
  public.t: { tenancy: row, column: tenant_id }
`,
    });
    await project.migration('0001_contract', '-- rowhouse: phase contract\nselect 1;', 'drop policy if exists p on t;');
    await rowhouse.migrate();
    const writer = await database.connect();
    await writer.query('begin; update t set tenant_id = tenant_id');

    const error = await failureOf(rowhouse.rollback({ all: true }, { action: 'delete' }));

    expect(error).toMatchObject({ kind: 'database', code: 'lock-timeout' });
    await writer.query('rollback');
    expect((await database.client.query('select from t')).rowCount).toBe(1);
  });
});

test('the victim of a deadlock is tried again', async ({ database, project, rowhouse }) => {
  await database.client.query('create table a (n int); create table b (n int); insert into a values (0)');
  await project.migration(
    '0001_deadlock',
    `-- rowhouse: lock-timeout 10s
     update a set n = n + 1; lock table b;`,
  );
  const other = await database.connect();
  await other.query("set deadlock_timeout = '1h'; begin; lock table b");

  const run = rowhouse.migrate();
  await expect.poll(() => waiting(database)).toBe(1);
  // Closes the circle; only the run looks for it.
  await other.query('lock table a');
  await other.query('commit');

  expect(await run).toEqual(['0001_deadlock']);
  expect(eventsOf(rowhouse, 'retrying').map(({ reason }) => reason)).toEqual(['a deadlock with another session']);
  expect((await database.client.query('select n from a')).rows).toEqual([{ n: 1 }]);
});

describe('two runs at once', () => {
  test('the second one waits, and finds nothing to do', async ({ database, project, rowhouse }) => {
    await database.client.query('create table t (n int)');
    await project.migration('0001_once', '-- rowhouse: lock-timeout 30s\ninsert into t values (1);');
    const blocker = await database.connect();
    await blocker.query('begin; lock table t');

    const first = rowhouse.migrate();
    await expect.poll(() => waiting(database)).toBe(1);
    const second = rowhouse.migrate({}, { lockWaitMs: 60_000 });
    await expect.poll(() => eventsOf(rowhouse, 'waiting-for-run')).toHaveLength(1);
    await blocker.query('rollback');

    expect(await Promise.all([first, second])).toEqual([['0001_once'], []]);
    expect((await database.client.query('select from t')).rowCount).toBe(1);
  });

  test('the second one gives up after its time, and names the first', async ({ database, project, rowhouse }) => {
    await database.client.query('create table t (n int)');
    await project.migration('0001_once', '-- rowhouse: lock-timeout 30s\ninsert into t values (1);');
    const blocker = await database.connect();
    await blocker.query('begin; lock table t');
    const first = rowhouse.migrate();
    await expect.poll(() => waiting(database)).toBe(1);

    const error = await failureOf(rowhouse.migrate({}, { lockWaitMs: 1 }));

    expect(error).toMatchObject({ kind: 'locked', code: 'locked' });
    expect(error.detail).toContain('rowhouse migrate tester@here');
    await blocker.query('rollback');
    await first;
  });

  test('the first one can be ended, and leaves nothing', async ({ database, project, rowhouse }) => {
    await project.migration('0001_sleeps', 'create table half (); select pg_sleep(600);');
    const { connection } = await rowhouse.request();
    expect(await findLockHolder(connection)).toBeNull();
    const first = failureOf(rowhouse.migrate());
    await expect.poll(async () => (await findLockHolder(connection))?.query).toContain('pg_sleep');
    const holder = await findLockHolder(connection);

    expect(await terminateLockHolder(connection, (holder?.pid ?? 0) + 1)).toBe(false);
    expect(await terminateLockHolder(connection, holder?.pid ?? 0)).toBe(true);

    expect(await first).toMatchObject({ kind: 'database', code: 'connection-lost' });
    await expect.poll(() => findLockHolder(connection)).toBeNull();
    expect((await database.client.query("select to_regclass('half') as half")).rows).toEqual([{ half: null }]);
    await project.migration('0001_sleeps', 'create table half ();');
    expect(await rowhouse.migrate()).toEqual(['0001_sleeps']);
  });
});

test('a cancelled run stops its statement, and says so', async ({ database, project, rowhouse }) => {
  await project.migration('0001_sleeps', 'create table half (); select pg_sleep(600);');
  const controller = new AbortController();
  const { connection } = await rowhouse.request();
  const run = failureOf(rowhouse.migrate({}, { signal: controller.signal }));
  await expect.poll(async () => (await findLockHolder(connection))?.query).toContain('pg_sleep');

  controller.abort();

  expect(await run).toMatchObject({ kind: 'cancelled' });
  await expect.poll(() => findLockHolder(connection)).toBeNull();
  expect((await database.client.query("select to_regclass('half') as half")).rows).toEqual([{ half: null }]);
});
