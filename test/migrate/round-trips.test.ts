import pg from 'pg';
import { describe, expect, onTestFinished, vi } from 'vitest';
import { failureOf, test } from './support.ts';

/** What one connection has cost: its queries, and how often it had to wait for answers. */
interface Cost {
  queries: number;
  trips: number;
}

interface Queried {
  query(this: unknown, ...args: readonly unknown[]): Promise<unknown>;
}

/** Sees each query of all connections, and its answer to come. */
function watchingQueries(see: (client: unknown, answer: Promise<unknown>, text: unknown) => void): void {
  const clients = pg.Client.prototype as unknown as Queried;
  const query = Reflect.get(clients, 'query');
  const spy = vi.spyOn(clients, 'query').mockImplementation(function (this: unknown, ...args) {
    const answer = query.apply(this, args);
    see(this, answer, args[0]);
    return answer;
  });
  onTestFinished(() => {
    spy.mockRestore();
  });
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

describe('round trips', () => {
  test('of a file in one transaction are three, whatever is in it', async ({ project, rowhouse }) => {
    const write = async (from: number, to: number) => {
      for (let n = from; n <= to; n += 1) {
        const text = `create table public.t${n} (n int); insert into public.t${n} values (1); select 1;`;
        await project.migration(`${String(n).padStart(4, '0')}_file`, text, `drop table public.t${n};`);
      }
    };
    // The first run makes the schema rowhouse and the ledger.
    await write(1, 1);
    await rowhouse.migrate();
    const counting = countingTrips();

    await write(2, 2);
    await rowhouse.migrate();
    const one = counting.working();
    await write(3, 12);
    await rowhouse.migrate();
    const ten = counting.working();
    await rowhouse.rollback({ steps: 1 });
    const oneDown = counting.working();
    await rowhouse.rollback({ steps: 10 });
    const tenDown = counting.working();

    expect(ten.trips - one.trips).toBe(9 * 3);
    // Beside its three statements: a clean session, BEGIN, the lock timeout, the login role, ledger, history, COMMIT.
    expect(ten.queries - one.queries).toBe(9 * (3 + 7));
    expect(tenDown.trips - oneDown.trips).toBe(9 * 3);
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

  test('are nothing that their records may be there without, where a cancel comes before they are sent', async ({
    database,
    project,
    rowhouse,
  }) => {
    await project.migration('0001_table', 'create table public.t ();');
    const controller = new AbortController();
    watchingQueries((_, __, text) => {
      if (text === 'begin' && rowhouse.events.some(({ type }) => type === 'file-started')) controller.abort();
    });

    expect(await failureOf(rowhouse.migrate({}, { signal: controller.signal }))).toMatchObject({ kind: 'cancelled' });

    const { rows } = await database.client.query(
      `select to_regclass('public.t') as made, (select count(*)::int from rowhouse.migrations) as ledger`,
    );
    expect(rows).toEqual([{ made: null, ledger: 0 }]);
  });

  test('are in the time that the history tells', async ({ database, project, rowhouse }) => {
    await project.migration('0001_sleeps', 'select pg_sleep(0.3); select pg_sleep(0.3);');

    await rowhouse.migrate();

    const { rows } = await database.client.query<{ ms: number }>('select duration_ms as ms from rowhouse.history');
    expect(rows[0]?.ms).toBeGreaterThanOrEqual(600);
    expect(rows[0]?.ms).toBeLessThan(60_000);
  });
});
