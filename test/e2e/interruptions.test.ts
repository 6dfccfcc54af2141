import { describe, expect } from 'vitest';
import { diffLogicalSnapshots } from '../../src/catalog/logical-snapshot.ts';
import { loadLegacyVital } from '../../src/demo/vital.ts';
import { createTestDatabase } from '../support/database.ts';
import { runCli, spawnCli } from '../support/cli.ts';
import { test } from '../support/project.ts';
import { root } from '../vital/vital.ts';
import { interrupt, isLocked, snapshotVital, type Interruption } from './support.ts';

/** What the process of an interrupted run ends with. */
const endOf = {
  SIGKILL: { code: null, signal: 'SIGKILL' },
  SIGINT: { code: 130, signal: null },
  pg_terminate_backend: { code: 3, signal: null },
} as const;

const done = (name: string, direction = 'up') =>
  `exists (select from rowhouse.history where name like '${name}%' and direction = '${direction}' and outcome = 'done')`;
const batches = (name: string, count: number, direction = 'up') =>
  `(select sum(batches) >= ${count} from rowhouse.backfill_part where name like '${name}%' and direction = '${direction}')`;
const statements = (name: string, count: number, direction = 'up') =>
  `exists (select from rowhouse.progress where name like '${name}%' and direction = '${direction}' and statements_done >= ${count})`;
const building = (name: string) =>
  `exists (select from rowhouse.progress where name like '${name}%' and in_flight is not null)`;

describe('VITAL, interrupted in every phase', () => {
  const scale = 0.02;
  const vital = ['--project', root];
  const up: readonly Interruption[] = [
    { by: 'SIGKILL', once: done('0003') },
    { by: 'SIGINT', once: done('0006') },
    { by: 'pg_terminate_backend', once: done('0009') },
    { by: 'SIGKILL', once: batches('0017', 3) },
    { by: 'pg_terminate_backend', once: batches('0021', 4) },
    { by: 'SIGKILL', once: batches('0025', 20) },
    { by: 'SIGINT', once: batches('0025', 60) },
    { by: 'SIGKILL', once: building('0026') },
    { by: 'SIGINT', once: statements('0026', 6) },
    { by: 'pg_terminate_backend', once: building('0027') },
    { by: 'SIGKILL', once: statements('0028', 3) },
    { by: 'SIGINT', once: statements('0029', 8) },
    { by: 'SIGKILL', once: done('0033') },
    { by: 'pg_terminate_backend', once: done('0036') },
    { by: 'SIGKILL', once: done('0037') },
  ];
  const down: readonly Interruption[] = [
    { by: 'SIGKILL', once: done('0040', 'down') },
    { by: 'pg_terminate_backend', once: done('0034', 'down') },
    { by: 'SIGKILL', once: building('0027') },
    { by: 'SIGINT', once: statements('0026', 2, 'down') },
    { by: 'SIGKILL', once: done('0007', 'down') },
  ];

  test('comes to the same end, and back to the same start', { timeout: 180_000 }, async ({ database }) => {
    const { client } = database;
    await loadLegacyVital(client, scale);
    const legacy = await snapshotVital(client);
    const migrate = ['migrate', '--batch-size', '20', ...vital];
    const go = (command: readonly string[]) => runCli([...command, '--yes', '--database-url', database.url]);

    for (const interruption of up) {
      expect(await interrupt(database, migrate, interruption), interruption.once).toMatchObject(endOf[interruption.by]);
    }
    expect(await go(migrate)).toMatchObject({ code: 0 });
    const converted = await snapshotVital(client);

    const calm = await createTestDatabase();
    try {
      await loadLegacyVital(calm.client, scale);
      const { code } = await runCli(['migrate', '--yes', '--database-url', calm.url, ...vital]);
      expect(code).toBe(0);
      expect(diffLogicalSnapshots(await snapshotVital(calm.client), converted)).toEqual([]);
    } finally {
      await calm.drop();
    }

    const rollback = ['rollback', '--all', ...vital];
    for (const interruption of down) {
      expect(await interrupt(database, rollback, interruption), interruption.once).toMatchObject(
        endOf[interruption.by],
      );
    }
    expect(await go(rollback)).toMatchObject({ code: 0 });
    expect(diffLogicalSnapshots(legacy, await snapshotVital(client))).toEqual([]);
  });
});

describe('a backfill', () => {
  const rows = 2000;
  const schema = `
    create table public.t (id integer primary key, n integer not null default 0);
    insert into public.t (id) select generate_series(1, ${rows})`;
  const counting = '-- rowhouse: backfill\n-- rowhouse: lock-timeout 1min\nupdate public.t set n = n + 1';
  /** What the rows say and what the checkpoint says must never part. */
  const difference =
    'select sum(p.rows_done)::int - (select sum(n)::int from public.t) as difference from rowhouse.backfill_part as p';
  const counts = 'select n, count(*)::int as rows from public.t group by n order by n';

  test('takes every row once, however often it is interrupted', { timeout: 90_000 }, async ({ database, project }) => {
    const { client } = database;
    await client.query(schema);
    await project.migration('0001_count', counting);
    const migrate = ['migrate', '--batch-size', '10', '--project', project.directory];

    for (const [by, batch] of [
      ['SIGKILL', 10],
      ['pg_terminate_backend', 40],
      ['SIGINT', 70],
      ['SIGKILL', 100],
      ['SIGKILL', 130],
    ] as const) {
      const ended = await interrupt(database, migrate, { by, once: batches('0001', batch) });
      expect(ended).toMatchObject(endOf[by]);
      if (by === 'pg_terminate_backend') expect(ended.stderr).toContain('run the same command again');
      expect((await client.query(difference)).rows).toEqual([{ difference: 0 }]);
    }
    // Between a batch and its checkpoint, which cannot be written as long as another session holds it.
    const holder = await database.connect();
    await holder.query('begin; select from rowhouse.backfill_part for update');
    await interrupt(database, migrate, {
      by: 'SIGKILL',
      once: `exists (select from pg_stat_activity
                      where datname = current_database() and wait_event_type = 'Lock' and query like '%update rowhouse.backfill_part%')`,
    });
    await expect.poll(() => isLocked(client)).toBe(false);
    await holder.query('commit');
    expect((await client.query(difference)).rows).toEqual([{ difference: 0 }]);

    const last = await runCli([...migrate, '--database-url', database.url]);

    expect(last.code).toBe(0);
    expect(last.stderr).toMatch(/0001_count: goes on, \d+ rows done/);
    expect(last.stderr).toMatch(/✓ 0001_count .* 2,000 rows/);
    expect((await client.query(counts)).rows).toEqual([{ n: 1, rows }]);
  });

  test('in passes takes every row once, whatever pass it is killed in', async ({ database, project }) => {
    const { client } = database;
    await client.query(`${schema}; alter table public.t add column tenant integer`);
    await project.migration('0001_fill', `${counting}, tenant = 1 where tenant is null`);
    const migrate = ['migrate', '--batch-size', '10', '--passes', '4', '--project', project.directory];

    for (const batch of [6, 11]) {
      expect(await interrupt(database, migrate, { by: 'SIGKILL', once: batches('0001', batch) })).toMatchObject(
        endOf.SIGKILL,
      );
    }
    const last = await runCli([...migrate, '--yes', '--database-url', database.url]);

    expect(last.stderr).toMatch(/0001_fill: goes on, \d+ rows done/);
    expect((await client.query(counts)).rows).toEqual([{ n: 1, rows }]);
  });

  test('of several workers by key takes every row once, with another number of them after a kill', async ({
    database,
    project,
  }) => {
    const { client } = database;
    await client.query(`
      ${schema};
      alter table public.t add column filler text;
      update public.t set filler = repeat('x', 1500)`);
    await project.migration('0001_count', counting);
    const migrate = (jobs: string) => ['migrate', '--batch-size', '10', '--jobs', jobs, '--project', project.directory];

    expect(await interrupt(database, migrate('3'), { by: 'SIGKILL', once: batches('0001', 30) })).toMatchObject(
      endOf.SIGKILL,
    );
    expect((await client.query(difference)).rows).toEqual([{ difference: 0 }]);
    const last = await runCli([...migrate('4'), '--yes', '--database-url', database.url]);

    expect(last.stderr).toMatch(/0001_count: goes on, \d+ rows done/);
    expect((await client.query(counts)).rows).toEqual([{ n: 1, rows }]);
  });

  test('beside that of another table takes every row once, after a kill of both', async ({ database, project }) => {
    const { client } = database;
    await client.query(
      `${schema}; create table public.u (like public.t including all); insert into public.u select * from public.t`,
    );
    await project.migration('0001_count', counting);
    await project.migration('0002_count_others', counting.replace('public.t', 'public.u'));
    const migrate = ['migrate', '--batch-size', '10', '--jobs', '2', '--project', project.directory];

    for (const batch of [5, 15]) {
      const both = `${batches('0001', batch)} and ${batches('0002', batch)}`;
      expect(await interrupt(database, migrate, { by: 'SIGKILL', once: both })).toMatchObject(endOf.SIGKILL);
    }
    const last = await runCli([...migrate, '--yes', '--database-url', database.url]);

    expect(last.code).toBe(0);
    for (const name of ['0001_count', '0002_count_others']) {
      expect(last.stderr).toMatch(new RegExp(`${name}: goes on, \\d+ rows done`));
    }
    expect((await client.query(counts)).rows).toEqual([{ n: 1, rows }]);
    expect((await client.query(counts.replace('public.t', 'public.u'))).rows).toEqual([{ n: 1, rows }]);
  });

  test('keeps a second runner out, which then finds nothing to do', async ({ database, project }) => {
    await database.client.query(schema);
    await project.migration('0001_count', counting);
    const args = ['migrate', '--project', project.directory, '--database-url', database.url];
    const writer = await database.connect();
    await writer.query('begin; select from public.t where id = 1000 for update');

    const first = spawnCli([...args, '--batch-size', '100']);
    await expect.poll(() => isLocked(database.client)).toBe(true);
    const second = await runCli([...args, '--lock-wait', '1ms']);
    expect(second.code).toBe(5);
    expect(second.stderr).toContain('Another run holds the lock of this database.');
    expect(second.stderr).toMatch(/pid \d+, rowhouse migrate/);
    const third = spawnCli([...args, '--lock-wait', '1min']);
    await new Promise<void>((resolve) => {
      third.child.stderr.on('data', (chunk: string) => {
        if (chunk.includes('waiting for another run')) resolve();
      });
    });
    await writer.query('commit');

    expect(await first.result).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^1 migration applied in .+\.\n$/) as string,
    });
    expect(await third.result).toMatchObject({ code: 0, stdout: 'Nothing is pending.\n' });
    expect((await database.client.query(counts)).rows).toEqual([{ n: 1, rows }]);
  });

  test('that was killed on its way up and on its way down goes on down', async ({ database, project }) => {
    const { client } = database;
    await client.query(schema);
    await project.migration('0001_count', counting, '-- rowhouse: backfill\nupdate public.t set n = 0');
    const options = ['--batch-size', '10', '--project', project.directory];
    const go = (command: string) => runCli([command, ...options, '--yes', '--database-url', database.url]);
    await interrupt(database, ['migrate', ...options], { by: 'SIGKILL', once: batches('0001', 30) });
    await interrupt(database, ['rollback', ...options], { by: 'SIGKILL', once: batches('0001', 10, 'down') });

    const refused = await go('migrate');
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain('The rollback of 0001_count stopped half-way; nothing was run.');
    expect(await go('rollback')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^1 migration undone in .+\.\n$/) as string,
    });
    expect((await client.query(counts)).rows).toEqual([{ n: 0, rows }]);
    expect((await go('migrate')).code).toBe(0);
    expect((await client.query(counts)).rows).toEqual([{ n: 1, rows }]);
  });
});

test('a run that is killed in a long statement lets go of its lock', async ({ database, project }) => {
  await project.migration('0001_sleep', 'select pg_sleep(3600);');
  const sleeping = `exists (select from pg_stat_activity where query = 'select pg_sleep(3600)' and state = 'active' and datname = current_database())`;

  const ended = await interrupt(database, ['migrate', '--project', project.directory], {
    by: 'SIGKILL',
    once: sleeping,
  });

  expect(ended.signal).toBe('SIGKILL');
  await expect.poll(() => isLocked(database.client)).toBe(false);
});
