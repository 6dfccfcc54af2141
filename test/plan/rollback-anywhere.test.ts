import type pg from 'pg';
import { describe, expect } from 'vitest';
import { migrate } from '../../src/app/migrate.ts';
import { usualPace } from '../../src/backfill/runner.ts';
import { diffLogicalSnapshots, readLogicalSnapshot } from '../../src/catalog/logical-snapshot.ts';
import { failureOf, type Rowhouse } from '../migrate/support.ts';
import { shop, test } from './conversion-support.ts';

/** What code writes that knows no tenant, and what must be there afterwards, wherever a conversion was. */
async function write(client: pg.ClientBase, at: string): Promise<void> {
  await client.query('insert into tasks (project_id, title) select id, $1 from projects', [`written at ${at}`]);
  await client.query('update labels set name = name || $1', [` ${at}`]);
}

async function written(client: pg.ClientBase, at: string): Promise<unknown> {
  const { rows } = await client.query(
    `select (select count(*) from tasks where title = $1) = (select count(*) from projects) as tasks,
            (select bool_and(name like $2) from labels) as labels`,
    [`written at ${at}`, `% ${at}%`],
  );
  return rows[0];
}

/** Ends a run in the middle of its first backfill of more than one batch. */
async function stopInBackfill(rowhouse: Rowhouse): Promise<void> {
  const controller = new AbortController();
  const request = await rowhouse.request({
    pace: { ...usualPace, batchSize: 20 },
    signal: controller.signal,
    onEvent: (event) => {
      if (event.type === 'backfill-progress' && (event.fraction ?? 0) > 0 && (event.fraction ?? 1) < 0.9)
        controller.abort();
    },
  });
  expect(await failureOf(migrate(request, { phase: 'backfill' }))).toMatchObject({ kind: 'cancelled' });
}

const stops: readonly (readonly [at: string, go: (rowhouse: Rowhouse) => Promise<unknown>])[] = [
  ['expand', (rowhouse) => rowhouse.migrate({ phase: 'expand' })],
  ['mid-backfill', stopInBackfill],
  ['backfill', (rowhouse) => rowhouse.migrate({ phase: 'backfill' })],
  ['contract', (rowhouse) => rowhouse.migrate()],
];

describe('a conversion goes back', () => {
  test('from every point, with what was written meanwhile', async ({ convert, rowhouse, database: { client } }) => {
    const conversion = await convert(shop.sql, shop.model);
    const shape = await readLogicalSnapshot(client);
    await conversion.plan();

    for (const [at, go] of stops) {
      await go(rowhouse);
      if (at === 'contract') await rowhouse.rollback({ phase: 'contract' }, { action: 'keep' });
      await write(client, at);
      await conversion.undo();

      expect(diffLogicalSnapshots(shape, await readLogicalSnapshot(client)), at).toEqual([]);
      expect(await written(client, at), at).toEqual({ tasks: true, labels: true });
    }
  });

  test('from contract alone, in one command, and on again', async ({ convert, rowhouse, database: { client } }) => {
    const conversion = await convert(shop.sql, shop.model);
    await conversion.plan();
    await rowhouse.migrate({ phase: 'backfill' });
    const between = await conversion.state();
    await rowhouse.migrate();

    await rowhouse.rollback({ phase: 'contract' }, { action: 'keep' });

    expect(diffLogicalSnapshots(between, await conversion.state())).toEqual([]);
    await write(client, 'between');
    await rowhouse.migrate();
    expect(await written(client, 'between')).toEqual({ tasks: true, labels: true });
    expect((await conversion.verify()).outcome).toBe('clean');
  });
});
