import { describe, expect } from 'vitest';
import { diffLogicalSnapshots } from '../../src/catalog/logical-snapshot.ts';
import { readiness } from '../../src/app/readiness.ts';
import { failureOf } from '../migrate/support.ts';
import { companies, shop, test } from '../plan/conversion-support.ts';

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

  test('counts a write to a table with partitions once, and one to a partition too', async ({
    convert,
    rowhouse,
    database: { client },
  }) => {
    const conversion = await convert(
      `${companies.sql}
       create table events (id integer, company_id uuid not null references companies, at date not null, primary key (id, at))
         partition by range (at);
       create table events_old partition of events for values from (minvalue) to ('2024-01-01') partition by range (at);
       create table events_2023 partition of events_old for values from ('2023-01-01') to ('2024-01-01');
       create table events_new partition of events for values from ('2024-01-01') to (maxvalue);
       insert into events select g, c.id, date '2023-11-01' + 30 * g
         from (select id from companies limit 1) as c, generate_series(1, 3) as g`,
      `${companies.model}
  public.events: { tenancy: row, column: company_id }`,
    );
    const before = await conversion.state();
    await conversion.plan();
    await rowhouse.migrate({ phase: 'expand' });
    const request = await rowhouse.request();
    const writes = async () => (await readiness(request)).tables.map(({ contextlessWrites }) => contextlessWrites);

    await client.query('update events set id = id');
    expect(await writes()).toEqual([1]);
    for (const table of ['events_new', 'events_old', 'events_2023']) await client.query(`update ${table} set id = id`);
    expect(await writes()).toEqual([4]);
    await client.query(
      "create table events_2022 partition of events_old for values from ('2022-01-01') to ('2023-01-01')",
    );
    expect((await readiness(request)).tables).toEqual([
      of('events', { contextlessWrites: 4, uncounted: [{ schema: 'public', name: 'events_2022' }] }),
    ]);
    await client.query('drop table events_2022');

    await rowhouse.migrate();
    const { rowCount } = await client.query("select from pg_trigger where tgname = 'zz_count_contextless'");
    expect(rowCount).toBe(0);
    await conversion.undo();
    expect(diffLogicalSnapshots(before, await conversion.state())).toEqual([]);
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
