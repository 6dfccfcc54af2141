import { describe, expect } from 'vitest';
import { readiness } from '../../src/app/readiness.ts';
import { failureOf } from '../migrate/support.ts';
import { shop, test } from '../plan/conversion-support.ts';

/** What has been counted of one table. */
const of = (name: string, counts: object): unknown =>
  expect.objectContaining({ table: { schema: 'public', name }, ...counts });

describe('the readiness for the contract phase', () => {
  test('counts rows, and writes without a context, and is there when every row has a tenant', async ({
    convert,
    rowhouse,
    database: { client },
  }) => {
    await (await convert(shop.sql, shop.model)).plan();
    await rowhouse.migrate({ phase: 'expand' });
    const request = await rowhouse.request();
    const early = await readiness(request);
    expect(early.ready).toBe(false);
    expect(early.pending.map((id) => id.replace(/^\d+_/, ''))).toContain('fill_tenant_tasks');

    await client.query(
      "update tasks set title = title; insert into projects (company_id, slug) select id, 'new ' || name from companies",
    );
    await client.query(
      "begin; select set_config('app.current_tenant', id::text, true) from companies limit 1; delete from tasks where false; commit",
    );
    await rowhouse.migrate({ phase: 'backfill' });

    const ready = await readiness(request);
    expect(ready).toMatchObject({ ready: true, pending: [], backfills: [] });
    expect(ready.tables).toContainEqual(of('tasks', { unattributed: 0, unknown: 0, contextlessWrites: 1 }));
    expect(ready.tables).toContainEqual(of('projects', { contextlessWrites: 1 }));
    expect(ready.tables).toContainEqual(of('labels', { contextlessWrites: 0 }));
    const { rows } = await client.query<{ count: number }>('select count(*)::int as count from tasks');
    expect(ready.tables).toContainEqual(of('tasks', { rows: rows[0]?.count }));

    await rowhouse.migrate();
    expect((await readiness(request)).tables).toContainEqual(of('tasks', { contextlessWrites: null }));
    const left = await client.query("select from pg_class where relkind = 'S' and relname like '%contextless%'");
    expect(left.rowCount).toBe(0);
  });

  test('is not there while a row has no tenant, or one that does not exist, and nothing of the phase runs', async ({
    convert,
    rowhouse,
    database: { client },
  }) => {
    await (await convert(shop.sql, shop.model)).plan();
    await rowhouse.migrate({ phase: 'backfill' });
    await client.query(`
      set session_replication_role = replica;
      update tasks set company_id = null where id in (1, 2);
      update labels set company_id = gen_random_uuid() where id = 1`);

    expect(await readiness(await rowhouse.request())).toMatchObject({
      ready: false,
      tables: expect.arrayContaining([of('tasks', { unattributed: 2 }), of('labels', { unknown: 1 })]) as unknown,
    });
    const error = await failureOf(rowhouse.migrate());
    expect(error).toMatchObject({
      kind: 'database',
      code: 'rows-unattributed',
      detail: 'public.tasks: 2 rows with no company_id',
    });
    const { rows } = await client.query('select max(name) as last from rowhouse.history');
    expect(rows).toEqual([{ last: expect.stringContaining('tenant_indexes') as string }]);
  });
});
