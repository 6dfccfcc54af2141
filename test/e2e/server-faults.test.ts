import { spawnSync } from 'node:child_process';
import { unlinkSync } from 'node:fs';
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, onTestFinished } from 'vitest';
import { migrate } from '../../src/app/migrate.ts';
import { rollback } from '../../src/app/rollback.ts';
import { diffLogicalSnapshots, readLogicalSnapshot, type LogicalSnapshot } from '../../src/catalog/logical-snapshot.ts';
import { startEmbeddedServer, type EmbeddedServer } from '../../src/embedded/index.ts';
import type { RowhouseError } from '../../src/domain/errors.ts';
import type { RunEvent } from '../../src/migrate/events.ts';
import { usualPace } from '../../src/backfill/runner.ts';
import { failureOf, test as withRowhouse } from '../migrate/support.ts';
import { killServer, restarterOf } from '../support/cluster.ts';
import { smallDisk } from '../support/small-disk.ts';

const rows = 3000;
const schema = `
  create table parent (id integer primary key, tenant integer not null);
  insert into parent select g, g % 7 from generate_series(0, 49) g;
  create table t (id integer primary key, parent_id integer not null references parent, filler text not null);
  insert into t select g, g % 50, repeat('x', 300) from generate_series(1, ${rows}) g`;

/** A conversion of one table, with a file of each kind in every phase. */
const files: readonly (readonly [name: string, up: string, down: string])[] = [
  [
    '0001_column',
    '-- rowhouse: phase expand\nalter table t add column tenant integer;',
    'alter table t drop column tenant;',
  ],
  [
    '0002_fill',
    '-- rowhouse: phase backfill\n-- rowhouse: backfill\nupdate t set tenant = p.tenant from parent as p where p.id = t.parent_id and t.tenant is null',
    '-- rowhouse: backfill\nupdate t set tenant = null where tenant is not null',
  ],
  [
    '0003_index',
    '-- rowhouse: phase backfill\n-- rowhouse: no-transaction\ncreate index concurrently t_tenant on t (tenant);\ncreate index concurrently t_both on t (tenant, id);',
    '-- rowhouse: no-transaction\ndrop index concurrently if exists t_both;\ndrop index concurrently if exists t_tenant;',
  ],
  [
    '0004_present',
    '-- rowhouse: phase contract\n-- rowhouse: no-transaction\nalter table t add constraint present check (tenant is not null) not valid;\nalter table t validate constraint present;\nalter table t alter column tenant set not null;\nalter table t drop constraint present;',
    '-- rowhouse: no-transaction\nalter table t alter column tenant drop not null;\nalter table t drop constraint if exists present;',
  ],
  [
    '0005_policies',
    "-- rowhouse: phase contract\nalter table t enable row level security;\ncreate policy own on t using (tenant = nullif(current_setting('app.tenant', true), '')::integer);",
    'drop policy own on t;\nalter table t disable row level security;',
  ],
];

/** Moments of a run, at least one in every file; behind the first three a batch is interrupted in its midst, too. */
const momentsUp = (): readonly Moment[] => [
  started('0001'),
  progressed('0002', 3),
  progressed('0002', 10),
  started('0003'),
  statementDone('0003', 1),
  statementDone('0004', 1),
  statementDone('0004', 3),
  started('0005'),
];
const momentsDown = (): readonly Moment[] => [
  started('0005'),
  statementDone('0004', 1),
  started('0003'),
  statementDone('0003', 1),
  progressed('0002', 10),
  started('0001'),
];

type Moment = (event: RunEvent) => boolean;

function started(name: string): Moment {
  return (event) => event.type === 'file-started' && event.name.startsWith(name);
}

function statementDone(name: string, done: number): Moment {
  return (event) => event.type === 'statement-done' && event.name.startsWith(name) && event.done === done;
}

/** After so many batches of this run. */
function progressed(name: string, batches: number): Moment {
  let seen = 0;
  return (event) => event.type === 'backfill-progress' && event.name.startsWith(name) && ++seen === batches;
}

interface World {
  readonly server: EmbeddedServer;
  readonly up: (url: string, onEvent?: (event: RunEvent) => void) => Promise<unknown>;
  readonly down: (url: string, onEvent?: (event: RunEvent) => void) => Promise<unknown>;
}

/** `test` with a server of its own, and in it the database `rough`, yet to be converted. */
const test = withRowhouse.extend<{ world: World }>({
  world: async ({ project, rowhouse }, use) => {
    for (const file of files) await project.migration(...file);
    // What has committed shall be there after a kill.
    const server = await startEmbeddedServer({ settings: { synchronous_commit: 'on' } });
    await withClient(server.url, (client) => client.query('create database rough'));
    await withClient(server.urlFor('rough'), (client) => client.query(schema));
    const request = (url: string, onEvent: (event: RunEvent) => void = () => undefined) =>
      rowhouse.request({
        connection: { url, source: '--database-url' },
        lockWaitMs: 60_000,
        pace: { ...usualPace, batchSize: 100 },
        onEvent,
      });
    await use({
      server,
      up: async (url, onEvent) => migrate(await request(url, onEvent), {}),
      down: async (url, onEvent) => rollback(await request(url, onEvent), { all: true }, { action: 'refuse' }),
    });
    await server.stop();
  },
});

async function withClient<T>(url: string, body: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await body(client);
  } finally {
    await client.end();
  }
}

function stateOf(url: string): Promise<LogicalSnapshot> {
  return withClient(url, (client) => readLogicalSnapshot(client, { rows: true }));
}

/** Where an undisturbed run leads to, and what comes back from it. */
async function calmly({ server, up, down }: World): Promise<{ before: LogicalSnapshot; after: LogicalSnapshot }> {
  const url = server.urlFor('rough');
  const before = await stateOf(url);
  await up(url);
  const after = await stateOf(url);
  await down(url);
  expect(diffLogicalSnapshots(before, await stateOf(url))).toEqual([]);
  return { before, after };
}

/** Interrupts a run while its batch waits for a row of somebody else. @returns what the run ends with */
async function inMidBatch(url: string, run: () => Promise<unknown>, interrupt: () => void): Promise<RowhouseError> {
  return withClient(url, async (holder) => {
    holder.on('error', () => undefined);
    await holder.query(`begin; select from t where id = ${rows - 500} for update`);
    const failed = failureOf(run());
    const waiting = 'select from pg_locks where not granted';
    await expect.poll(async () => (await holder.query(waiting)).rowCount, { interval: 20 }).toBe(1);
    interrupt();
    return await failed;
  });
}

/** A way between us and a server that can be cut. */
async function cuttable(port: number): Promise<{ readonly port: number; readonly cut: () => void }> {
  const sockets = new Set<Socket>();
  const listener = createServer((near) => {
    const far = createConnection(port, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  onTestFinished(() => {
    listener.close();
  });
  return {
    port: (listener.address() as AddressInfo).port,
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

describe.skipIf(process.platform !== 'linux')('comes to the same end, and back to the same start, after', () => {
  test('the server was killed in every phase', { timeout: 120_000 }, async ({ world }) => {
    const { server, up, down } = world;
    const url = server.urlFor('rough');
    const { before, after } = await calmly(world);
    const restart = restarterOf(server);
    let { pid } = server;
    const killedAt = async (run: World['up'], isMoment: Moment): Promise<void> => {
      const error = await failureOf(
        run(url, (event) => {
          if (isMoment(event)) killServer(pid);
        }),
      );
      expect(error).toMatchObject({ kind: 'database', code: 'connection-lost' });
      pid = await restart();
    };

    const moments = momentsUp();
    for (const moment of moments.slice(0, 3)) await killedAt(up, moment);
    const error = await inMidBatch(
      url,
      () => up(url),
      () => {
        killServer(pid);
      },
    );
    expect(error).toMatchObject({ kind: 'database', code: 'connection-lost' });
    pid = await restart();
    for (const moment of moments.slice(3)) await killedAt(up, moment);
    await up(url);
    expect(diffLogicalSnapshots(after, await stateOf(url))).toEqual([]);

    for (const moment of momentsDown()) await killedAt(down, moment);
    await down(url);
    expect(diffLogicalSnapshots(before, await stateOf(url))).toEqual([]);
  });

  test('the connection was cut in every phase', { timeout: 120_000 }, async ({ world }) => {
    const { server, up, down } = world;
    const { before, after } = await calmly(world);
    const way = await cuttable(server.port);
    const far = new URL(server.urlFor('rough'));
    far.port = String(way.port);
    const cutAt = async (run: World['up'], isMoment: Moment): Promise<void> => {
      const error = await failureOf(
        run(far.href, (event) => {
          if (isMoment(event)) way.cut();
        }),
      );
      expect(error).toMatchObject({ kind: 'database', code: 'connection-lost' });
      expect(error.hint).toContain('run the same command again');
    };

    const moments = momentsUp();
    for (const moment of moments.slice(0, 3)) await cutAt(up, moment);
    const error = await inMidBatch(server.urlFor('rough'), () => up(far.href), way.cut);
    expect(error).toMatchObject({ kind: 'database', code: 'connection-lost' });
    for (const moment of moments.slice(3)) await cutAt(up, moment);
    await up(far.href);
    expect(diffLogicalSnapshots(after, await stateOf(server.urlFor('rough')))).toEqual([]);

    for (const moment of momentsDown()) await cutAt(down, moment);
    await down(far.href);
    expect(diffLogicalSnapshots(before, await stateOf(server.urlFor('rough')))).toEqual([]);
  });
});

test('a full disk stops a backfill, and an index build, which go on when there is room', async ({ skip, world }) => {
  const { server, up } = world;
  const disk = smallDisk(server.dataDir, '64m');
  if (disk === null) return skip('no tmpfs can be mounted here');
  const { after } = await calmly(world);
  await withClient(server.url, async (client) => {
    await client.query(`create tablespace small location '${disk}'`);
    await client.query('alter database rough set tablespace small');
  });
  const url = server.urlFor('rough');
  const filler = join(disk, 'filler');
  const fill = (): void => {
    for (const size of [2 ** 20, 2 ** 13])
      while (
        spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'oflag=append', 'conv=notrunc', `bs=${size}`, 'count=1'])
          .status === 0
      );
  };

  for (const name of ['0002_fill', '0003_index']) {
    const error = await failureOf(
      up(url, (event) => {
        if (event.type === 'file-started' && event.name === name) fill();
      }),
    );

    expect(error).toMatchObject({
      kind: 'database',
      message: expect.stringMatching(new RegExp(`${name}.*No space left on device`)) as string,
    });
    expect(error.hint).toContain('run the same command again');
    unlinkSync(filler);
  }
  await up(url);
  expect(diffLogicalSnapshots(after, await stateOf(url))).toEqual([]);
});
