import { expect } from 'vitest';
import type pg from 'pg';
import type { OpenTransaction } from '../../src/postgres/open-transactions.ts';
import { eventsOf, test } from './support.ts';

const quick = '-- rowhouse: lock-timeout 50ms\n';

/** Waits until the transaction of another session is older than the files wait for their locks. */
async function ages(client: pg.Client, other: pg.Client): Promise<void> {
  const pid = await pidOf(other);
  await expect
    .poll(async () => {
      const { rows } = await client.query<{ old: boolean }>(
        "select clock_timestamp() - xact_start > interval '100ms' as old from pg_stat_activity where pid = $1",
        [pid],
      );
      return rows[0]?.old;
    })
    .toBe(true);
}

async function pidOf(client: pg.Client): Promise<number | undefined> {
  return (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid;
}

test.for([
  [
    'a lock that a statement needs',
    `${quick}create table fresh (); alter table t add b int;`,
    'begin; select from t',
    [{ relation: '"t"', mode: 'AccessShare' }],
  ],
  [
    'a lock on a partition',
    `${quick}alter table parted add b int;`,
    'begin; select from part',
    [{ relation: '"parted"', mode: 'AccessShare' }],
  ],
  [
    'a snapshot that an index built concurrently waits for',
    `${quick}-- rowhouse: no-transaction\nset lock_timeout = '1h';\ncreate index concurrently i on t (a);`,
    'begin isolation level repeatable read; select from other',
    [],
  ],
] as const)(
  '%s is waited for before it is asked for, and told of',
  async ([, up, holds, locks], { database, project, rowhouse }) => {
    const { client } = database;
    await client.query(`
      create table t (a int); create table other ();
      create table parted (a int) partition by list (a); create table part partition of parted default`);
    await project.migration('0001_locks', up);
    const holder = await database.connect();
    await holder.query(holds);
    await ages(client, holder);

    const pid = await pidOf(holder);
    // On a busy machine a look of this test's own may last so long that it is told of, too.
    const told = () => eventsOf(rowhouse, 'in-the-way').flatMap((event) => event.transactions.filter(isHolder));
    const isHolder = (transaction: OpenTransaction) => transaction.pid === pid;

    const run = rowhouse.migrate({}, { transactionWaitMs: 60_000 });
    await expect.poll(told).not.toEqual([]);
    const { rows: waiting } = await client.query(
      "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    expect(waiting).toEqual([]);
    await holder.query('commit');

    expect(await run).toEqual(['0001_locks']);
    expect(told()[0]).toMatchObject({ state: 'idle in transaction', locks });
    expect(eventsOf(rowhouse, 'retrying')).toEqual([]);
  },
);

test('what keeps nothing from a statement is not told of', async ({ database, project, rowhouse }) => {
  const { client } = database;
  await client.query(`
    create table t (a int); create table other ();
    create function f() returns trigger language plpgsql as 'begin return null; end'`);
  await project.migration(
    '0001_trigger',
    `${quick}create trigger g after insert on t for each row execute function f(); create table fresh (); alter table fresh add b int;`,
  );
  const [reader, writer] = [await database.connect(), await database.connect()];
  await reader.query('begin isolation level repeatable read; select from t');
  await writer.query('begin; lock table other');
  await ages(client, writer);

  await rowhouse.migrate();

  expect(eventsOf(rowhouse, 'in-the-way')).toEqual([]);
});
