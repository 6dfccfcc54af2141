// What passes are worth, by the width of rows, the room on pages and the indexes (docs/adr/0010): each table is filled by one
// UPDATE, by ranges of its key, and in 1 to 16 passes, and as the engine chooses. Nobody else is at work, and the room is what is
// compared; a checkpoint is between any two.
// Run: npm run bench:passes -- --rows 200000 --rounds 3. The defaults are for a quick look.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startEmbeddedServer } from '../dist/embedded/index.js';
import { median, open, serverSettings } from './application.mjs';
import { fillBy } from './one-backfill.mjs';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '1' },
    /** Of the tables, parts of their names. */
    only: { type: 'string', default: '' },
  },
});
const rows = Number(options.rows);
const server = await startEmbeddedServer({ settings: serverSettings });
const admin = await open(server.url);
const directory = await mkdtemp(join(tmpdir(), 'rowhouse-bench-'));
const number = async (sql) => Number((await admin.query(`select (${sql}) as value`)).rows[0].value);

const bigint = { type: 'bigint', of: 'g' };
const uuid = { type: 'uuid', of: 'md5(g::text)::uuid' };
const eightIndexes = Array.from({ length: 8 }, (_, at) => `create index on t (n, parent_id, (n + ${at}))`).join('; ');
const tables = {
  'narrow rows': { width: 60, key: bigint },
  'narrow rows, uuid key': { width: 60, key: uuid },
  'narrow rows, 10 indexes': { width: 60, key: bigint, more: eightIndexes },
  'rows of 500 bytes': { width: 460, key: bigint },
  'rows of 1,500 bytes': { width: 1440, key: bigint },
  'fillfactor 80': { width: 60, key: bigint, fillfactor: 80 },
  'fillfactor 50': { width: 60, key: bigint, fillfactor: 50 },
  'an index on the filled column': { width: 60, key: bigint, more: 'create index on t (tenant_id)' },
};

const source = 'from parent as p where p.id = t.parent_id';
const fill = `update t set tenant_id = p.tenant_id ${source} and t.tenant_id is null`;
// Without `is null` of the column that it sets, a body goes by key.
const byKey = `update t set tenant_id = p.tenant_id ${source}`;

/** @returns how many passes were made; null where there are none */
async function inPasses(passes) {
  let chosen = null;
  await fillBy(server.url, directory, fill, { passes }, ({ type }) => {
    if (type === 'backfill-progress') chosen ??= number('select passes from rowhouse.backfill').catch(() => null);
  });
  return chosen;
}
const ways = {
  'one UPDATE': () => admin.query(fill).then(() => null),
  'key ranges': () => fillBy(server.url, directory, byKey, {}).then(() => null),
  ...Object.fromEntries([1, 2, 4, 8, 16].map((passes) => [`${passes} passes`, () => inPasses(passes)])),
  chosen: () => inPasses(null),
};

async function build({ width, key, fillfactor = 100, more = '' }) {
  await admin.query(`drop schema if exists rowhouse cascade; drop table if exists t, parent;
    create table parent (id bigint primary key, tenant_id uuid not null);
    insert into parent select g, gen_random_uuid() from generate_series(1, 1000) g;
    create table t (id ${key.type} primary key, parent_id bigint not null, n integer not null, body text not null, tenant_id uuid)
      with (fillfactor = ${fillfactor}, autovacuum_enabled = false);
    alter table t alter body set storage plain;
    insert into t select ${key.of}, 1 + g % 1000, g, repeat('x', ${width}) from generate_series(1, ${rows}) g;
    create index on t (parent_id); ${more}`);
  await admin.query('vacuum analyze t');
  await admin.query('checkpoint');
}

async function measure(table, work) {
  await build(table);
  const heap = await number(`pg_relation_size('t')`);
  const wal = await number(`pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')`);
  const started = performance.now();
  const passes = await work();
  const ms = performance.now() - started;
  if ((await number('select count(*) from t where tenant_id is null')) > 0) throw new Error('rows are left');
  return {
    passes,
    ms,
    heap: (await number(`pg_relation_size('t')`)) / heap,
    wal: (await number(`pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')`)) - wal,
  };
}

try {
  console.log(
    `PostgreSQL ${server.version}, ${rows} rows, median of ${options.rounds}; rate and WAL against one UPDATE`,
  );
  await admin.query('create role bench_app');
  for (const [name, table] of Object.entries(tables).filter(([one]) => one.includes(options.only))) {
    const results = {};
    for (let round = 0; round < Number(options.rounds); round += 1) {
      for (const [way, work] of Object.entries(ways)) (results[way] ??= []).push(await measure(table, work));
    }
    const of = (way, what) => median(results[way].map((one) => one[what]));
    await build(table);
    const perPage = rows / (await number(`pg_relation_size('t') / 8192`));
    console.log(`\n${name}: ${perPage.toFixed(0)} rows a page`);
    for (const way of Object.keys(ways)) {
      const passes = results[way][0].passes;
      const label = way === 'chosen' ? `chosen: ${passes}` : way;
      const rate = (of('one UPDATE', 'ms') / of(way, 'ms')).toFixed(2);
      const wal = (of(way, 'wal') / of('one UPDATE', 'wal')).toFixed(2);
      console.log(`  ${label.padEnd(12)} ${rate} ×  heap ${of(way, 'heap').toFixed(2)} ×  WAL ${wal} ×`);
    }
  }
} finally {
  await admin.end();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
}
