import pg from 'pg';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { backfillStatus } from '../../src/app/backfill.ts';
import { type EmbeddedServer, startEmbeddedServer } from '../../src/embedded/index.ts';
import { usualPace } from '../../src/backfill/runner.ts';
import { backfill } from '../backfill/support.ts';
import { test } from '../migrate/support.ts';
import { smallDisk } from '../support/small-disk.ts';
import { type Replica, startReplica } from '../support/replica.ts';
import { examined, resultOf } from './support.ts';

/** Sessions that wait for a row of somebody else. */
const waits = "select from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'backfill'";
const body = 'update t set a = 1 where a is null';

/** What belongs to a whole cluster is tried on one of its own, not on that of the other tests. */
describe.skipIf(process.platform !== 'linux')('of a cluster', () => {
  let server: EmbeddedServer;
  let replica: Replica;
  let client: pg.Client;

  beforeAll(async () => {
    server = await startEmbeddedServer({
      settings: { archive_mode: 'on', archive_command: 'true', max_prepared_transactions: '2' },
    });
    replica = await startReplica(server);
    client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query(
      `create table t (id integer primary key, a integer); insert into t select generate_series(1, 300)`,
    );
  });

  afterAll(async () => {
    await client.end();
    await replica.stop();
    await server.stop();
  });

  /** Changes settings that need no restart. */
  async function set(settings: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, value] of Object.entries(settings)) await client.query(`alter system set ${name} = '${value}'`);
    await client.query('select pg_reload_conf()');
  }

  test('a standby is looked at, and refused', async ({ project }) => {
    await project.migration('0001_first', 'create table first ();');

    const found = await examined(project, replica.url);

    expect(resultOf(found, 'server')).toMatchObject({ outcome: 'refused', advice: 'Run on the primary.' });
    expect(found.checks.filter(({ outcome }) => outcome === 'refused')).toHaveLength(1);
    expect(resultOf(await examined(project, server.url), 'server').outcome).toBe('ok');
  });

  test('a slot that nobody reads keeps WAL', async ({ project }) => {
    expect(resultOf(await examined(project, server.url), 'replication-slots')).toMatchObject({
      outcome: 'ok',
      message: '0 slots, 1 replica, none of which is in the way.',
    });
    await client.query("select pg_create_physical_replication_slot('nobody', true)");

    const { outcome, details, sql = [] } = resultOf(await examined(project, server.url), 'replication-slots');

    expect(outcome).toBe('warning');
    expect(details).toEqual([expect.stringMatching(/^physical slot nobody: nobody reads it, keeps .+ of WAL$/)]);
    for (const statement of sql) await client.query(statement);
    expect(resultOf(await examined(project, server.url), 'replication-slots').outcome).toBe('ok');
  });

  test('commits that wait for a standby which is not there', async ({ project }) => {
    const outcome = async () => resultOf(await examined(project, server.url), 'synchronous-standby').outcome;
    await set({ synchronous_commit: 'on', synchronous_standby_names: 'FIRST 1 (missing)' });
    await expect.poll(outcome).toBe('refused');

    const { sql = [] } = resultOf(await examined(project, server.url), 'synchronous-standby');
    for (const statement of sql) await client.query(statement);
    await expect.poll(outcome).toBe('ok');
  });

  test('a prepared transaction that holds what a file needs', async ({ project }) => {
    await project.migration('0001_alter', 'alter table t add b integer;');
    await client.query("begin; lock table t in share mode; prepare transaction 'it''s left'");
    const result = async () => resultOf(await examined(project, server.url), 'long-transactions');
    await expect.poll(async () => (await result()).outcome).toBe('warning');

    const { details = [], sql = [] } = await result();
    expect(details[0]).toContain("the prepared transaction it's left of postgres");
    expect(details[1]).toContain('holds Share on t');
    for (const statement of sql) await client.query(statement);
    expect((await result()).outcome).toBe('ok');
  });

  test('a replica that is behind holds a backfill back until it has caught up', async () => {
    const standby = new pg.Client({ connectionString: replica.url });
    await standby.connect();
    await standby.query('select pg_wal_replay_pause()');
    await expect
      .poll(async () => (await standby.query("select where pg_get_wal_replay_pause_state() = 'paused'")).rowCount)
      .toBe(1);
    await client.query("create table much as select repeat('x', 1000) from generate_series(1, 8000)");
    const held: (string | null)[] = [];

    const run = backfill(server.url, body, {
      pace: { batchSize: 100, replicaLag: 4 * 2 ** 20 },
      onProgress: ({ heldBy }) => held.push(heldBy),
    });
    await expect.poll(() => held.at(-1)).toMatch(/^a replica is .+ MB behind$/);
    expect((await client.query('select from t where a is not null')).rowCount).toBe(0);
    const { backfills } = await backfillStatus({ url: server.url, source: '--database-url' });
    expect(backfills[0]?.heldBy).toMatch(/^a replica is .+ MB behind$/);

    await standby.query('select pg_wal_replay_resume()');
    await standby.end();
    expect((await run).rows).toBe(300);
  });

  test('WAL that is not archived is told of, and holds a backfill back until it is', async ({ project }) => {
    await client.query('update t set a = null; drop schema rowhouse cascade');
    await set({ archive_command: 'false' });
    const archive = async () => {
      await client.query('select pg_switch_wal()');
      return resultOf(await examined(project, server.url), 'wal-archive').outcome;
    };
    await expect.poll(archive).toBe('warning');
    const held: (string | null)[] = [];

    const run = backfill(server.url, body, {
      pace: { batchSize: 100, archiveBacklog: 1 },
      onProgress: ({ heldBy }) => held.push(heldBy),
    });
    await expect.poll(() => held.at(-1)).toMatch(/ of WAL wait to be archived$/);
    expect((await client.query('select from t where a is not null')).rowCount).toBe(0);

    await set({ archive_command: 'true' });
    await expect.poll(archive).toBe('ok');
    expect((await run).rows).toBe(300);
  });

  test('WAL that is written too fast, by whomever, holds a backfill back until it is worked off', async () => {
    await client.query('truncate t; insert into t select generate_series(1, 300); drop schema rowhouse cascade');
    const holder = new pg.Client({ connectionString: server.url });
    await holder.connect();
    await holder.query('begin; select from t where id = 1 for update');
    const told: { rows: number; heldBy: string | null }[] = [];

    const run = backfill(server.url, body, {
      pace: { batchSize: 100, walRate: 2 * 2 ** 20 },
      lockTimeoutMs: 60_000,
      onProgress: ({ rows, heldBy }) => told.push({ rows, heldBy }),
    });
    await expect.poll(async () => (await client.query(waits)).rowCount).toBe(1);
    await client.query("create table fast as select repeat('x', 1000) from generate_series(1, 4000)");
    const heldBy = 'WAL is written faster than 2.0 MB a second';
    await expect
      .poll(async () => (await client.query('select from rowhouse.backfill where held_by = $1', [heldBy])).rowCount)
      .toBe(1);
    await holder.query('commit');
    await holder.end();

    expect((await run).rows).toBe(300);
    // The first page's batch has waited for the row, and the next one for the WAL.
    expect(told.filter(({ rows, heldBy: reason }) => reason === heldBy && rows > 0 && rows < 300)).not.toEqual([]);
    expect(told.at(-1)).toEqual({ rows: 300, heldBy: null });
  });

  test('the workers of a run are no others to each other', async ({ project, rowhouse }) => {
    await client.query(`
      drop schema if exists rowhouse cascade; update t set a = null;
      create table u (id integer primary key, a integer); insert into u select generate_series(1, 300)`);
    for (const [name, table] of [
      ['0001_t', 't'],
      ['0002_u', 'u'],
    ] as const) {
      await project.migration(
        name,
        `-- rowhouse: backfill\n-- rowhouse: lock-timeout 1min\nupdate ${table} set a = 1 where a is null`,
      );
    }
    const holder = new pg.Client({ connectionString: server.url });
    await holder.connect();
    await holder.query('begin; select from t where id = 1 for update; select from u where id = 1 for update');

    const run = rowhouse.migrate(
      {},
      { connection: { url: server.url, source: '--database-url' }, pace: { ...usualPace, jobs: 2, active: 0 } },
    );
    // What this test asks is at work itself for a moment.
    await expect
      .poll(async () => (await client.query("select from pg_stat_activity where wait_event_type = 'Lock'")).rowCount)
      .toBe(2);
    const unheld = 'select from rowhouse.backfill where held_by is null and rate is not null';
    await expect.poll(async () => (await client.query(unheld)).rowCount).toBe(2);
    await holder.query('commit');
    await holder.end();

    expect(await run).toEqual(['0001_t', '0002_u']);
    await client.query('drop table u; drop schema rowhouse cascade');
  });

  test('a disk that is too small for a backfill is told of before it', async ({ project, skip }) => {
    const disk = smallDisk(server.dataDir, '24m');
    if (disk === null) return skip('no tmpfs can be mounted here');
    await client.query(`create tablespace small location '${disk}'`);
    await client.query(`create table wide (id integer primary key, a integer, filler text) tablespace small`);
    await client.query(
      `insert into wide select g, null, repeat('x', 1000) from generate_series(1, 16000) g; analyze wide`,
    );
    await project.migration('0001_fill', '-- rowhouse: backfill\nupdate wide set a = 1 where a is null;');

    const { outcome, details = [] } = resultOf(await examined(project, server.url), 'disk-space');

    expect(outcome).toBe('refused');
    expect(details).toContainEqual(expect.stringMatching(/pg_tblspc.*: [\d.]+ MB of [\d.]+ MB that are free$/));
    await client.query('drop table wide');
    await client.query('drop tablespace small');
    expect(resultOf(await examined(project, server.url), 'disk-space').outcome).not.toBe('refused');
  });

  test('an autovacuum gives way to a statement that waits for less than PostgreSQL asks for', async ({
    project,
    rowhouse,
  }) => {
    await client.query(`
      drop schema if exists rowhouse cascade;
      create table busy (id integer)
        with (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1);
      insert into busy select generate_series(1, 50000); delete from busy`);
    await set({ autovacuum_naptime: '1s' });
    const vacuuming = "select from pg_stat_progress_vacuum where relid = 'busy'::regclass";
    await expect.poll(async () => (await client.query(vacuuming)).rowCount, { timeout: 20_000 }).toBe(1);
    // It goes on, and no other one comes behind it.
    await set({ autovacuum_naptime: '1h' });
    await project.migration('0001_alter', 'alter table busy add a integer;');
    await project.migration('0002_check', 'alter table busy add check (id > 0) not valid;');

    expect(
      await rowhouse.migrate({}, { connection: { url: server.url, source: '--database-url' }, lockAttempts: 1 }),
    ).toEqual(['0001_alter', '0002_check']);
  });
});
