import pg from 'pg';
import { describe, expect } from 'vitest';
import type { RunEvent } from '../../src/migrate/events.ts';
import { runBatch } from '../../src/postgres/batch.ts';
import type { TestProject } from '../support/project.ts';
import { failureOf, test, watchingQueries, type Rowhouse } from './support.ts';

/** What one connection has cost: its queries, and how often it had to wait for answers. */
interface Cost {
  queries: number;
  trips: number;
}

/** Counts on the connection that does the work: a query that is sent while others have no answer yet adds no round trip. */
function countingTrips(): { readonly working: () => Cost } {
  const costs = new Map<unknown, Cost & { unanswered: number }>();
  watchingQueries((client, answer) => {
    const cost = costs.get(client) ?? { queries: 0, trips: 0, unanswered: 0 };
    costs.set(client, cost);
    cost.queries += 1;
    if (cost.unanswered === 0) cost.trips += 1;
    cost.unanswered += 1;
    const answered = () => {
      cost.unanswered -= 1;
    };
    answer.then(answered, answered);
  });
  return {
    working: () => {
      const [busiest = { queries: 0, trips: 0 }] = [...costs.values()].sort((a, b) => b.queries - a.queries);
      costs.clear();
      return { queries: busiest.queries, trips: busiest.trips };
    },
  };
}

/** What a run of one file costs, and a run of ten, where the schema rowhouse and the ledger are there already. */
async function costsOf(
  { project, rowhouse }: { readonly project: TestProject; readonly rowhouse: Rowhouse },
  textOf: (n: number) => string,
): Promise<{ readonly one: Cost; readonly ten: Cost; readonly counting: ReturnType<typeof countingTrips> }> {
  const migrate = async (from: number, to: number) => {
    for (let n = from; n <= to; n += 1) {
      await project.migration(`${String(n).padStart(4, '0')}_file`, textOf(n), `drop table public.t${n};`);
    }
    await rowhouse.migrate();
  };
  await migrate(1, 1);
  const counting = countingTrips();
  await migrate(2, 2);
  const one = counting.working();
  await migrate(3, 12);
  return { one, ten: counting.working(), counting };
}

describe('round trips', () => {
  test('of a file in one transaction are one, whatever is in it', async ({ project, rowhouse }) => {
    const { one, ten, counting } = await costsOf(
      { project, rowhouse },
      (n) => `create table public.t${n} (n int); insert into public.t${n} values (1); select 1;`,
    );
    await rowhouse.rollback({ steps: 1 });
    const oneDown = counting.working();
    await rowhouse.rollback({ steps: 10 });
    const tenDown = counting.working();

    expect(ten.trips - one.trips).toBe(9);
    // All of the file, and a clean session behind it.
    expect(ten.queries - one.queries).toBe(9);
    expect(tenDown.trips - oneDown.trips).toBe(9);
  });

  test('of files that nothing can be in the way of are fewer than the files', async ({ project, rowhouse }) => {
    const { one, ten } = await costsOf({ project, rowhouse }, (n) => `create table public.t${n} (n int);`);

    // Two of them in each at the least, however fast the answers come.
    expect(ten.trips - one.trips).toBeLessThanOrEqual(5);
  });

  test('of a run with nothing to do are few', async ({ project, rowhouse }) => {
    await project.migration('0001_table', 'create table public.t (n int);');
    await rowhouse.migrate();
    const counting = countingTrips();

    await rowhouse.migrate();

    expect(counting.working().trips).toBeLessThanOrEqual(9);
  });
});

describe('statements that are sent before the one in front has been answered', () => {
  test('do not run where it has failed, though the file goes back to a savepoint', async ({
    database,
    project,
    rowhouse,
  }) => {
    await project.migration(
      '0001_savepoint',
      'create table public.before ();\nsavepoint a;\nselect 1/0;\nrollback to savepoint a;\ncreate table public.after ();',
    );

    const failure = await failureOf(rowhouse.migrate());

    expect(failure.message).toContain('migrations/0001_savepoint.sql:3: division by zero');
    const { rows } = await database.client.query(
      `select to_regclass('public.before') as before, to_regclass('public.after') as after,
              (select count(*)::int from rowhouse.migrations) as ledger,
              (select array_agg(outcome) from rowhouse.history) as history`,
    );
    expect(rows).toEqual([{ before: null, after: null, ledger: 0, history: ['failed'] }]);
  });

  test.for(['before it is sent', 'as it is sent'])(
    'and their records are there together or not at all, where a cancel meets the file %s',
    async (moment, { database, project, rowhouse }) => {
      await project.migration('0001_before', 'select 1;');
      await rowhouse.migrate();
      await project.migration('0002_table', 'create table public.t ();');
      const controller = new AbortController();
      const onEvent = ({ type }: RunEvent) => {
        if (moment === 'before it is sent' && type === 'file-started') controller.abort();
      };
      watchingQueries((_, __, sent) => {
        if (moment === 'as it is sent' && sent instanceof pg.Query) controller.abort();
      });

      await rowhouse.migrate({}, { signal: controller.signal, onEvent }).catch(() => undefined);

      const { rows } = await database.client.query<{ made: boolean; ledger: number }>(
        `select to_regclass('public.t') is not null as made, (select count(*)::int from rowhouse.migrations) as ledger`,
      );
      expect(rows[0]?.ledger).toBe(rows[0]?.made ? 2 : 1);
      if (moment === 'before it is sent') expect(rows[0]?.made).toBe(false);
    },
  );

  test('are passed over with all that is behind one that fails, where that is BEGIN too', async ({ database }) => {
    const statements = ['select 1/0', 'create table public.t ()', 'commit'].map((text) => ({ text }));

    await expect(runBatch(database.client, statements)).rejects.toThrow('division by zero');

    const { rows } = await database.client.query("select to_regclass('public.t') as made");
    expect(rows).toEqual([{ made: null }]);
  });

  test.for([
    [
      'trigger',
      'create trigger t before insert or delete on rowhouse.migrations for each row execute function nothing()',
    ],
    ['rule', 'create rule r as on insert to rowhouse.migrations do instead nothing'],
  ])(
    'do not count where a %s keeps the row from the ledger',
    async ([, swallows = ''], { database, project, rowhouse }) => {
      const { client } = database;
      await project.migration('0001_before', 'create table public.before ();', 'drop table public.before;');
      await rowhouse.migrate();
      await client.query(
        `create function nothing() returns trigger language plpgsql as 'begin return null; end'; ${swallows}`,
      );
      await project.migration('0002_table', 'create table public.t ();', 'drop table public.t;');

      expect((await failureOf(rowhouse.migrate())).message).toContain('rowhouse.migrations');
      if (swallows.includes('trigger')) {
        expect(await failureOf(rowhouse.rollback())).toMatchObject({ kind: 'database', code: 'ledger-unchanged' });
      }

      const { rows } = await client.query(
        "select to_regclass('public.before') as before, to_regclass('public.t') as made, (select count(*)::int from rowhouse.migrations) as ledger",
      );
      expect(rows).toEqual([{ before: 'before', made: null, ledger: 1 }]);
    },
  );

  test('are in the time that the history tells', async ({ database, project, rowhouse }) => {
    await project.migration('0001_sleeps', 'select pg_sleep(0.3); select pg_sleep(0.3);');

    await rowhouse.migrate();

    const { rows } = await database.client.query<{ ms: number }>('select duration_ms as ms from rowhouse.history');
    expect(rows[0]?.ms).toBeGreaterThanOrEqual(600);
    expect(rows[0]?.ms).toBeLessThan(60_000);
  });
});
