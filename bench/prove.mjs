// What proofs cost beside their goals (docs/prove.md, "What it costs"), all in one run:
//   cold     z3 is loaded and answers for the first time, which `verify` without proofs does not need
//   common   a table with one policy of the common shape, each with a constant of its own, so that no question is known already
//   many     2,000 policies over 500 tables, by memberships, parents, flags and helper functions; every tenth is like no other
//   hostile  policies that are made to be hard, under the bounds of steps, time and memory
// Run: npm run bench:prove
import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { readSnapshot } from '../dist/catalog/read-snapshot.js';
import { startEmbeddedServer } from '../dist/embedded/index.js';
import { compileIntent } from '../dist/intent/compile.js';
import { parseModel } from '../dist/model/parse.js';
import { claimsOf } from '../dist/prove/claims.js';
import { prove } from '../dist/prove/prove.js';
import { Solver } from '../dist/prove/smt/solver.js';

const tables = 500;
const commonTables = 100;
const goals = { cold: 1_000, common: 30, many: 60_000, hostile: 60_000 };
const uid = '(select app.uid())';
const mine = 'organization_id in (select m.organization_id from app.members m where m.user_id = app.uid())';

const setup = `
  create role bench_owner; create role bench_app;
  create schema app authorization bench_owner; grant usage on schema app to bench_app;
  set role bench_owner;
  create function app.uid() returns uuid language sql stable as
    $$ select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
  create table app.organizations (id uuid primary key, name text not null);
  create table app.members (
    id uuid primary key, user_id uuid not null, organization_id uuid not null references app.organizations, role text not null,
    unique (user_id, organization_id)
  );
  alter table app.organizations enable row level security;
  alter table app.members enable row level security;
  create policy own on app.members for select using (user_id = ${uid});
  create policy own on app.organizations for select
    using (id in (select m.organization_id from app.members m where m.user_id = ${uid}));
  create function app.is_member(org uuid) returns boolean language sql stable security definer
    set search_path = pg_catalog, pg_temp as
    $$ select exists (select from app.members m where m.organization_id = org and m.user_id = app.uid()) $$;
  grant select on app.organizations, app.members to bench_app;`;

/** Policies as products write them; what `and` adds makes those of a table like no others. */
function policiesOf(n) {
  const and = n % 10 === 0 ? ` and rank is distinct from ${n}` : '';
  const shapes = [
    mine,
    'app.is_member(organization_id)',
    `exists (select from app.members m where m.organization_id = t${n}.organization_id and m.user_id = ${uid})`,
    `exists (select from app.t${n - (n % 5)} p where p.id = t${n}.parent_id and p.organization_id = t${n}.organization_id) and ${mine}`,
    `(is_public is not true and ${mine} or ${mine} and kind = 'page')`,
  ];
  const shape = shapes[n % 5] + and;
  return `create policy read on app.t${n} for select to bench_app using (${shape});
    create policy add on app.t${n} for insert to bench_app with check (${mine}${and});
    create policy edit on app.t${n} for update to bench_app using (${mine}${and}) with check (${mine});
    create policy remove on app.t${n} for delete to bench_app using (${mine} and kind in ('draft', 'page'));`;
}

const table = (n) => `
  create table app.t${n} (
    id uuid primary key, organization_id uuid not null references app.organizations, parent_id uuid, kind text not null,
    is_public boolean, rank int
  );
  alter table app.t${n} enable row level security;
  grant select, insert, update, delete on app.t${n} to bench_app;
  ${policiesOf(n)}`;

const common = (n) => `
  create table common.t${n} (id uuid primary key, tenant_id uuid not null, rank int);
  alter table common.t${n} enable row level security;
  grant select, insert, update, delete on common.t${n} to bench_app;
  create policy own on common.t${n} using (
    tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid) and rank is distinct from ${n}
  );`;

/** A policy that lets no foreign row pass, which takes more steps to see than there are. */
const holes = 9;
const pigeons = Array.from({ length: holes + 1 }, (_, n) => n);
const pigeonhole = [
  ...pigeons.map((n) => `(${Array.from({ length: holes }, (_, hole) => `p${n} = ${hole}`).join(' or ')})`),
  ...pigeons.flatMap((one) => pigeons.slice(one + 1).map((two) => `p${one} <> p${two}`)),
].join(' and ');
const nested = (depth) =>
  depth === 0 ? "body || 'x'" : `coalesce(nullif(${nested(depth - 1)}, body), ${nested(depth - 1)})`;
const hostile = `
  create schema hard; grant usage on schema hard to bench_app;
  create table hard.holes (id uuid primary key, tenant_id uuid not null, ${pigeons.map((n) => `p${n} int not null`).join(', ')});
  create table hard.deep (id uuid primary key, tenant_id uuid not null, body text);
  alter table hard.holes enable row level security; alter table hard.deep enable row level security;
  create policy own on hard.holes for select using (${pigeonhole});
  create policy own on hard.deep for select using (${nested(9)} = ${nested(8)});
  grant select on hard.holes, hard.deep to bench_app;`;

const model = (lines, context, keys) =>
  parseModel(
    [`context: ${context}`, ...keys, 'roles: { owner: bench_owner, app: [bench_app] }', 'tables:', ...lines].join('\n'),
    'rowhouse.yaml',
  );
const numbered = (count, line) => Array.from({ length: count }, (_, n) => line(n));
const models = {
  common: model(
    numbered(
      commonTables,
      (n) => `  common.t${n}: { tenancy: row, column: tenant_id, complete: false, reason: one kind is hidden }`,
    ),
    '{ setting: app.tenant, type: uuid }',
    ['tenants: { table: app.organizations, key: id }'],
  ),
  many: model(
    [
      '  app.organizations: { tenancy: root }',
      '  app.members: { tenancy: row, column: organization_id, user: user_id, complete: false, reason: users see their own }',
      ...numbered(tables, (n) => `  app.t${n}: { tenancy: row, column: organization_id }`),
    ],
    '{ setting: request.jwt.claims, json: sub, type: uuid }',
    [
      'tenants: { table: app.organizations, key: id }',
      'membership: { table: app.members, user: user_id, tenant: organization_id }',
    ],
  ),
  hostile: model(
    ['  hard.holes: { tenancy: row, column: tenant_id }', '  hard.deep: { tenancy: row, column: tenant_id }'],
    '{ setting: app.tenant, type: uuid }',
    ['tenants: { table: app.organizations, key: id }'],
  ),
};

const server = await startEmbeddedServer();
const client = new pg.Client({ connectionString: server.url });
await client.connect();
const solver = new Solver();
try {
  await client.query(setup);
  for (let n = 0; n < tables; n += 50) await client.query(numbered(50, (i) => table(n + i)).join(''));
  await client.query(`reset role; create schema common; grant usage on schema common to bench_app;
    ${numbered(commonTables, common).join('')} ${hostile}`);
  const snapshot = await readSnapshot(client);
  const judged = async (name) => {
    const started = performance.now();
    const decided = await prove(solver, snapshot, models[name], compileIntent(models[name], snapshot));
    return { ms: performance.now() - started, decided, answers: tally(decided) };
  };

  const cold = performance.now();
  await solver.solve('(declare-const a Bool)(assert (and a (not a)))', new Map());
  print('cold start', performance.now() - cold, goals.cold);

  const usual = await judged('common');
  print(`a policy of common shape, of ${commonTables}: ${usual.answers}`, usual.ms / commonTables, goals.common);

  const before = solver.questions;
  const many = await judged('many');
  const policies = snapshot.policies.length - commonTables - 2;
  const questions = solver.questions - before;
  print(
    `${policies} policies, ${many.decided.length} claims, ${questions} questions: ${many.answers}`,
    many.ms,
    goals.many,
  );

  const hard = await judged('hostile');
  print(`${hard.decided.length} claims of hostile policies: ${hard.answers}`, hard.ms, goals.hostile);
} finally {
  await solver.close();
  await client.end();
  await server.stop();
}

function tally(decided) {
  const count = (verdict) => decided.filter((one) => one.verdict.verdict === verdict).length;
  return ['proved', 'refuted', 'unknown'].map((verdict) => `${count(verdict)} ${verdict}`).join(', ');
}

function print(what, ms, goal) {
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(
    `${what}: ${ms.toFixed(ms < 100 ? 1 : 0)} ms (goal ${goal}, ${ms <= goal ? 'met' : 'missed'}); peak ${peak} MB`,
  );
}
