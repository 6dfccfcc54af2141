import { describe, expect } from 'vitest';
import { backfillStatus, steerBackfill } from '../../src/app/backfill.ts';
import type { Connection } from '../../src/postgres/connect.ts';
import { Pace } from '../../src/backfill/pace.ts';
import { calm, heldBack, restAfter, slowedBy } from '../../src/backfill/throttle.ts';
import { WalMeter } from '../../src/backfill/wal-meter.ts';
import { test } from '../support/test.ts';
import { backfill, column } from './support.ts';

const body = 'update t set tenant = 1 where tenant is null';
const table = `
  create table t (id integer primary key, tenant integer, filler text not null) with (autovacuum_enabled = false);
  insert into t (id, filler) select g, repeat('x', 900) from generate_series(1, 400) g`;

/** Steers a backfill from beside it once its first batch is done. */
function onceBegun(work: () => Promise<unknown>): () => void {
  let begun = false;
  return () => {
    if (!begun) void work();
    begun = true;
  };
}

describe('from another terminal', () => {
  test('a backfill is paused, seen, steered and resumed', async ({ database }) => {
    await database.client.query(table);
    const connection: Connection = { url: database.url, source: '--database-url' };
    const held: (string | null)[] = [];
    const run = backfill(database.url, body, {
      // Slow enough that it is still at work when it is told.
      pace: { batchSize: 1, passes: 1, load: 5 },
      onProgress: (progress) => {
        held.push(progress.heldBy);
        begun();
      },
    });
    const begun = onceBegun(() => steerBackfill(connection, null, { paused: true }));
    await expect.poll(() => held).toContain('paused');

    const { backfills, running } = await backfillStatus(connection);
    expect(running).toBeNull();
    expect(backfills).toEqual([
      expect.objectContaining({ name: '0001_fill', relation: 'public.t', way: 'pages, passes: 1', paused: true }),
    ]);
    expect(backfills[0]?.rows).toBeGreaterThan(0);
    expect(backfills[0]?.rows).toBeLessThan(400);
    await expect(steerBackfill(connection, '0002_other', { paused: true })).rejects.toMatchObject({
      kind: 'usage',
      code: 'no-backfill',
    });
    expect(await steerBackfill(connection, '0001_fill', { paused: false, batchSize: 200, load: 100 })).toEqual([
      '0001_fill',
    ]);

    const { rows, progress } = await run;
    expect(rows).toBe(400);
    const steps = progress.map((now, index) => now.rows - (progress[index - 1]?.rows ?? 0));
    expect(Math.max(...steps)).toBeGreaterThan(100);
    expect(await column(database.client, 't', 'distinct tenant', '1')).toEqual([1]);
  });

  test('a backfill is cancelled, and goes on when it is run again', async ({ database }) => {
    await database.client.query(table);
    const connection: Connection = { url: database.url, source: '--database-url' };
    const begun = onceBegun(() => steerBackfill(connection, null, { cancelled: true }));
    const pace = { batchSize: 1, passes: 1, load: 5 };

    await expect(backfill(database.url, body, { pace, onProgress: begun })).rejects.toMatchObject({
      kind: 'cancelled',
      code: 'backfill-cancelled',
    });

    const left = await column(database.client, 't', 'count(*) filter (where tenant is null)::int', '1');
    expect(left[0]).toBeGreaterThan(0);
    await steerBackfill(connection, null, { batchSize: 200 });
    const { rows, warnings } = await backfill(database.url, body, { pace: { batchSize: 100 } });
    expect(rows).toBe(400);
    expect(warnings).toEqual(['goes as `rowhouse backfill set` has said, and not as this command: 200 rows a batch']);
  });
});

describe('the pace', () => {
  test('at most doubles, goes by the mean of the last batches, and halves when told', () => {
    const pace = new Pace({ size: null, ms: 100 }, 1000);
    pace.ran(1000, 10);
    expect(pace.size).toBe(2000);
    pace.ran(2000, 190);
    expect(pace.size).toBe(1500);
    pace.ran(1500, 10_000);
    expect(pace.size).toBe(750);
    pace.halve();
    expect(pace.size).toBe(375);
    pace.ran(375, 100);
    expect(pace.size).toBe(375);
  });

  test('is as told, but for a batch that failed', () => {
    const pace = new Pace({ size: 8, ms: 100 }, 1000);
    pace.ran(8, 1);
    pace.halve();
    expect(pace.size).toBe(8);
    pace.narrow(8);
    expect(pace.size).toBe(4);
    pace.ran(4, 1);
    expect(pace.size).toBe(8);
    pace.steer({ size: null, ms: 100 });
    pace.ran(8, 1);
    expect(pace.size).toBe(16);
  });
});

describe('pressure', () => {
  const limits = { load: 50, replicaLag: 2 ** 20, walRate: 2 ** 20, archiveBacklog: 2 ** 24, active: 3 };

  test('holds batches back beyond a limit', () => {
    expect(heldBack(calm, limits)).toBeNull();
    expect(heldBack({ ...calm, replicaLag: 2 ** 20, active: 3, unarchived: 2 ** 24 }, limits)).toBeNull();
    expect(heldBack({ ...calm, replicaLag: 3 * 2 ** 20 }, limits)).toBe('a replica is 3.0 MB behind');
    expect(heldBack({ ...calm, unarchived: 2 ** 25 }, limits)).toBe('32 MB of WAL wait to be archived');
    expect(heldBack({ ...calm, wal: { rate: 0, debt: 1 } }, limits)).toBe('WAL is written faster than 1.0 MB a second');
    expect(heldBack({ ...calm, active: 4 }, limits)).toBe('4 other sessions are at work');
    expect(heldBack({ ...calm, active: 4 }, { ...limits, active: null })).toBeNull();
  });

  test('is told of where batches are smaller or fewer for it', () => {
    expect(slowedBy(calm)).toBeNull();
    expect(slowedBy({ ...calm, waiting: 1 })).toBe('1 other session waits for its locks: smaller batches');
    expect(slowedBy({ ...calm, vacuuming: true })).toContain('a VACUUM of the table is under way');
  });

  test('by WAL lasts until what was too much is worked off', () => {
    const meter = new WalMeter();
    expect(meter.seen(5000, 0, 100)).toEqual({ rate: null, debt: 0 });
    expect(meter.seen(5500, 1000, 100)).toEqual({ rate: 500, debt: 400 });
    expect(meter.seen(5500, 3000, 100)).toEqual({ rate: 0, debt: 200 });
    expect(meter.seen(5550, 6000, 100)).toMatchObject({ debt: 0 });
    expect(meter.seen(9000, 7000, null)).toEqual({ rate: 3450, debt: 0 });
    expect(meter.seen(null, 8000, 100)).toEqual({ rate: null, debt: 0 });
  });

  test('leaves the rest of the time to others, and half of it at least to a VACUUM', () => {
    expect(restAfter(100, calm, limits)).toBe(100);
    expect(restAfter(100, calm, { ...limits, load: 100 })).toBe(0);
    expect(restAfter(100, { ...calm, vacuuming: true }, { ...limits, load: 100 })).toBe(100);
  });
});
