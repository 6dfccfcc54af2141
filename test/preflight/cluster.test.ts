import pg from 'pg';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { backfillStatus } from '../../src/app/backfill.ts';
import { type EmbeddedServer, startEmbeddedServer } from '../../src/embedded/index.ts';
import { backfill } from '../backfill/support.ts';
import { test } from '../support/project.ts';
import { type Replica, startReplica } from '../support/replica.ts';
import { examined, resultOf } from './support.ts';

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
});
