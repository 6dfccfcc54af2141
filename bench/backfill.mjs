// How a tenant column is filled through a foreign key, by several ways in one run (docs/migrations.md, "How a backfill runs"):
//   single   one UPDATE of the whole table
//   key      ranges of 5,000 keys, one UPDATE each
//   touch    ranges of 5,000 keys that touch each row, so that a trigger fills it, as pgroll does
//   passes   `rowhouse migrate`: ranges of pages in interleaved passes, with one worker and with two
// each on a table of its own, while a client updates and inserts 100 times a second. Then the whole of a conversion, by
// `rowhouse migrate` and by plain statements, beside the same client without any.
// Run: npm run bench:backfill -- --rows 2000000 --rounds 3. The defaults are for a quick look.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import pg from 'pg';

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const open = async (url) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
};

/** The application: in a thread of its own, so that it waits for the database alone. */
async function beClient({ url, rows }) {
  const client = await open(url);
  const taken = [];
  let stop = false;
  parentPort.once('message', () => (stop = true));
  parentPort.postMessage('ready');
  for (let n = 0; !stop; n += 1) {
    const due = performance.now() + 10;
    const started = performance.now();
    if (n % 2 === 0) {
      await client.query('update t set n = n + 1 where id = $1', [1 + Math.floor(Math.random() * rows)]);
    } else {
      await client.query(`insert into t (id, parent_id, body) values ($1, $2, 'new')`, [rows + 1 + n, 1 + (n % 1000)]);
    }
    taken.push(performance.now() - started);
    await wait(Math.max(0, due - performance.now()));
  }
  await client.end();
  parentPort.postMessage(taken.toSorted((a, b) => a - b));
}

if (isMainThread) await main();
else await beClient(workerData);

async function main() {
  const { startEmbeddedServer } = await import('../dist/embedded/index.js');
  const { migrate, openProject, usualPace } = await import('../dist/index.js');
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '300000' },
      rounds: { type: 'string', default: '1' },
      only: { type: 'string' },
    },
  });
  const rows = Number(values.rows);
  const server = await startEmbeddedServer({ settings: { shared_buffers: '1GB', max_wal_size: '8GB' } });
  const admin = await open(server.url);
  const number = async (sql) => Number((await admin.query(`select (${sql}) as value`)).rows[0].value);
  const directory = await mkdtemp(join(tmpdir(), 'rowhouse-bench-'));

  const fill = `update t set tenant_id = p.tenant_id from parent as p where p.id = t.parent_id and t.tenant_id is null`;

  async function build({ column = true } = {}) {
    await admin.query(`drop schema if exists rowhouse cascade; drop table if exists t, parent, tenants; drop function if exists fill_tenant;
      create table tenants (id uuid primary key);
      insert into tenants select gen_random_uuid() from generate_series(1, 20);
      create table parent (id bigint primary key, tenant_id uuid not null references tenants);
      insert into parent select g, (select id from tenants order by id offset g % 20 limit 1) from generate_series(1, 1000) as g;
      create table t (id bigint primary key, parent_id bigint not null references parent, body text not null, n integer not null default 0, at timestamptz not null default now());
      insert into t select g, 1 + g % 1000, repeat('x', 60 + (g % 20)::int) from generate_series(1, ${rows}) as g;
      create index on t (parent_id);
      create function fill_tenant() returns trigger language plpgsql as $$ begin
        select p.tenant_id into new.tenant_id from parent as p where p.id = new.parent_id; return new; end $$`);
    if (column) await admin.query(`alter table t add column tenant_id uuid; ${trigger('insert')}`);
    await admin.query('vacuum analyze t');
    await admin.query('checkpoint');
  }

  const trigger = (events) =>
    `create trigger fill_tenant before ${events} on t for each row when (new.tenant_id is null) execute function fill_tenant()`;

  async function project(files) {
    await rm(directory, { recursive: true, force: true });
    for (const folder of ['migrations', 'rollbacks']) await mkdir(join(directory, folder), { recursive: true });
    await writeFile(
      join(directory, 'rowhouse.yaml'),
      `context: { setting: app.current_tenant, type: uuid }\ntenants: { table: public.tenants, key: id }\nroles: { app: [bench_app] }\ntables:\n  public.tenants: { tenancy: root }\n`,
    );
    for (const [name, sql] of Object.entries(files)) {
      await writeFile(join(directory, 'migrations', `${name}.sql`), sql);
      await writeFile(join(directory, 'rollbacks', `${name}.sql`), '-- nothing\n');
    }
  }

  async function run(pace) {
    const request = {
      project: await openProject(directory),
      connection: { url: server.url, source: '--database-url' },
      actor: { client: 'bench', toolVersion: '0' },
      lockWaitMs: 0,
      lockAttempts: 50,
      lockTotalMs: 600_000,
      pace: { ...usualPace, ...pace },
      signal: new AbortController().signal,
      onEvent: () => undefined,
    };
    await migrate(request, {});
  }

  const byKey = (sql) => async () => {
    for (let key = 0; key <= rows; key += 5000) await admin.query(`${sql} and t.id > ${key} and t.id <= ${key + 5000}`);
  };
  const byPasses = (jobs) => async () => {
    await project({ '0001_fill': `-- rowhouse: backfill\n${fill};\n` });
    await run({ jobs });
  };
  const ways = {
    single: () => admin.query(fill),
    key: byKey(fill),
    touch: async () => {
      await admin.query(`drop trigger fill_tenant on t; ${trigger('insert or update')}`);
      await byKey('update t set id = t.id where t.tenant_id is null')();
    },
    passes: byPasses(1),
    'passes-2': byPasses(2),
  };

  /** The application beside some work. */
  async function beside(work) {
    const worker = new Worker(new URL(import.meta.url), { workerData: { url: server.url, rows } });
    await new Promise((resolve) => worker.once('message', resolve));
    await wait(300);
    const started = performance.now();
    await work();
    const ms = performance.now() - started;
    const answer = new Promise((resolve) => worker.once('message', resolve));
    worker.postMessage('stop');
    const taken = await answer;
    const at = (share) => taken[Math.min(taken.length - 1, Math.floor(taken.length * share))];
    return { ms, p99: at(0.99), longest: taken.at(-1) };
  }

  async function measure(work) {
    await build();
    const heap = await number(`pg_relation_size('t')`);
    const wal = await number(`pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')`);
    const client = await beside(work);
    const left = await number('select count(*) from t where tenant_id is null');
    if (left > 0) throw new Error(`${left} rows are left`);
    return {
      ...client,
      rate: (rows / client.ms) * 1000,
      heap: (await number(`pg_relation_size('t')`)) / heap,
      wal: (await number(`pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')`)) - wal,
    };
  }

  const median = (all, of) => all.map(of).toSorted((a, b) => a - b)[Math.floor(all.length / 2)];
  const ms = (value) => `${value < 100 ? value.toFixed(1) : Math.round(value)} ms`.padStart(9);

  const convertPlainly = async () => {
    await admin.query('alter table t add column tenant_id uuid');
    await admin.query(trigger('insert'));
    await admin.query(fill);
    await admin.query('create index t_tenant on t (tenant_id, id)');
    await admin.query('alter table t alter column tenant_id set not null');
    await admin.query('alter table t add constraint t_tenant_fk foreign key (tenant_id) references tenants');
    await admin.query('alter table t enable row level security');
  };
  const convertByRowhouse = async () => {
    await project({
      '0001_expand': `-- rowhouse: phase expand\nalter table t add column tenant_id uuid;\n${trigger('insert')};\n`,
      '0002_fill': `-- rowhouse: phase backfill\n-- rowhouse: backfill\n${fill};\n`,
      '0003_index': `-- rowhouse: phase contract\n-- rowhouse: no-transaction\ncreate index concurrently t_tenant on t (tenant_id, id);\n`,
      '0004_constraints': `-- rowhouse: phase contract\n-- rowhouse: no-transaction
        alter table t add constraint t_filled check (tenant_id is not null) not valid;
        alter table t validate constraint t_filled;
        alter table t alter column tenant_id set not null;
        alter table t drop constraint t_filled;
        alter table t add constraint t_tenant_fk foreign key (tenant_id) references tenants not valid;
        alter table t validate constraint t_tenant_fk;\n`,
      '0005_policies': `-- rowhouse: phase contract\ncreate policy own on t using (true);\nalter table t enable row level security;\n`,
    });
    await run({});
  };

  try {
    console.log(`PostgreSQL ${server.version}, ${rows} rows, median of ${values.rounds}`);
    await admin.query('create role bench_app');
    const results = {};
    for (let round = 0; round < Number(values.rounds); round += 1) {
      for (const [name, work] of Object.entries(ways)) {
        if (values.only !== undefined && !values.only.split(',').includes(name)) continue;
        (results[name] ??= []).push(await measure(work));
      }
    }
    const of = (name, what) => median(results[name] ?? [{}], (one) => one[what]);
    for (const [name, all] of Object.entries(results)) {
      const one = Object.fromEntries(Object.keys(all[0]).map((what) => [what, median(all, (each) => each[what])]));
      console.log(
        `  ${name.padEnd(15)} ${`${Math.round(one.rate / 1000)}k rows/s`.padStart(12)}  heap ${one.heap.toFixed(2)} ×  WAL ${Math.round(one.wal / 2 ** 20)} MB  client p99 ${ms(one.p99)}, longest ${ms(one.longest)}`,
      );
    }
    const ratio = (text, value, goal) => console.log(`  ${text.padEnd(44)} ${value.toFixed(2)}  (goal ${goal})`);
    if (values.only === undefined) {
      ratio('rows/s, passes / single', of('passes', 'rate') / of('single', 'rate'), '≥ 1.1');
      ratio('rows/s, passes with 2 jobs / single', of('passes-2', 'rate') / of('single', 'rate'), '≥ 1.5');
      ratio('rows/s, passes / touch', of('passes', 'rate') / of('touch', 'rate'), '≥ 1.5');
      ratio('heap afterwards, passes', of('passes', 'heap'), '≤ 1.4');
      ratio('WAL, passes / single', of('passes', 'wal') / of('single', 'wal'), '≤ 0.7');

      console.log('the client over a whole conversion');
      await build({ column: false });
      const alone = await beside(() => wait(5000));
      await build({ column: false });
      const plain = await beside(convertPlainly);
      await build({ column: false });
      const ours = await beside(convertByRowhouse);
      for (const [name, one] of Object.entries({ alone, plain, rowhouse: ours })) {
        console.log(
          `  ${name.padEnd(9)} ${(one.ms / 1000).toFixed(1).padStart(6)} s  p99 ${ms(one.p99)}, longest ${ms(one.longest)}`,
        );
      }
      ratio('p99, rowhouse / alone', ours.p99 / alone.p99, '≤ 2');
      console.log(
        `  longest wait, rowhouse ${ms(ours.longest)}, alone ${ms(alone.longest)} (goal: at most 300 ms more)`,
      );
    }
  } finally {
    await admin.end();
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}
