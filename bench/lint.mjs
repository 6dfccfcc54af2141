// How long the catalog's part of a verification takes where there is much of it: 2,000 tables with 10,000 columns, 3,000
// foreign keys and 2,000 policies are read into a snapshot, and linted. Run: npm run bench:lint
import pg from 'pg';
import { readSnapshot } from '../dist/catalog/read-snapshot.js';
import { startEmbeddedServer } from '../dist/embedded/index.js';
import { compileIntent } from '../dist/intent/compile.js';
import { lint } from '../dist/lint/lint.js';
import { lintRules } from '../dist/lint/index.js';
import { parseModel } from '../dist/model/parse.js';

const tables = 2_000;
const rounds = 5;
const goals = { snapshot: 2_000, all: 3_000 };
const named = (n) => `app.t${n}`;

const setup = `
  create role bench_owner;
  create role bench_app;
  create role bench_etl bypassrls;
  create schema app authorization bench_owner;
  grant usage on schema app to bench_app;
  set role bench_owner;
  create function app.current_tenant() returns uuid language sql stable
    as $$ select nullif(current_setting('app.current_tenant', true), '')::uuid $$;
  create table app.tenants (id uuid primary key, name text not null);
  alter table app.tenants enable row level security;
  alter table app.tenants force row level security;
  create policy own on app.tenants for select using (id = (select app.current_tenant()));`;

/** Each table points at the tenants, and every second one at its predecessor. */
const table = (n) => `
  create table ${named(n)} (
    id uuid primary key, tenant_id uuid not null references app.tenants, parent_id uuid, title text not null, body text,
    unique (tenant_id, id)${n % 2 === 1 ? `, foreign key (tenant_id, parent_id) references ${named(n - 1)} (tenant_id, id)` : ''}
  );
  create index on ${named(n)} (tenant_id, parent_id);
  alter table ${named(n)} enable row level security;
  alter table ${named(n)} force row level security;
  create policy own on ${named(n)} using (tenant_id = (select app.current_tenant()));
  grant select, insert, delete, update (title, body) on ${named(n)} to bench_app;`;

const model = parseModel(
  [
    'context: { setting: app.current_tenant, type: uuid }',
    'tenants: { table: app.tenants, key: id }',
    'roles: { owner: bench_owner, app: [bench_app], bypass: [bench_etl] }',
    'tables:',
    '  app.tenants: { tenancy: root }',
    ...Array.from({ length: tables }, (_, n) => `  ${named(n)}: { tenancy: row, column: tenant_id }`),
  ].join('\n'),
  'rowhouse.yaml',
);

const server = await startEmbeddedServer();
const client = new pg.Client({ connectionString: server.url });
await client.connect();
try {
  await client.query(setup);
  for (let n = 0; n < tables; n += 100) {
    await client.query(Array.from({ length: 100 }, (_, i) => table(n + i)).join(''));
  }
  const times = { snapshot: [], intent: [], lint: [], all: [] };
  let findings = [];
  for (let round = 0; round < rounds; round += 1) {
    const snapshot = await timed(times.snapshot, () => readSnapshot(client));
    const intent = await timed(times.intent, () => compileIntent(model, snapshot));
    findings = await timed(times.lint, () => lint(snapshot, model, intent));
    times.all.push(times.snapshot.at(-1) + times.intent.at(-1) + times.lint.at(-1));
  }
  console.log(
    `${tables} tables and policies, ${lintRules.length} rules, ${findings.length} findings; median of ${rounds}:`,
  );
  for (const [step, taken] of Object.entries(times)) {
    const goal = goals[step];
    const median = taken.sort((a, b) => a - b)[Math.floor(rounds / 2)];
    const verdict = goal === undefined ? '' : ` (goal ${goal} ms: ${median <= goal ? 'reached' : 'MISSED'})`;
    console.log(`  ${step.padEnd(8)} ${median.toFixed(0).padStart(6)} ms${verdict}`);
    if (goal !== undefined && median > goal) process.exitCode = 1;
  }
} finally {
  await client.end();
  await server.stop();
}

async function timed(times, work) {
  const started = performance.now();
  const result = await work();
  times.push(performance.now() - started);
  return result;
}
