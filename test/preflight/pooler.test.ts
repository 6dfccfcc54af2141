import { expect, onTestFinished } from 'vitest';
import { lockHolder } from '../../src/postgres/advisory-lock.ts';
import { eventsOf, failureOf, test } from '../migrate/support.ts';
import { pgbouncer, startPgbouncer } from '../support/pgbouncer.ts';
import { examined, resultOf } from './support.ts';

test.skipIf(pgbouncer === null)(
  'a pooler that gives each transaction a session of its own is refused before the lock is taken',
  async ({ database, project, rowhouse }) => {
    const pooler = await startPgbouncer(database.url, { pool_mode: 'transaction', default_pool_size: '3' });
    onTestFinished(() => pooler.stop());
    await project.migration('0001_first', 'create table first ();');
    const request = { connection: { url: pooler.url, source: '--database-url' } } as const;

    const found = await examined(project, pooler.url);

    expect(resultOf(found, 'pooler').outcome).toBe('refused');
    expect(resultOf(found, 'server').outcome).toBe('ok');
    expect(await failureOf(rowhouse.migrate({}, request))).toMatchObject({
      kind: 'database',
      code: 'pooled-connection',
    });
    expect(await lockHolder(database.client)).toBeNull();
    expect((await database.client.query("select to_regclass('first') as first")).rows).toEqual([{ first: null }]);
  },
);

test.skipIf(pgbouncer === null)('a pooler that keeps sessions is told of', async ({ database, project, rowhouse }) => {
  const pooler = await startPgbouncer(database.url, { pool_mode: 'session', default_pool_size: '5' });
  onTestFinished(() => pooler.stop());
  await project.migration('0001_first', 'create table first ();');

  expect(resultOf(await examined(project, pooler.url), 'pooler').outcome).toBe('warning');
  await rowhouse.migrate({}, { connection: { url: pooler.url, source: '--database-url' } });

  expect(eventsOf(rowhouse, 'preflight')).toMatchObject([{ id: 'pooler', outcome: 'warning' }]);
});
