// How a tenant column is filled through a foreign key, by several ways in one run (docs/migrations.md, "How a backfill runs"):
//   single     one UPDATE of the whole table
//   key        ranges of 5,000 keys, one UPDATE each
//   touch      ranges of 5,000 keys that touch each row, so that a trigger fills it, as pgroll does
//   passes     `rowhouse migrate`: ranges of pages in interleaved passes, with one worker and with two
//   ranges     `rowhouse migrate`: ranges of the key, with one worker and with two
// each on a table of its own, on a durable server, while a client updates and inserts 100 times a second.
// Run: npm run bench:backfill -- --rows 2000000 --rounds 3. The defaults are for a quick look.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startEmbeddedServer } from '../dist/embedded/index.js';
import { usualPace } from '../dist/index.js';
import { beside, median, open, serverSettings, summary, tablesSql, wearIn } from './application.mjs';
import { fillBy } from './one-backfill.mjs';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '300000' },
    rounds: { type: 'string', default: '1' },
    only: { type: 'string' },
    /** How long a batch of `rowhouse` should take, in milliseconds. */
    'batch-time': { type: 'string', default: String(usualPace.batchMs) },
  },
});
const rows = Number(options.rows);
const server = await startEmbeddedServer({ settings: serverSettings });
const admin = await open(server.url);
const directory = await mkdtemp(join(tmpdir(), 'rowhouse-bench-'));
const number = async (sql) => Number((await admin.query(`select (${sql}) as value`)).rows[0].value);

const source = 'from parent as p where p.id = t.parent_id';
const fill = `update t set tenant_id = p.tenant_id ${source} and t.tenant_id is null`;
const trigger = (events) =>
  `create trigger fill_tenant before ${events} on t for each row when (new.tenant_id is null) execute function fill_tenant()`;

async function build() {
  await admin.query(`drop schema if exists rowhouse cascade; drop table if exists t, parent, tenants;
    ${tablesSql(rows)};
    create or replace function fill_tenant() returns trigger language plpgsql as $$ begin
      select p.tenant_id into new.tenant_id from parent as p where p.id = new.parent_id; return new; end $$;
    alter table t add column tenant_id uuid; ${trigger('insert')}`);
  await admin.query('vacuum analyze t');
  await admin.query('checkpoint');
}

const byRowhouse = (sql, jobs) => () =>
  fillBy(server.url, directory, sql, { batchMs: Number(options['batch-time']), jobs });
const byKey = (sql) => async () => {
  for (let key = 0; key <= rows; key += 5000) await admin.query(`${sql} and t.id > ${key} and t.id <= ${key + 5000}`);
};
// Without `is null` of the column that it sets, a body goes by key.
const ranges = `update t set tenant_id = p.tenant_id ${source}`;
const ways = {
  single: () => admin.query(fill),
  key: byKey(fill),
  touch: async () => {
    await admin.query(`drop trigger fill_tenant on t; ${trigger('insert or update')}`);
    await byKey('update t set id = t.id where t.tenant_id is null')();
  },
  passes: byRowhouse(fill, 1),
  'passes-2': byRowhouse(fill, 2),
  ranges: byRowhouse(ranges, 1),
  'ranges-2': byRowhouse(ranges, 2),
};

async function measure(work) {
  await build();
  const heap = await number(`pg_relation_size('t')`);
  const wal = await number(`pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')`);
  const { ms, waits } = await beside(server.url, rows, work);
  const left = await number('select count(*) from t where tenant_id is null');
  if (left > 0) throw new Error(`${left} rows are left`);
  const { p99, longest } = summary(waits);
  return {
    p99,
    longest,
    rate: (rows / ms) * 1000,
    heap: (await number(`pg_relation_size('t')`)) / heap,
    wal: (await number(`pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')`)) - wal,
  };
}

const inMs = (value) => `${value < 100 ? value.toFixed(1) : Math.round(value)} ms`.padStart(9);

try {
  console.log(`PostgreSQL ${server.version}, ${rows} rows, median of ${options.rounds}`);
  await admin.query('create role bench_app');
  await wearIn(admin);
  const results = {};
  for (let round = 0; round < Number(options.rounds); round += 1) {
    for (const [name, work] of Object.entries(ways)) {
      if (options.only !== undefined && !options.only.split(',').includes(name)) continue;
      (results[name] ??= []).push(await measure(work));
    }
  }
  const of = (name, what) => median(results[name].map((one) => one[what]));
  for (const name of Object.keys(results)) {
    console.log(
      `  ${name.padEnd(15)} ${`${Math.round(of(name, 'rate') / 1000)}k rows/s`.padStart(12)}  heap ${of(name, 'heap').toFixed(2)} ×  WAL ${Math.round(of(name, 'wal') / 2 ** 20)} MB  client p99 ${inMs(of(name, 'p99'))}, longest ${inMs(of(name, 'longest'))}`,
    );
  }
  const compare = (what, name, other, goal) => {
    if (results[name] === undefined || results[other] === undefined) return;
    const ratio = (of(name, what) / of(other, what)).toFixed(2);
    console.log(`  ${`${what}, ${name} / ${other}`.padEnd(44)} ${ratio}  (goal ${goal})`);
  };
  compare('rate', 'passes', 'single', '≥ 1.1');
  compare('rate', 'passes-2', 'single', '≥ 1.5');
  compare('rate', 'passes', 'touch', '≥ 1.5');
  if (results.passes !== undefined) {
    console.log(`  ${'heap, passes, afterwards / before'.padEnd(44)} ${of('passes', 'heap').toFixed(2)}  (goal ≤ 1.4)`);
  }
  compare('wal', 'passes', 'single', '≤ 0.7');
  compare('rate', 'ranges-2', 'ranges', 'none: what a second worker brings by key');
} finally {
  await admin.end();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
}
