// The application of the benchmarks that measure what a client feels: it updates and inserts 100 times a second, for one
// tenant, in a thread and a connection of its own, so that it waits for the database alone.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import pg from 'pg';

export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export const open = async (url) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
};

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** The tables of an application with 20 tenants: `t` has so many rows, each with a parent that holds the tenant. */
export const tablesSql = (rows) => `
  create table tenants (id uuid primary key);
  insert into tenants select gen_random_uuid() from generate_series(1, 20);
  create table parent (id bigint primary key, tenant_id uuid not null references tenants);
  insert into parent select g, (select id from tenants order by id offset g % 20 limit 1) from generate_series(1, 1000) as g;
  create table t (id bigint primary key, parent_id bigint not null references parent, body text not null, n integer not null default 0, at timestamptz not null default now());
  insert into t select g, 1 + g % 1000, repeat('x', 60 + (g % 20)::int) from generate_series(1, ${rows}) as g;
  create index on t (parent_id)`;

/** As a server in use has it; the embedded one that tests run on is not durable. */
export const serverSettings = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '1GB',
  max_wal_size: '8GB',
  min_wal_size: '4GB',
};

/**
 * Gives a new server the WAL segments that one in use has: recycled ones. A new segment is filled with 16 MB of zeros, by
 * whoever needs it first, which is mostly the application's COMMIT.
 */
export async function wearIn(client) {
  for (let segment = 0; segment < 100; segment += 1) {
    await client.query(`select pg_logical_emit_message(false, 'bench', ''), pg_switch_wal()`);
  }
  await client.query('checkpoint');
}

/**
 * Lets the application run beside some work.
 *
 * @returns how long the work took, and each wait of the application: when it began, by `Date.now()`, and how long it was, in ms
 */
export async function beside(url, rows, work) {
  const worker = new Worker(new URL(import.meta.url), { workerData: { application: { url, rows } } });
  const failed = new Promise((_, reject) => worker.once('error', reject));
  const told = () => Promise.race([failed, new Promise((resolve) => worker.once('message', resolve))]);
  try {
    await told();
    await wait(300);
    const started = performance.now();
    await Promise.race([failed, work()]);
    const ms = performance.now() - started;
    worker.postMessage('stop');
    return { ms, waits: await told() };
  } finally {
    await worker.terminate();
  }
}

/** The waits within which a share of all lies, and the longest. */
export function summary(waits) {
  const sorted = waits.map(({ ms }) => ms).toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { median: at(0.5), p99: at(0.99), longest: sorted.at(-1) ?? 0 };
}

if (!isMainThread && workerData?.application) await beApplication(workerData.application);

async function beApplication({ url, rows }) {
  const client = await open(url);
  const tenant = await client.query('select tenant_id from parent where id = 20');
  await client.query("select set_config('app.current_tenant', $1, false)", [tenant.rows[0].tenant_id]);
  const waits = [];
  let stop = false;
  parentPort.once('message', () => (stop = true));
  parentPort.postMessage('ready');
  for (let n = 0; !stop; n += 1) {
    const due = performance.now() + 10;
    const at = Date.now();
    const started = performance.now();
    if (n % 2 === 0) {
      await client.query('update t set n = n + 1 where id = $1', [1 + Math.floor(Math.random() * rows)]);
    } else {
      await client.query(`insert into t (id, parent_id, body) values ($1, $2, 'new')`, [
        rows + 1 + n,
        20 + 20 * (n % 49),
      ]);
    }
    waits.push({ at, ms: performance.now() - started });
    await wait(Math.max(0, due - performance.now()));
  }
  await client.end();
  parentPort.postMessage(waits);
}
