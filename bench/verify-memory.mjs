// How much memory a verification takes, by the number of tenants: each in a process of its own whose heap may not grow
// beyond what is asked for, on five tables with three rows a tenant (docs/verify.md, "What it costs"). With --leaks every
// tenant sees the rows of all tenants in every table.
// Run: npm run bench:verify-memory -- --tenants 1000,10000,100000 --heap 64
//      npm run bench:verify-memory -- --tenants 500,1000,2000 --tables 100 --leaks
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startEmbeddedServer } from '../dist/embedded/index.js';
import { compileIntent, contextAssignments, parseModel, readSnapshot, verify } from '../dist/index.js';

const { values } = parseArgs({
  options: {
    tenants: { type: 'string', default: '1000,10000,100000' },
    heap: { type: 'string', default: '64' },
    tables: { type: 'string', default: '5' },
    leaks: { type: 'boolean', default: false },
    // Of the processes that measure.
    url: { type: 'string' },
  },
});
const tables = Number(values.tables);

const own = "tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)";

async function build(client, tenants) {
  const idOf = (n) => `lpad(to_hex((${n})::bigint * 7919), 32, '0')::uuid`;
  await client.query(`drop schema public cascade; create schema public; grant usage on schema public to bench_app;
    create table tenants (id uuid primary key);
    insert into tenants select ${idOf('n')} from generate_series(0, ${tenants - 1}) as n`);
  for (let table = 0; table < tables; table += 1) {
    await client.query(`create table t${table} (id bigint generated always as identity, tenant_id uuid not null);
      insert into t${table} (tenant_id) select ${idOf(`n % ${tenants}`)} from generate_series(1, ${tenants * 3}) as n;
      alter table t${table} add primary key (id);
      create index on t${table} (tenant_id);
      alter table t${table} enable row level security;
      create policy own on t${table} using (${values.leaks ? 'true' : own});
      grant select on t${table} to bench_app`);
  }
  await client.query('vacuum analyze');
}

async function measure(url) {
  const open = async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return client;
  };
  const model = parseModel(
    `context: { setting: app.current_tenant, type: uuid }
tenants: { table: public.tenants, key: id }
roles: { app: [bench_app] }
tables:
${Array.from({ length: tables }, (_, n) => `  public.t${n}: { tenancy: row, column: tenant_id }`).join('\n')}
`,
    'rowhouse.yaml',
  );
  const client = await open();
  const snapshot = await readSnapshot(client);
  const started = performance.now();
  const report = await verify(client, compileIntent(model, snapshot), snapshot, {
    tool: { name: 'rowhouse', version: '0.0.0' },
    appRoles: model.roles.app,
    contextOf: (subject) => contextAssignments(model, subject),
    connect: open,
    timeLimitMs: 3_600_000,
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  await client.end();
  const megabytes = Math.round(process.resourceUsage().maxRSS / 1024);
  const { outcome, coverage, findings } = report;
  const found =
    findings.length === 0
      ? ''
      : `, ${findings.length} findings in ${Math.round(JSON.stringify(report).length / 1024)} kB`;
  console.log(
    `${String(coverage.tenants).padStart(7)} tenants: ${outcome}${found}, ${seconds} s, at most ${megabytes} MB`,
  );
}

async function main() {
  const server = await startEmbeddedServer({ settings: { shared_buffers: '256MB', fsync: 'off' } });
  const client = new pg.Client({ connectionString: server.url });
  try {
    await client.connect();
    await client.query('create role bench_app');
    console.log(`PostgreSQL ${server.version}, ${tables} tables, a heap of at most ${values.heap} MB`);
    for (const tenants of values.tenants.split(',').map(Number)) {
      await build(client, tenants);
      const asked = ['--tables', String(tables), '--url', server.url];
      const given = [`--max-old-space-size=${values.heap}`, fileURLToPath(import.meta.url), ...asked];
      process.stdout.write(execFileSync(process.execPath, given, { encoding: 'utf8' }));
    }
  } finally {
    await client.end();
    await server.stop();
  }
}

await (values.url === undefined ? main() : measure(values.url));
