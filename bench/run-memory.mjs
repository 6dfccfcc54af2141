// How much memory `rowhouse migrate` takes: a backfill of a small table and of a large one, in batches of 500 rows so that there
// are many, and few files and many; each run a process of its own. Flat means that the figures do not grow with the work.
// Run: npm run bench:run-memory -- --rows 20000,200000,2000000 --files 10,100,500
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { startEmbeddedServer } from '../dist/embedded/index.js';
import { open } from './application.mjs';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '20000,200000,2000000' },
    files: { type: 'string', default: '10,100,500' },
  },
});
const run = promisify(execFile);
const shim = fileURLToPath(new URL('../bin/rowhouse.js', import.meta.url));
const directory = await mkdtemp(join(tmpdir(), 'rowhouse-memory-'));
const server = await startEmbeddedServer();
const admin = await open(server.url);
const model = `context: { setting: app.current_tenant, type: uuid }\ntenants: { table: public.tenants, key: id }\nroles: { app: [bench_app] }\ntables:\n  public.tenants: { tenancy: root }\n`;
/** Tells at its end how much memory the process has taken at most. */
const telling = `data:text/javascript,process.on('exit',()=>console.log('maxRSS',process.resourceUsage().maxRSS))`;

/** @returns megabytes */
async function measure(files) {
  await admin.query('drop schema if exists rowhouse cascade');
  await rm(directory, { recursive: true, force: true });
  for (const folder of ['migrations', 'rollbacks']) await mkdir(join(directory, folder), { recursive: true });
  await writeFile(join(directory, 'rowhouse.yaml'), model);
  for (const [at, sql] of files.entries()) {
    const name = `${String(at + 1).padStart(4, '0')}_file.sql`;
    await writeFile(join(directory, 'migrations', name), sql);
    await writeFile(join(directory, 'rollbacks', name), '-- nothing\n');
  }
  const words = ['migrate', '--yes', '--batch-size', '500', '--project', directory, '--database-url', server.url];
  const { stdout } = await run(process.execPath, ['--import', telling, shim, ...words], { maxBuffer: 2 ** 28 });
  return Math.round(Number(/maxRSS (\d+)/.exec(stdout)[1]) / 1024);
}

try {
  await admin.query('create role bench_app; create table tenants (id uuid primary key)');
  console.log(`PostgreSQL ${server.version}, Node ${process.version}`);
  for (const rows of options.rows.split(',').map(Number)) {
    await admin.query(`drop table if exists t; create table t (id bigint primary key, n integer, filler text);
      insert into t select g, null, repeat('x', 60) from generate_series(1, ${rows}) as g`);
    await admin.query('vacuum analyze t');
    const megabytes = await measure(['-- rowhouse: backfill\nupdate t set n = 1 where n is null;\n']);
    console.log(`  a backfill of ${rows} rows in about ${Math.ceil(rows / 500)} batches: at most ${megabytes} MB`);
  }
  for (const count of options.files.split(',').map(Number)) {
    const files = Array.from({ length: count }, (_, at) => `create table small_${at} (id integer primary key);\n`);
    const megabytes = await measure(files);
    await admin.query(Array.from({ length: count }, (_, at) => `drop table small_${at}`).join(';'));
    console.log(`  ${count} files: at most ${megabytes} MB`);
  }
} finally {
  await admin.end();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
}
