// How long a verification takes beside the least that it could take, all in one run (docs/verify.md, "What it costs"):
//   floor    one sequential scan of each table, grouped by tenant
//   index    the same as the planner likes it best: from the index on the tenant alone, which holds all that it takes
//   check    what every tenant sees of every table, foreign and missing, with fingerprints, as `rowhouse verify` does it
//   single   one transaction a tenant and table, in one round trip; on some of the tenants, and scaled up where that takes too long
// without shared rows and with 10 %, rows interleaved by tenant; then many tenants, half of everything, and a writer beside it.
// Run: npm run bench:verify -- --tables 50 --rows 200000 --tenants 1000. The defaults are for a quick look.
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startEmbeddedServer } from '../dist/embedded/index.js';
import { compileIntent, contextAssignments, parseModel, readSnapshot, verify } from '../dist/index.js';

const { values } = parseArgs({
  options: {
    tables: { type: 'string', default: '10' },
    rows: { type: 'string', default: '100000' },
    tenants: { type: 'string', default: '500' },
    many: { type: 'string', default: '10000' },
    jobs: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
  },
});
const size = Object.fromEntries(Object.entries(values).map(([name, text]) => [name, Number(text)]));
const platform = '00000000-0000-0000-0000-000000000000';
const context = `(select nullif(current_setting('app.current_tenant', true), '')::uuid)`;
/** Longest time that one transaction a check may take before it is measured on some tenants only. */
const singleChecks = 5_000;

const server = await startEmbeddedServer({ settings: { shared_buffers: '1GB', max_wal_size: '4GB', fsync: 'off' } });
const open = async () => {
  const client = new pg.Client({ connectionString: server.url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
};
const admin = await open();
await admin.query('create role bench_app');

const idOf = (n) => `lpad(to_hex((${n})::bigint * 7919), 32, '0')::uuid`;

async function build({ tables, rows, tenants, shared }) {
  await admin.query('drop schema public cascade; create schema public; grant usage on schema public to bench_app');
  await admin.query(`create table tenants (id uuid primary key);
    insert into tenants select ${idOf('n')} from generate_series(0, ${tenants - 1}) as n`);
  for (let table = 0; table < tables; table += 1) {
    const owner = shared
      ? `case when n % 10 = 0 then '${platform}'::uuid else ${idOf(`n % ${tenants}`)} end`
      : idOf(`n % ${tenants}`);
    await admin.query(`create table t${table} (id uuid not null default gen_random_uuid(), tenant_id uuid not null, body text not null);
      insert into t${table} (tenant_id, body) select ${owner}, repeat('x', 40) from generate_series(1, ${rows}) as n;
      alter table t${table} add primary key (id);
      create index on t${table} (tenant_id);
      alter table t${table} enable row level security;
      create policy own on t${table} using (tenant_id = ${context});
      grant select, update on t${table} to bench_app;`);
    if (shared) {
      await admin.query(
        `create policy shared on t${table} for select using (tenant_id = '${platform}' and ${context} is not null)`,
      );
    }
  }
  await admin.query('vacuum analyze');
  const share = shared ? ', share: { rows: platform, access: read }' : '';
  const model = parseModel(
    `context: { setting: app.current_tenant, type: uuid }
tenants: { table: public.tenants, key: id, platform: ${platform} }
roles: { app: [bench_app] }
tables:
${Array.from({ length: tables }, (_, n) => `  public.t${n}: { tenancy: row, column: tenant_id${share} }`).join('\n')}
`,
    'rowhouse.yaml',
  );
  return { model, tables, rows, tenants, shared };
}

const seconds = async (work) => {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
};

const sequential = `set enable_indexscan = off; set enable_indexonlyscan = off; set enable_bitmapscan = off`;
const asPlanned = `reset enable_indexscan; reset enable_indexonlyscan; reset enable_bitmapscan`;

async function floor({ tables }, settings) {
  await admin.query(settings);
  return await seconds(async () => {
    for (let table = 0; table < tables; table += 1) {
      await admin.query(`select count(*) from (select tenant_id, count(*) from t${table} group by 1) as g`);
    }
  });
}

/** The time of the comparison, and that of the whole verification. */
async function check({ model, tables, tenants }) {
  const client = await open();
  const snapshot = await readSnapshot(client);
  const at = { begin: 0, end: 0 };
  const memory = { most: 0 };
  const whole = await seconds(async () => {
    const report = await verify(client, compileIntent(model, snapshot), snapshot, {
      tool: { name: 'rowhouse', version: '0.0.0' },
      appRoles: model.roles.app,
      contextOf: (subject) => contextAssignments(model, subject),
      connect: open,
      jobs: size.jobs,
      timeLimitMs: 3_600_000,
      onProgress: ({ probe, fraction }) => {
        memory.most = Math.max(memory.most, process.memoryUsage().rss);
        if (probe !== 'foreign-row-visible') return;
        at.begin ||= performance.now();
        if (fraction === 1) at.end = performance.now();
      },
    });
    if (report.outcome !== 'clean' || report.coverage.checks < tables * tenants) {
      throw new Error(JSON.stringify({ ...report, findings: report.findings.slice(0, 3) }, null, 2));
    }
  });
  await client.end();
  return { compared: (at.end - at.begin) / 1000, whole, megabytes: Math.round(memory.most / 2 ** 20) };
}

async function single({ tables, tenants }) {
  const client = await open();
  const { rows } = await admin.query('select id from tenants order by md5(id::text)');
  const some = rows.slice(0, Math.max(1, Math.min(tenants, Math.floor(singleChecks / tables))));
  const taken = await seconds(async () => {
    for (const { id } of some) {
      for (let table = 0; table < tables; table += 1) {
        await client.query(`begin isolation level repeatable read read only; set local role bench_app;
          select set_config('app.current_tenant', '${id}', true);
          select count(*), sum(uuid_hash_extended(id, 0)) from t${table}; rollback`);
      }
    }
  });
  await client.end();
  return (taken * tenants) / some.length;
}

const median = (all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)];
const s = (value) => `${value.toFixed(2)} s`.padStart(9);

async function compare(world) {
  const floors = [];
  const indexes = [];
  const checks = [];
  await floor(world, sequential);
  for (let round = 0; round < size.rounds; round += 1) {
    floors.push(await floor(world, sequential));
    indexes.push(await floor(world, asPlanned));
    checks.push(await check(world));
  }
  const base = median(floors);
  const index = median(indexes);
  const compared = median(checks.map((one) => one.compared));
  const one = await single(world);
  const each = Math.round((world.tables * world.tenants) / compared);
  console.log(
    `${world.tables} tables × ${world.rows} rows × ${world.tenants} tenants, ${world.shared ? '10 % shared' : 'nothing shared'}`,
  );
  console.log(`  floor   ${s(base)}`);
  console.log(`  index   ${s(index)}`);
  console.log(
    `  check   ${s(compared)}  ${(compared / base).toFixed(2)} × floor, ${(compared / index).toFixed(2)} × index, ${each} checks/s`,
  );
  console.log(
    `  whole   ${s(median(checks.map(({ whole }) => whole)))}  with all other probes; ${Math.max(...checks.map(({ megabytes }) => megabytes))} MB`,
  );
  console.log(`  single  ${s(one)}  ${(one / compared).toFixed(1)} × check`);
  return compared;
}

/** A writer at 200 transactions a second, and how long its longest one took. */
async function besideWriter(world) {
  const client = await open();
  let longest = 0;
  let written = 0;
  let stop = false;
  const writer = (async () => {
    while (!stop) {
      const due = performance.now() + 5;
      const table = written % world.tables;
      const started = performance.now();
      await client.query(
        `update t${table} set body = body where id = (select id from t${table} limit 1 offset ${written % 50})`,
      );
      longest = Math.max(longest, performance.now() - started);
      written += 1;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    }
  })();
  const waits = await open();
  let waited = 0;
  const watch = (async () => {
    while (!stop) {
      const { rows } = await waits.query(
        `select coalesce(max(extract(epoch from clock_timestamp() - waitstart) * 1000), 0)::float8 as ms from pg_locks where not granted`,
      );
      waited = Math.max(waited, rows[0].ms);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  const { whole } = await check(world);
  stop = true;
  await Promise.all([writer, watch]);
  await Promise.all([client.end(), waits.end()]);
  console.log(
    `a writer beside it: ${(written / whole).toFixed(0)} tx/s, the longest took ${longest.toFixed(1)} ms, the longest wait for a lock ${waited.toFixed(1)} ms`,
  );
}

try {
  console.log(`PostgreSQL ${server.version}, ${size.jobs} jobs, median of ${size.rounds} rounds`);
  const whole = await compare(await build({ ...size, shared: false }));
  await compare(await build({ ...size, shared: true }));
  const half = await build({ ...size, rows: size.rows / 2, tenants: size.tenants / 2, shared: false });
  const halved = await compare(half);
  console.log(`twice the rows and tenants: ${(whole / halved).toFixed(2)} × the time`);
  await besideWriter(half);
  await compare(await build({ ...size, tenants: size.many, shared: false }));
} finally {
  await admin.end();
  await server.stop();
}
