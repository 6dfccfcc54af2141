import type pg from 'pg';
import { describe, expect } from 'vitest';
import type { TestDatabase } from '../support/database.ts';
import { test } from '../support/test.ts';
import { backfill } from './support.ts';

/** What a row gets does not depend on when; that it was changed once shows in `n`. */
const body = `update t set tenant = p.tenant, n = t.n + 1 from parent as p where p.id = t.parent_id and t.tenant is null`;
const pace = { batchSize: 50, passes: 4 };
const rows = 1200;

async function fill(client: pg.ClientBase): Promise<void> {
  await client.query(`
    create table parent (id integer primary key, tenant text not null);
    insert into parent select g, md5(g::text) from generate_series(0, 9) g;
    create table t (id integer primary key, parent_id integer not null, tenant text, n integer not null default 0, filler text)
      with (autovacuum_enabled = false);
    insert into t select g, g % 10, null, 0, repeat('x', 200) from generate_series(1, ${rows}) g`);
}

/** A hash of all rows, and of what they should be. */
async function hashes(client: pg.ClientBase): Promise<{ is: string; shall: string }> {
  const { rows: found } = await client.query<{ is: string; shall: string }>(
    `select md5(string_agg(t.id || ':' || coalesce(t.tenant, '') || ':' || t.n, ',' order by t.id)) as is,
            md5(string_agg(t.id || ':' || p.tenant || ':1', ',' order by t.id)) as shall
       from t join parent as p on p.id = t.parent_id`,
  );
  return found[0] ?? { is: '', shall: '?' };
}

async function expectDone(client: pg.ClientBase): Promise<void> {
  const { is, shall } = await hashes(client);
  expect(is).toBe(shall);
}

/** The sessions of backfills that wait for a lock. */
async function waiting(database: TestDatabase, names = ['backfill', 'worker']): Promise<number[]> {
  const { rows: found } = await database.client.query<{ pid: number }>(
    `select pid from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and application_name = any ($1)`,
    [names],
  );
  return found.map(({ pid }) => pid);
}

/** Holds a row that a batch in the middle of the table needs. */
async function holdRow(database: TestDatabase): Promise<pg.Client> {
  const other = await database.connect();
  await other.query('begin');
  await other.query('select from t where id = 700 for update');
  return other;
}

describe('a backfill in passes comes to its end after', () => {
  test('its backend was terminated in the middle of a batch', async ({ database }) => {
    const { client } = database;
    await fill(client);
    const other = await holdRow(database);

    const run = backfill(database.url, body, { pace, lockTimeoutMs: 60_000 });
    const failed = expect(run).rejects.toMatchObject({ kind: 'database', code: 'connection-lost' });
    await expect.poll(() => waiting(database)).toHaveLength(1);
    await client.query('select pg_terminate_backend($1)', await waiting(database));
    await failed;
    await other.query('commit');

    const again = await backfill(database.url, body, { pace });
    expect(again.resumedAfter).toBeGreaterThan(0);
    expect(again.rows).toBe(rows);
    await expectDone(client);
  });

  test('a deadlock with the application', async ({ database }) => {
    const { client } = database;
    await fill(client);
    const other = await database.connect();
    await other.query(`set deadlock_timeout = '1h'; begin`);
    // The batch takes the rows of its pass in the order of the pages: it has 4 when it waits for 700, and 8 is of the same pass.
    await other.query('select from t where id = 8 for update');
    const reasons: string[] = [];

    const run = backfill(database.url, body, {
      pace: { batchSize: rows, passes: 4 },
      lockTimeoutMs: 60_000,
      onRetry: ({ reason }) => {
        reasons.push(reason);
        void other.query('commit');
      },
    });
    await expect.poll(() => waiting(database)).toHaveLength(1);
    await other.query('select from t where id = 4 for update');

    expect((await run).rows).toBe(rows);
    expect(reasons).toEqual(['a deadlock with another session']);
    await expectDone(client);
  });

  test('two runs took it at the same time: what one has done, the other has not', async ({ database }) => {
    const { client } = database;
    await fill(client);
    const other = await holdRow(database);
    const one = backfill(database.url, body, { pace, lockTimeoutMs: 60_000 }).catch((error: unknown) => error);
    await expect.poll(() => waiting(database)).toHaveLength(1);
    const two = backfill(database.url, body, { pace, lockTimeoutMs: 60_000 }).catch((error: unknown) => error);
    await expect.poll(() => waiting(database)).toHaveLength(2);
    await other.query('commit');

    const ended = await Promise.all([one, two]);

    expect(ended).toContainEqual(expect.objectContaining({ kind: 'locked', code: 'backfill-taken-over' }));
    expect(ended).toContainEqual(expect.objectContaining({ rows }));
    await expectDone(client);
  });

  test('a batch that took too long was halved', async ({ database }) => {
    const { client } = database;
    await fill(client);
    // As a statement_timeout would end it, the first batch of many rows.
    await client.query(`
      create function slow() returns trigger language plpgsql as $$ begin
        if (select count(*) from changed) > 100 then raise exception using errcode = 'query_canceled', message = 'too long'; end if;
        return null; end $$;
      create trigger slow after update on t referencing new table as changed for each statement execute function slow()`);

    const run = await backfill(database.url, body, { pace: { batchSize: null, passes: 4 }, fires: ['slow'] });

    expect(run.rows).toBe(rows);
    expect(Math.max(...run.progress.map(({ rows: now }, at, all) => now - (all[at - 1]?.rows ?? 0)))).toBeLessThan(101);
    await expectDone(client);
  });

  test('one of several workers has failed', async ({ database }) => {
    const { client } = database;
    await client.query(`
      create table parent (id integer primary key, tenant text not null);
      insert into parent select g, md5(g::text) from generate_series(0, 9) g;
      create table t (id integer primary key, parent_id integer not null, tenant text, n integer not null default 0, filler text);
      insert into t select g, g % 10, null, 0, repeat('x', 900) from generate_series(1, 4000) g`);
    const other = await database.connect();
    await other.query('begin');
    await other.query('select from t for update');
    const settings = { pace: { batchSize: 200, passes: 2, jobs: 2 }, lockTimeoutMs: 2000, lockAttempts: 10_000 };

    const run = backfill(database.url, body, settings);
    const failed = expect(run).rejects.toMatchObject({ code: 'connection-lost' });
    await expect.poll(() => waiting(database)).toHaveLength(2);
    await client.query('select pg_terminate_backend(p) from unnest($1::integer[]) as p', [
      await waiting(database, ['worker']),
    ]);
    // The other one has come to these rows too, and waits no longer than one attempt.
    await failed;
    await other.query('commit');

    expect((await backfill(database.url, body, settings)).rows).toBe(4000);
    await expectDone(client);
  });
});
