import type pg from 'pg';
import { describe, expect } from 'vitest';
import { usualPace } from '../../src/backfill/runner.ts';
import { failureOf, test, type Rowhouse } from '../migrate/support.ts';
import type { TestDatabase } from '../support/database.ts';
import type { TestProject } from '../support/project.ts';

const schema = `
  create table root (id integer primary key, tenant integer not null);
  insert into root select g, g % 3 from generate_series(1, 9) g;
  create table a (id integer primary key, root_id integer, tenant integer, n integer not null default 0);
  create table b (like a including all);
  create table c (like a including all);
  create table d (like a including all);
  insert into a (id, root_id) select g, 1 + g % 9 from generate_series(1, 50) g;
  insert into b (id, root_id) select id, root_id from a;
  insert into c (id, root_id) select id, id from a;
  insert into d (id, root_id) select id, id from a`;

/** What a row gets; that it was changed once shows in `n`. */
const fill = (table: string, parent: string): string => `-- rowhouse: phase backfill
-- rowhouse: backfill
-- rowhouse: lock-timeout 1min
update ${table} as t set tenant = p.tenant, n = t.n + 1 from ${parent} as p
where p.id = t.root_id and t.tenant is null and p.tenant is not null`;

/** Two that need nothing of each other, then one that needs the second, and one that needs the first. */
async function files(project: TestProject): Promise<void> {
  await project.migration('0001_a', fill('a', 'root'));
  await project.migration('0002_b', fill('b', 'public.root'));
  await project.migration('0003_c', fill('c', 'b'));
  await project.migration('0004_d', fill('d', 'public.a'));
}
const names = ['0001_a', '0002_b', '0003_c', '0004_d'];

const pace = { ...usualPace, batchSize: 10, jobs: 3 };

async function filled(client: pg.ClientBase, table: string): Promise<number | null> {
  return (await client.query(`select from ${table} where tenant is not null and n = 1`)).rowCount;
}

async function count(client: pg.ClientBase, from: string): Promise<number | null> {
  return (await client.query(`select from ${from}`)).rowCount;
}

/** Begins with a row of the first table held, and waits until the second and the third table are done. */
async function begin(rowhouse: Rowhouse, client: pg.ClientBase, holder: pg.Client, signal?: AbortSignal) {
  await holder.query('begin; select from a where id = 25 for update');
  const run = rowhouse.migrate({}, { pace, ...(signal && { signal }) });
  await expect.poll(() => filled(client, 'b')).toBe(50);
  await expect.poll(() => filled(client, 'c')).toBe(50);
  expect(await filled(client, 'd')).toBe(0);
  expect((await client.query('select from rowhouse.history')).rowCount).toBe(0);
  return { run };
}

/** Cancels a run while the first table waits, and the second and the third are done. */
async function cancelled(database: TestDatabase, project: TestProject, rowhouse: Rowhouse): Promise<void> {
  await database.client.query(schema);
  await files(project);
  const holder = await database.connect();
  const controller = new AbortController();
  const { run } = await begin(rowhouse, database.client, holder, controller.signal);
  controller.abort();
  expect(await failureOf(run)).toMatchObject({ kind: 'cancelled' });
  await holder.query('commit');
}

describe('backfills with several workers', () => {
  test('run beside each other where none needs another, and are recorded in order', async ({
    database,
    project,
    rowhouse,
  }) => {
    const { client } = database;
    await client.query(schema);
    await files(project);
    const holder = await database.connect();

    const { run } = await begin(rowhouse, client, holder);
    await holder.query('commit');

    expect(await run).toEqual(names);
    const { rows } = await client.query<{ name: string }>('select name from rowhouse.history order by id');
    expect(rows.map(({ name }) => name)).toEqual(names);
    for (const table of ['a', 'b', 'c', 'd']) expect(await filled(client, table)).toBe(50);
  });

  test('go on where they were stopped, one after another too', async ({ database, project, rowhouse }) => {
    await cancelled(database, project, rowhouse);

    expect(await rowhouse.migrate()).toEqual(names);
    for (const table of ['a', 'b', 'c', 'd']) expect(await filled(database.client, table)).toBe(50);
  });

  test('are taken back from where they were stopped', async ({ database, project, rowhouse }) => {
    await cancelled(database, project, rowhouse);

    // Of the fourth nothing has begun.
    expect((await rowhouse.rollback()).migrations.map(({ id }) => id)).toEqual(names.slice(0, 3).reverse());
    expect((await database.client.query('select from rowhouse.backfill')).rowCount).toBe(0);
  });

  test('stop with the first that fails, and those before it stay', async ({ database, project, rowhouse }) => {
    const { client } = database;
    await client.query(`${schema}; alter table b add check (tenant is distinct from 2)`);
    await files(project);
    const holder = await database.connect();
    await holder.query('begin; select from a where id = 25 for update; lock table c');

    const run = failureOf(rowhouse.migrate({}, { pace: { ...pace, maxRefused: 0 } }));
    await expect.poll(() => count(client, `rowhouse.backfill_refused`)).toBeGreaterThan(0);
    // The second has ended: what is left is who runs the files, and the worker of the first.
    const sessions = `pg_stat_activity where datname = current_database() and application_name = 'rowhouse migrate tester@here'`;
    await expect.poll(() => count(client, sessions)).toBe(2);
    // Who had begun to connect before, as what needs the second might, has connected by now, and would wait for its table.
    for (let more = 0; more < 3; more += 1) await database.connect();
    expect(await count(client, sessions)).toBe(2);
    await holder.query('commit');

    expect(await run).toMatchObject({
      code: 'rows-refused',
      message: expect.stringContaining('0002_b') as string,
    });
    expect((await client.query('select name from rowhouse.migrations')).rows).toEqual([{ name: '0001_a' }]);
    expect(await filled(client, 'a')).toBe(50);
    // What reads the table of the one that failed has not begun.
    expect(await count(client, "rowhouse.backfill where name = '0003_c'")).toBe(0);
  });

  test.for([
    [
      'a function of the database',
      'create function tenant_of(id integer) returns integer language sql return (select tenant from a where a.id = tenant_of.id)',
      'update b set tenant = tenant_of(id), n = n + 1 where tenant is null',
    ],
    [
      'a view',
      'create view seen as select * from a',
      'update b as t set tenant = p.tenant, n = t.n + 1 from seen as p where p.id = t.id and t.tenant is null',
    ],
  ])('wait for each other where %s hides what is read', async ([, hides, body], { database, project, rowhouse }) => {
    const { client } = database;
    await client.query(`${schema}; ${hides}`);
    await project.migration('0001_a', fill('a', 'root'));
    await project.migration('0002_b', `-- rowhouse: backfill\n${body}`);

    expect(await rowhouse.migrate({}, { pace })).toEqual(['0001_a', '0002_b']);

    expect(await filled(client, 'b')).toBe(50);
  });
});
