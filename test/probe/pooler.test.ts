import pg from 'pg';
import { describe, expect } from 'vitest';
import { pgbouncer, startPgbouncer } from '../support/pgbouncer.ts';
import type { TestDatabase } from '../support/database.ts';
import { test } from '../support/test.ts';
import { buildWorld, found, notesSchema, soundPolicies, undecided } from './world.ts';

async function verifyPooled(database: TestDatabase, settings: Readonly<Record<string, string>>) {
  const world = await buildWorld(database, notesSchema, soundPolicies);
  await world.sql(`alter role :app login password 'secret'`);
  const pooler = await startPgbouncer(database.urlFor({ user: world.app, password: 'secret' }), settings);
  const clients: pg.Client[] = [];
  const open = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: pooler.url });
    client.on('error', () => undefined);
    clients.push(client);
    await client.connect();
    return client;
  };
  try {
    const report = await world.verify(undefined, { appConnection: { client: await open(), open } });
    await Promise.all(clients.map((client) => client.end()));
    const next = await open();
    const { rows } = await next.query<{ setting: string | null; left: string }>(
      `select nullif(current_setting('rowhouse.reuse', true), '') as setting,
         (select count(*) from pg_prepared_statements) + (select count(*) from pg_cursors where name like 'rowhouse%')
         + (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as left`,
    );
    expect(rows).toEqual([{ setting: null, left: '0' }]);
    return { report, app: world.app };
  } finally {
    await Promise.all(clients.map((client) => client.end()));
    await pooler.stop();
  }
}

describe.skipIf(pgbouncer === null)('through PgBouncer', () => {
  test('by transactions, what a session makes reaches the next client; nothing of ours stays', async ({ database }) => {
    const { report, app } = await verifyPooled(database, { pool_mode: 'transaction' });
    expect(undecided(report)).toEqual([]);
    expect(found(report)).toEqual([
      `context-session-scoped role:${app}`,
      `cursor-survives role:${app}`,
      `session-state-survives role:${app}`,
    ]);
    expect(report.findings.map(({ severity }) => severity)).toEqual(['warning', 'warning', 'warning']);
  });

  test.for([
    ['by transactions, cleaned after each', { pool_mode: 'transaction', server_reset_query_always: '1' }],
    ['by sessions', { pool_mode: 'session', default_pool_size: '3' }],
  ] as const)('%s nothing does', async ([, settings], { database }) => {
    const { report } = await verifyPooled(database, settings);
    expect(undecided(report)).toEqual([]);
    expect(found(report)).toEqual([]);
  });

  test('by sessions that nobody cleans it does', async ({ database }) => {
    const { report, app } = await verifyPooled(database, {
      pool_mode: 'session',
      default_pool_size: '3',
      server_reset_query: '',
    });
    expect(found(report)).toContain(`context-session-scoped role:${app}`);
  });
});
