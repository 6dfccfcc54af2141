// Many small migrations, by `rowhouse migrate` and by others on databases of their own, in turn (docs/migrations.md):
//   psql              one session that runs the same files
//   node-pg-migrate   its own CLI, on the same files
//   dbmate, graphile-migrate   where `npm install --prefix DIR dbmate graphile-migrate` has put them, with --peers DIR
// Then a run with nothing to do, beside the start of Node alone.
// Run: npm run bench:migrate -- --files 500 --rounds 3 [--peers DIR]. Needs psql on the PATH for the ratio to it.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import pg from 'pg';
import { startEmbeddedServer } from '../dist/embedded/index.js';

const run = promisify(execFile);
const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '500' },
    rounds: { type: 'string', default: '3' },
    peers: { type: 'string' },
  },
});
const count = Number(values.files);
const rounds = Number(values.rounds);
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

const server = await startEmbeddedServer();
const admin = new pg.Client({ connectionString: server.url });
await admin.connect();
const directory = await mkdtemp(join(tmpdir(), 'rowhouse-bench-'));
const name = (n) => `${String(n).padStart(4, '0')}_step`;
const bodies = Array.from({ length: count }, (_, n) =>
  n % 2 === 0
    ? `create table public.t${n} (id bigint primary key, name text not null);`
    : `alter table public.t${n - 1} add column note text;\ncreate index t${n - 1}_name on public.t${n - 1} (name);`,
);
await writeProjects();

const bin = resolve(import.meta.dirname, '../bin/rowhouse.js');
const nodePgMigrate = join(
  dirname(createRequire(import.meta.url).resolve('node-pg-migrate/package.json')),
  'bin/node-pg-migrate.js',
);
const peer = (tool) => values.peers && join(resolve(values.peers), 'node_modules/.bin', tool);
const ways = {
  psql: [
    'psql',
    (url) => [
      '-X',
      '-q',
      '-v',
      'ON_ERROR_STOP=1',
      '-d',
      url,
      ...bodies.flatMap((_, n) => ['-f', join(directory, 'migrations', `${name(n + 1)}.sql`)]),
    ],
  ],
  rowhouse: [process.execPath, (url) => [bin, 'migrate', '--yes', '--project', directory, '--database-url', url]],
  'node-pg-migrate': [process.execPath, () => [nodePgMigrate, 'up', '-m', join(directory, 'up-down')]],
  ...(values.peers && {
    dbmate: [
      peer('dbmate'),
      (url) => [
        '--url',
        `${url}?sslmode=disable`,
        '--migrations-dir',
        join(directory, 'dbmate'),
        '--no-dump-schema',
        'migrate',
      ],
    ],
    'graphile-migrate': [peer('graphile-migrate'), () => ['migrate', '--config', join(directory, 'gmrc.json')]],
  }),
};

const taken = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
for (let round = 0; round < rounds; round += 1) {
  for (const [way, [command, args]] of Object.entries(ways)) {
    await admin.query('drop database if exists bench with (force)');
    await admin.query('create database bench');
    const url = server.urlFor('bench');
    const started = performance.now();
    try {
      await run(command, args(url), { env: { ...process.env, DATABASE_URL: url }, maxBuffer: 2 ** 28 });
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
      continue;
    }
    taken[way].push(performance.now() - started);
    const bench = new pg.Client({ connectionString: url });
    await bench.connect();
    const { rows } = await bench.query("select count(*)::int as n from pg_tables where tablename ~ '^t[0-9]+$'");
    await bench.end();
    if (rows[0].n !== Math.ceil(count / 2)) throw new Error(`${way} made ${rows[0].n} tables`);
  }
}
const ours = median(taken.rowhouse);
console.log(`${count} small migrations, median of ${rounds}`);
for (const [way, times] of Object.entries(taken)) {
  if (times.length === 0) console.log(`  ${way.padEnd(17)} not found`);
  else
    console.log(
      `  ${way.padEnd(17)} ${(median(times) / 1000).toFixed(2)} s  rowhouse takes ${(ours / median(times)).toFixed(2)} × as long`,
    );
}

await admin.query('drop database if exists bench with (force)');
await admin.query('create database bench');
const [command, args] = ways.rowhouse;
await run(command, args(server.urlFor('bench')), { maxBuffer: 2 ** 28 });
const idle = [];
const node = [];
for (let round = 0; round < rounds * 5; round += 1) {
  for (const [times, list] of [
    [idle, args(server.urlFor('bench'))],
    [node, ['-e', '0']],
  ]) {
    const started = performance.now();
    await run(command, list);
    times.push(performance.now() - started);
  }
}
console.log(
  `nothing to do: ${median(idle).toFixed(0)} ms, ${(median(idle) - median(node)).toFixed(0)} ms beyond the start of Node (${median(node).toFixed(0)} ms)`,
);

await admin.end();
await server.stop();
await rm(directory, { recursive: true });

/** The same files in the form that each tool wants. */
async function writeProjects() {
  for (const folder of ['migrations', 'rollbacks', 'up-down', 'dbmate', 'gm/committed']) {
    await mkdir(join(directory, folder), { recursive: true });
  }
  await writeFile(
    join(directory, 'rowhouse.yaml'),
    'context: { setting: app.current_tenant, type: uuid }\ntenants: { table: public.tenants, key: id }\nroles: { app: [bench_app] }\ntables:\n  public.tenants: { tenancy: root }\n',
  );
  await writeFile(join(directory, 'gm/current.sql'), '');
  await writeFile(
    join(directory, 'gmrc.json'),
    JSON.stringify({
      connectionString: server.urlFor('bench'),
      shadowConnectionString: server.urlFor('shadow'),
      rootConnectionString: server.url,
      migrationsFolder: join(directory, 'gm'),
    }),
  );
  let previous = '-';
  for (const [index, body] of bodies.entries()) {
    const id = name(index + 1);
    await writeFile(join(directory, 'migrations', `${id}.sql`), `${body}\n`);
    await writeFile(join(directory, 'rollbacks', `${id}.sql`), '-- nothing\n');
    await writeFile(join(directory, 'up-down', `${id}.sql`), `-- Up Migration\n${body}\n-- Down Migration\n`);
    await writeFile(
      join(directory, 'dbmate', `${20260000000000 + index}_step.sql`),
      `-- migrate:up\n${body}\n-- migrate:down\n`,
    );
    const hashed = `${previous === '-' ? '' : previous}\n${body.trim()}`.trim();
    const hash = `sha1:${createHash('sha1').update(`${hashed}\n`).digest('hex')}`;
    await writeFile(
      join(directory, 'gm/committed', `${String(index + 1).padStart(6, '0')}.sql`),
      `--! Previous: ${previous}\n--! Hash: ${hash}\n\n${body}\n`,
    );
    previous = hash;
  }
}
