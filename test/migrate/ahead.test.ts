import { describe, expect } from 'vitest';
import { Ahead, type Transaction } from '../../src/migrate/ahead.ts';
import type { RunEvent } from '../../src/migrate/events.ts';
import { runInOneTransaction } from '../../src/migrate/one-transaction.ts';
import type { Run } from '../../src/migrate/run.ts';
import { parseSqlFile, statementsOf } from '../../src/migrate/sql-file.ts';
import { sendBatch } from '../../src/postgres/batch.ts';
import { openSession } from '../../src/postgres/session.ts';
import type { TestProject } from '../support/project.ts';
import { eventsOf, failureOf, test, watchingQueries, type Rowhouse } from './support.ts';

const tables = `select coalesce(array_agg(tablename::text order by tablename), '{}') as made
                  from pg_tables where schemaname = 'public'`;
const applied = 'select name, count(*)::int as times from rowhouse.migrations group by name order by name';

/** A file that makes a table, and one for each that follows, which nothing can be in the way of. */
async function writeTables(project: TestProject, from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n += 1) {
    await project.migration(`000${n}_t${n}`, `create table public.t${n} (n int);`, `drop table public.t${n};`);
  }
}

/** The files that were told of, each as it began and as it ended. */
function told({ events }: Rowhouse): string[] {
  return events.flatMap((event) =>
    event.type === 'file-started' || event.type === 'file-done' ? [`${event.type} ${event.name}`] : [],
  );
}

describe('a file that is sent before the one in front of it has been answered', () => {
  test('runs once, is told of in its turn, and is timed by the server', async ({ database, project, rowhouse }) => {
    await writeTables(project, 1, 4);
    await project.migration('0005_wide', 'alter table public.t1 add m int; create index t1_m on public.t1 (m);');

    await rowhouse.migrate();

    const names = ['0001_t1', '0002_t2', '0003_t3', '0004_t4', '0005_wide'];
    expect(told(rowhouse)).toEqual(names.flatMap((name) => [`file-started ${name}`, `file-done ${name}`]));
    const { rows } = await database.client.query(applied);
    expect(rows).toEqual(names.map((name) => ({ name, times: 1 })));
    const history = await database.client.query<{ outcome: string; ms: number }>(
      'select outcome, duration_ms as ms from rowhouse.history',
    );
    expect(history.rows.map(({ outcome }) => outcome)).toEqual(names.map(() => 'done'));
    expect(Math.max(...history.rows.map(({ ms }) => ms))).toBeLessThan(60_000);
  });

  test('stays away where that one fails, and comes when it is mended', async ({ database, project, rowhouse }) => {
    await writeTables(project, 1, 1);
    await project.migration('0002_broken', 'create table public.u (); create table public.u ();');
    await writeTables(project, 3, 4);

    const failure = await failureOf(rowhouse.migrate());

    expect(failure.message).toContain('migrations/0002_broken.sql:1: relation "u" already exists');
    expect((await database.client.query(tables)).rows).toEqual([{ made: ['t1'] }]);
    expect((await database.client.query(applied)).rows).toEqual([{ name: '0001_t1', times: 1 }]);
    expect(told(rowhouse)).toEqual(['file-started 0001_t1', 'file-done 0001_t1', 'file-started 0002_broken']);

    await project.migration('0002_broken', 'create table public.u ();');
    await rowhouse.migrate();
    expect((await database.client.query(tables)).rows).toEqual([{ made: ['t1', 't3', 't4', 'u'] }]);
  });

  test('waits with that one for a lock, and is tried again behind it', async ({ database, project, rowhouse }) => {
    await database.client.query('create table public.busy ()');
    await project.migration('0001_alter', '-- rowhouse: lock-timeout 50ms\nalter table public.busy add n int;');
    await writeTables(project, 2, 3);
    const holder = await database.connect();
    await holder.query('begin; lock table public.busy in access share mode');

    await rowhouse.migrate(
      {},
      {
        onEvent: (event: RunEvent) => {
          rowhouse.events.push(event);
          if (event.type === 'retrying') void holder.query('rollback');
        },
      },
    );

    expect(eventsOf(rowhouse, 'retrying').map(({ name }) => name)).toEqual(['0001_alter']);
    expect((await database.client.query(applied)).rows).toEqual(
      ['0001_alter', '0002_t2', '0003_t3'].map((name) => ({ name, times: 1 })),
    );
  });

  test.for([
    ['wants a table that others know', 'alter table public.known add n int;'],
    ['may say something', "do $$ begin raise notice 'here'; end $$;"],
  ] as const)('is none that %s', async ([, text], { database, project, rowhouse }) => {
    await database.client.query('create table public.known ()');
    await writeTables(project, 1, 1);
    await project.migration('0002_other', text);
    await writeTables(project, 3, 3);
    const seen: string[] = [];
    watchingQueries((_, __, sent) => {
      const texts = ((sent as { statements?: readonly { text: string }[] }).statements ?? []).map(({ text }) => text);
      seen.push(...texts.filter((one) => one.startsWith('create table public.t') || `${one};` === text));
    });

    await rowhouse.migrate(
      {},
      {
        onEvent: ({ type, ...event }: RunEvent) => {
          if (type === 'file-done' && 'name' in event) seen.push(`done ${event.name}`);
        },
      },
    );

    const other = text.slice(0, -1);
    expect(seen).toEqual([
      'create table public.t1 (n int)',
      'done 0001_t1',
      other,
      'create table public.t3 (n int)',
      'done 0002_other',
      'done 0003_t3',
    ]);
  });
});

describe('a gate', () => {
  test('is shut where what came after the statements in front has failed, though these count', async ({ database }) => {
    const session = await openSession({ url: database.url, source: '--database-url' }, 'gates');
    const making = (name: string) => ['begin', `create table public.${name} ()`, 'commit'].map((text) => ({ text }));

    const open = sendBatch(session.client, making('a'), { opens: 'one' });
    const through = sendBatch(session.client, making('b'), {
      gate: 'one',
      after: [{ text: 'select 1/0' }],
      opens: 'two',
    });
    const shut = sendBatch(session.client, making('c'), { gate: 'two' });

    expect([await open.done, await open.after]).toEqual([[0, 0, 0], true]);
    expect([await through.done, await through.after]).toEqual([[0, 0, 0], false]);
    await expect(shut.done).rejects.toMatchObject({ code: '26000' });
    expect(await shut.after).toBe(false);
    await session.close();
    expect((await database.client.query(tables)).rows).toEqual([{ made: ['a', 'b'] }]);
  });

  test('that is shut behind a file that has run keeps the next one from nothing', async ({ database }) => {
    const session = await openSession({ url: database.url, source: '--database-url' }, 'gates');
    // As a cancel would that comes behind the COMMIT.
    const interrupted = { ...session, resetting: [{ text: 'select 1/0' }] };
    const run = { session: interrupted, ahead: new Ahead(interrupted) } as unknown as Run;
    const making = (name: string): Transaction => {
      const file = parseSqlFile(`migrations/${name}.sql`, `create table public.${name} ();`);
      return { name, file, statements: statementsOf(file).statements, records: () => [] };
    };

    await runInOneTransaction(run, making('a'), making('b'));
    expect(run.ahead.holds('b')).toBe(true);
    await runInOneTransaction(run, making('b'));

    await session.close();
    expect((await database.client.query(tables)).rows).toEqual([{ made: ['a', 'b'] }]);
  });
});
