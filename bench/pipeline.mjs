// The whole way of a schema to many tenants and back, stage by stage, each with what happened and how long it took:
// load it, fill it with generated rows, `init --from-database` with its doubts answered, plan, migrate, plan again (nothing is left),
// verify with writes (clean), rollback of all (catalog and rows as before). Fails where a stage does not end as it should.
//   --schema FILE        SQL that makes the tables; rows in it are kept, and none are generated then
//   --labels FILE        JSON that says what tables are, for the doubts of init: { "tables": { "orders": { "class": "tenant" } } };
//                        a class begins with root, tenant, shared or none. A doubt without a label gets its likeliest answer
//   --model FILE         YAML that is laid over the model that init proposes, key by key: the answers to what plan asks, waivers; null takes a key out
//   --root schema.table  where tenancy starts; --setting NAME and --app-role ROLE, as init takes them
//   --without-policies   drops the policies of the schema first
//   --keep DIR           keeps the project there; else it is a folder that goes
// Run: npm run bench:pipeline -- --schema schema.sql --labels labels.json
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { parse, stringify } from 'yaml';
import { storeRows } from '../dist/app/generate.js';
import { init } from '../dist/app/init.js';
import { proposeModel } from '../dist/app/init-from-database.js';
import { startEmbeddedServer } from '../dist/embedded/index.js';
import { parseModel } from '../dist/model/parse.js';
import { resolveConnection } from '../dist/postgres/connect.js';

const { values: options } = parseArgs({
  options: {
    schema: { type: 'string' },
    labels: { type: 'string' },
    model: { type: 'string' },
    root: { type: 'string', multiple: true, default: [] },
    setting: { type: 'string', default: 'app.current_tenant' },
    'app-role': { type: 'string', default: 'app_user' },
    'without-policies': { type: 'boolean', default: false },
    keep: { type: 'string' },
  },
});
if (options.schema === undefined) throw new Error('Which schema? --schema FILE');

const labels = options.labels === undefined ? {} : JSON.parse(await readFile(options.labels, 'utf8')).tables;
const given = options.model === undefined ? {} : parse(await readFile(options.model, 'utf8'));
const directory = options.keep ?? (await mkdtemp(join(tmpdir(), 'rowhouse-pipeline-')));
const server = await startEmbeddedServer();
const connection = resolveConnection({ flag: server.url, env: {} });
const client = new pg.Client({ connectionString: server.url });
let stopped = false;
try {
  await client.connect();
  await stage('load', load);
  const proposed = await stage('init', propose);
  await stage('fill', () => fill(proposed));
  await stage('before', () => rowhouse(['catalog', '--logical', '--rows', '--json'], 'before.json'));
  await stage('plan', planAll);
  await stage('lint', () => rowhouse(['lint', '--migrations']));
  await stage('migrate', () => rowhouse(['migrate', '--yes']));
  await stage('plan again', () => rowhouse(['plan', '--check']));
  await stage('verify', () => rowhouse(['verify', '--writes'], 'verify.txt'));
  await stage('rollback', () => rowhouse(['rollback', '--all', '--yes', '--tenant-rows', 'keep']));
  await stage('compare', () => rowhouse(['catalog', '--compare', join(directory, 'before.json')]));
} finally {
  await client.end();
  await server.stop();
  if (options.keep === undefined) await rm(directory, { recursive: true, force: true });
}

/** Runs a stage and says how it ended. Findings do not stop the way back: without rows, a plan or its migrations there is none. */
async function stage(name, run) {
  if (stopped) return undefined;
  const started = performance.now();
  let said;
  try {
    said = await run();
  } catch (error) {
    said = { told: [error.message, error.detail].filter(Boolean).join('\n'), failed: true };
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${said.failed ? 'FAILED' : 'ok    '} ${name.padEnd(10)} ${seconds.padStart(6)} s  ${said.told}`);
  if (said.failed) process.exitCode = 1;
  stopped = said.failed === true && !['lint', 'plan again', 'verify'].includes(name);
  return said.value;
}

async function load() {
  await client.query(await readFile(options.schema, 'utf8'));
  const { rows: policies } = await client.query(
    `select format('drop policy %I on %s; alter table %2$s disable row level security', polname, polrelid::regclass) as undo from pg_policy`,
  );
  const dropped = options['without-policies'] ? policies : [];
  for (const { undo } of dropped) await client.query(undo);
  const { rows } = await client.query(
    "select count(*) as tables from pg_class where relkind in ('r', 'p') and oid > 16383",
  );
  return { told: `${rows[0].tables} tables${dropped.length > 0 ? `, without ${dropped.length} policies` : ''}` };
}

/** The model as somebody has it who answers every doubt. */
async function propose() {
  const answered = [];
  const { model } = await proposeModel({
    connection,
    roots: options.root,
    sample: false,
    setting: options.setting,
    appRole: options['app-role'],
    answer: ({ table, answers }) => {
      const chosen = Math.max(
        0,
        answers.findIndex((answer) => fits(answer, labelOf(table))),
      );
      answered.push(`${table}: { ${answers[chosen] ?? '?'} }`);
      return Promise.resolve(chosen);
    },
  });
  if (model === null) return { told: 'no table is plainly the root', failed: true };
  const merged = overlaid(parse(model), given);
  await init({ directory, model: stringify(merged), setting: '', appRole: '', type: 'uuid', tenants: '' });
  return { told: [`${answered.length} doubts answered`, ...answered].join('\n  '), value: merged };
}

function labelOf(table) {
  return (labels[table] ?? labels[table.replace(/^public\./, '')])?.class;
}

/** Whether an answer says what a label does; a table that is ambiguous is for everybody. */
function fits(answer, label) {
  if (label === undefined) return false;
  const tenancy = /^(root|tenant)/.test(label) ? 'row' : /^none/.test(label) ? 'none' : 'shared';
  return answer.startsWith(`tenancy: ${tenancy}`);
}

function overlaid(base, over) {
  const both = (one) => typeof one === 'object' && one !== null && !Array.isArray(one);
  if (!both(base) || !both(over)) return over;
  const laid = {
    ...base,
    ...Object.fromEntries(Object.entries(over).map(([key, value]) => [key, overlaid(base[key], value)])),
  };
  return Object.fromEntries(Object.entries(laid).filter(([, value]) => value !== null));
}

/** Rows of several tenants, by the model as it fits the tables before their conversion: a tenant that comes by a backfill is still its parent's. */
async function fill(proposed) {
  const { rows } = await client.query(
    `select format('%I.%I', nspname, relname) as name, array_agg(attname::text) as columns
     from pg_class c join pg_namespace n on n.oid = relnamespace join pg_attribute on attrelid = c.oid
     where relkind in ('r', 'p') and attnum > 0 and not attisdropped group by 1`,
  );
  const columns = new Map(rows.map(({ name, columns: has }) => [name, has]));
  const tables = Object.entries(proposed.tables).map(([name, { backfill, orphans, ...table }]) => {
    if (table.tenancy === 'none') return [name, { tenancy: 'shared' }];
    if (table.column === undefined || columns.get(name)?.includes(bare(table.column))) return [name, table];
    const [parent] = [backfill?.parent ?? []].flat();
    return [name, parent === undefined ? { tenancy: 'shared' } : { tenancy: 'row', through: parent }];
  });
  const { views, waivers, functions, queries, ...rest } = proposed;
  const app = await existingRole(rest.roles.app);
  const before = parseModel(
    stringify({ ...rest, roles: { app }, tables: Object.fromEntries(tables) }),
    'rowhouse.yaml',
    [],
  );
  const { tenants, rows: made, relations, obstacles } = await storeRows(connection, before, true);
  await client.query('analyze');
  const without = obstacles.map(({ relation, reason }) => `${relation.schema}.${relation.name}: ${reason}`);
  return { told: [`${made} rows of ${tenants} tenants in ${relations.length} tables`, ...without].join('\n  ') };
}

/** A column as the catalog has it: `"teamID"` is teamID. */
function bare(column) {
  return column.startsWith('"') ? column.slice(1, -1) : column;
}

/** Rows are made for a role that is there: the plan makes one that is not. */
async function existingRole(names) {
  const { rows } = await client.query('select rolname from pg_roles where rolname = any($1)', [[names].flat()]);
  return rows[0]?.rolname ?? 'postgres';
}

async function planAll() {
  const { told, failed } = await rowhouse(['plan']);
  return { told, failed };
}

/** Runs the command line as a user does. */
async function rowhouse(args, file) {
  const bin = fileURLToPath(new URL('../bin/rowhouse.js', import.meta.url));
  const env = { ...process.env, DATABASE_URL: server.url, NO_COLOR: '1' };
  const { code, stdout, stderr } = await new Promise((resolve) => {
    execFile(process.execPath, [bin, ...args, '--project', directory], { env, maxBuffer: 2 ** 28 }, (error, out, err) =>
      resolve({ code: error?.code ?? 0, stdout: out, stderr: err }),
    );
  });
  if (file !== undefined) await writeFile(join(directory, file), stdout);
  const lines = `${stdout}\n${code === 0 ? '' : stderr}`
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.includes('✓'));
  const shown =
    args[0] === 'catalog' && code === 0
      ? lines.slice(-1)
      : code === 0
        ? lines.slice(args[0] === 'plan' ? 0 : -1)
        : lines;
  return {
    told: `exit ${code}${file === 'before.json' ? '' : `\n  ${shown.slice(0, 120).join('\n  ')}`}`,
    failed: code !== 0,
  };
}
