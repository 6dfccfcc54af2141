// How long it takes to read a large catalog and to say whose the rows of each table are, and how much of that is right:
// 2,000 tables with 10,000 columns and 3,000 foreign keys are read into a snapshot (goal 2 s); of 1,400 tables, a fifth of
// whose foreign keys are missing, the owners are found, and the conversion is planned (goal 10 s together, and 1 GB).
// The labels are those by which the schema is made: this shows that size does no harm, not how it fares on what it never saw.
// With --rows N, `rowhouse plan` is measured as well on those 1,400 tables with N rows in each, which it counts.
// With --schema FILE --labels FILE, a real one is measured as well. Run: npm run bench:ownership
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { proposedModel } from '../dist/app/init-model.js';
import { plan } from '../dist/app/plan.js';
import { readSnapshot } from '../dist/catalog/read-snapshot.js';
import { startEmbeddedServer } from '../dist/embedded/index.js';
import { parseModel } from '../dist/model/parse.js';
import { planConversion } from '../dist/plan/index.js';
import { findOwnership } from '../dist/plan/ownership/index.js';
import { readSituation } from '../dist/plan/situation.js';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string' },
    schema: { type: 'string' },
    labels: { type: 'string' },
    root: { type: 'string', multiple: true },
  },
});
const rounds = 5;
const goals = { snapshot: 2_000, ownership: 10_000, bytes: 1024 ** 3 };

const server = await startEmbeddedServer();
try {
  await measure('catalog', wide(2_000), ({ snapshot }) => report('snapshot', snapshot, goals.snapshot));
  await measure('owners', grown(1_400), ({ ownership, plan, planned, bytes, found }) => {
    report('ownership and plan', ownership + plan, goals.ownership);
    console.log(`  of these the plan ${plan.toFixed(0)} ms: ${planned.files.length} migrations with their rollbacks`);
    console.log(`  ${(bytes / 1024 ** 2).toFixed(0)} MB (goal ${goals.bytes / 1024 ** 2} MB)`);
    if (bytes > goals.bytes) process.exitCode = 1;
    score(found, (name) => (/^(t|root|members)\d*$/.test(name) ? 'row' : 'other'));
  });
  if (options.rows !== undefined) await measureFilled(1_400, Number(options.rows));
  if (options.schema !== undefined) {
    const { tables } = JSON.parse(await readFile(options.labels, 'utf8'));
    await measure('given', [await readFile(options.schema, 'utf8')], ({ ownership, found }) => {
      report('ownership', ownership, goals.ownership);
      score(found, (name) => {
        const of = tables[name]?.class ?? tables[name.replace(/^public\./, '')]?.class;
        return of === undefined ? null : /^(root|tenant)/.test(of) ? 'row' : 'other';
      });
    });
  }
} finally {
  await server.stop();
}

/** Each table points at the root, and every second one at its predecessor. */
function wide(count) {
  const tables = Array.from(
    { length: count },
    (_, n) => `
    create table t${n} (
      id uuid primary key, tenant_id uuid not null references root, parent_id uuid, title text not null, body text
      ${n % 2 === 1 ? `, foreign key (parent_id) references t${n - 1}` : ''}
    );`,
  );
  return ['create table root (id uuid primary key);', ...tables];
}

/** A tree below the root, people, what is theirs, and what is chosen from; every fifth foreign key is missing. */
function grown(count) {
  const key = (n, target) => (n % 5 === 0 ? '' : ` references ${target}`);
  const tables = Array.from({ length: count - 102 }, (_, n) => {
    const parent = n < 20 ? 'root' : `t${Math.floor(n / 4)}`;
    return `
    create table t${n} (
      id bigint primary key, ${parent}_id bigint not null${key(n, parent)}, name text, lookup${n % 50}_id bigint references lookup${n % 50},
      created_by bigint references users, user_id bigint${n % 3 === 0 ? ' not null' : ''} references users
    );`;
  });
  return [
    `create table root (id bigint primary key, name text);
     create table users (id bigint primary key, email text not null unique, password text);
     create table members (root_id bigint references root, user_id bigint references users, primary key (root_id, user_id));`,
    ...Array.from(
      { length: 50 },
      (_, n) => `create table lookup${n} (id bigint primary key, code text not null unique);`,
    ),
    ...Array.from(
      { length: 49 },
      (_, n) => `create table own${n} (id bigint primary key, user_id bigint not null references users);`,
    ),
    ...tables,
  ];
}

async function measure(database, statements, done) {
  const admin = await open('postgres');
  await admin.query(`create database ${database}`);
  await admin.end();
  const client = await open(database);
  try {
    for (let n = 0; n < statements.length; n += 100) await client.query(statements.slice(n, n + 100).join('\n'));
    const times = { snapshot: [], ownership: [], plan: [] };
    let found;
    let planned;
    let bytes = 0;
    for (let round = 0; round < rounds; round += 1) {
      const snapshot = await timed(times.snapshot, () => readSnapshot(client));
      found = await timed(times.ownership, () => findOwnership(snapshot, rootsOf(database)));
      if (database === 'owners') planned = await timed(times.plan, () => planOf(snapshot, found));
      bytes = Math.max(bytes, process.memoryUsage().rss);
    }
    console.log(`${database}: ${statements.length} statements; median of ${rounds}:`);
    const [snapshot, ownership, plan] = [times.snapshot, times.ownership, times.plan].map(median);
    done({ snapshot, ownership, plan, planned, bytes, found });
  } finally {
    await client.end();
  }
}

/** The command over the same tables with rows: whose they are is counted before anything is planned. */
async function measureFilled(count, rows) {
  const [database, directory] = ['filled', await mkdtemp(join(tmpdir(), 'rowhouse-ownership-'))];
  const admin = await open('postgres');
  await admin.query(`create database ${database} template owners`);
  await admin.query('create role app');
  await admin.end();
  const client = await open(database);
  try {
    await fill(client, count, rows);
    const snapshot = await readSnapshot(client);
    const model = parseModel(modelOf(snapshot, findOwnership(snapshot, rootsOf(database))), 'rowhouse.yaml', []);
    const url = new URL(server.url);
    url.pathname = `/${database}`;
    const connection = { url: url.href, source: '--database-url' };
    const taken = [];
    let planned;
    for (let round = 0; round < rounds; round += 1)
      planned = await timed(taken, () => plan({ project: { directory, model }, connection, write: false }));
    console.log(`${database}: the same with ${rows} rows in each table; median of ${rounds}:`);
    report('snapshot, counts and plan', median(taken), goals.ownership);
    console.log(`  ${planned.files.length} migrations, ${planned.doubts.length} doubts`);
  } finally {
    await client.end();
    await rm(directory, { recursive: true });
  }
}

async function fill(client, count, rows) {
  const some = (table, values, many = rows) =>
    client.query(`insert into ${table} select ${values} from generate_series(1, ${many}) as g`);
  await some('root', "g, 'r' || g");
  await some('users', "g, 'u' || g || '@example.org', ''");
  await some('members', 'g, g');
  for (let n = 0; n < 50; n += 1) await some(`lookup${n}`, "g, 'c' || g");
  for (let n = 0; n < 49; n += 1) await some(`own${n}`, 'g, g');
  for (let n = 0; n < count - 102; n += 1) await some(`t${n}`, "g, g, 'n' || g, g, g, g");
  await client.query('analyze');
}

/** The model of what was found; a table that somebody has to be asked about is nobody's. */
function modelOf(snapshot, ownership) {
  const asked = ownership.tables.filter(({ doubt }) => doubt);
  const settled = { ...ownership, tables: ownership.tables.filter(({ doubt }) => !doubt) };
  const proposed = proposedModel(snapshot, settled, { setting: 'app.current_tenant', appRole: 'app' });
  const nobodys = asked.map(({ table }) => `  public.${table.name}: { tenancy: none }\n`).join('');
  return `${proposed}${nobodys}`;
}

function planOf(snapshot, ownership) {
  const model = parseModel(modelOf(snapshot, ownership), 'rowhouse.yaml', []);
  const known = { settledPolicies: new Set(), reviewedPolicies: new Map(), rights: new Map() };
  const situation = readSituation(model, snapshot, known);
  const plan = planConversion(situation, 0);
  if (plan.doubts.length > 0) throw new Error(plan.doubts[0].message);
  return plan;
}

function rootsOf(database) {
  if (database === 'given')
    return (options.root ?? []).map((name) => ({ schema: name.split('.')[0], name: name.split('.')[1] }));
  return [{ schema: 'public', name: 'root' }];
}

/** Of the tables of tenants: how many are found, how many of those found are right, and how many are asked about. */
function score({ tables }, expected) {
  const counts = { right: 0, wrong: 0, missed: 0, doubts: 0 };
  for (const { table, tenancy, doubt } of tables) {
    const want = expected(table.name);
    const have = tenancy === 'row' || tenancy === 'root' ? 'row' : 'other';
    if (want === null) continue;
    if (doubt) counts.doubts += 1;
    else if (want === 'row') counts[have === 'row' ? 'right' : 'missed'] += 1;
    else if (have === 'row') counts.wrong += 1;
  }
  const { right, wrong, missed, doubts } = counts;
  const share = (part, whole) => (whole === 0 ? 1 : part / whole).toFixed(3);
  console.log(`  recall ${share(right, right + missed)}, precision ${share(right, right + wrong)}, ${doubts} doubts`);
}

function report(step, taken, goal) {
  console.log(`  ${step} ${taken.toFixed(0)} ms (goal ${goal} ms: ${taken <= goal ? 'reached' : 'MISSED'})`);
  if (taken > goal) process.exitCode = 1;
}

async function open(database) {
  const url = new URL(server.url);
  url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  return client;
}

async function timed(times, work) {
  const started = performance.now();
  const result = await work();
  times.push(performance.now() - started);
  return result;
}

function median(times) {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
}
