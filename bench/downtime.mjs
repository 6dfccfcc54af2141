// What an application feels of a whole conversion: it updates and inserts 100 times a second while `rowhouse migrate` runs the
// files that `rowhouse plan` has written (columns, backfill, indexes, constraints, policies), while plain statements lead to the
// same end, and without either; in one run, on a durable server.
// Run: npm run bench:downtime -- --rows 2000000 --rounds 3. The defaults are for a quick look.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { startEmbeddedServer } from '../dist/embedded/index.js';
import { beside, median, open, serverSettings, summary, tablesSql, wait, wearIn } from './application.mjs';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '300000' },
    rounds: { type: 'string', default: '1' },
    /** Options of `rowhouse migrate`, as one text. */
    migrate: { type: 'string', default: '' },
    only: { type: 'string', default: 'alone,plain,rowhouse' },
  },
});
const rows = Number(options.rows);
const run = promisify(execFile);
const shim = fileURLToPath(new URL('../bin/rowhouse.js', import.meta.url));
const directory = await mkdtemp(join(tmpdir(), 'rowhouse-downtime-'));
const server = await startEmbeddedServer({ settings: serverSettings });
const admin = await open(server.url);

const model = `context: { setting: app.current_tenant, type: uuid }
tenants: { table: public.tenants, key: id }
roles: { app: [bench_app] }
tables:
  public.tenants: { tenancy: root }
  public.parent: { tenancy: row, column: tenant_id }
  public.t: { tenancy: row, column: tenant_id, backfill: { parent: parent } }
`;

/** What leads to the same tables and keys, as one would write it without a thought of the others. */
const plainSteps = {
  columns: `alter table t add column tenant_id uuid;
    alter table t alter column tenant_id set default nullif(current_setting('app.current_tenant', true), '')::uuid;
    create function fill_tenant() returns trigger language plpgsql as $$ begin
      new.tenant_id := (select p.tenant_id from parent as p where p.id = new.parent_id); return new; end $$;
    create trigger fill_tenant before insert on t for each row when (new.tenant_id is null) execute function fill_tenant()`,
  backfill: 'update t set tenant_id = p.tenant_id from parent as p where p.id = t.parent_id and t.tenant_id is null',
  indexes: 'create unique index on parent (tenant_id, id); create index on t (tenant_id); analyze t',
  constraints: `alter table t alter column tenant_id set not null;
    alter table t add foreign key (tenant_id) references tenants;
    alter table t add foreign key (tenant_id, parent_id) references parent (tenant_id, id);
    alter table t drop constraint t_parent_id_fkey`,
  policies: `drop trigger fill_tenant on t; drop function fill_tenant;
    create policy own on t using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
    alter table t enable row level security; alter table t force row level security`,
};

const rowhouse = (...words) =>
  run(process.execPath, [shim, ...words, '--project', directory, '--database-url', server.url]);

async function build() {
  await admin.query(
    `drop schema if exists rowhouse cascade; drop table if exists t, parent, tenants cascade; ${tablesSql(rows)}`,
  );
  await rm(directory, { recursive: true, force: true });
  for (const folder of ['migrations', 'rollbacks']) await mkdir(join(directory, folder), { recursive: true });
  await writeFile(join(directory, 'rowhouse.yaml'), model);
  await admin.query('vacuum analyze');
  await rowhouse('plan');
  await admin.query('checkpoint');
}

const ways = {
  alone: async () => {
    await wait(20_000);
    return [];
  },
  plain: async () => {
    const parts = [];
    for (const [name, sql] of Object.entries(plainSteps)) {
      const from = Date.now();
      await admin.query(sql);
      parts.push({ name, from, to: Date.now() });
    }
    return parts;
  },
  rowhouse: async () => {
    await rowhouse('migrate', '--yes', ...options.migrate.split(' ').filter(Boolean));
    const { rows: files } = await admin.query(
      `select name, extract(epoch from finished_at)::float8 * 1000 as to, duration_ms::float8 as ms from rowhouse.history order by 2`,
    );
    return files.map(({ name, to, ms }) => ({ name, from: to - ms, to }));
  },
};

const ms = (value) => `${value < 100 ? value.toFixed(1) : Math.round(value)} ms`.padStart(9);
const line = (name, took, { median: half, p99, longest }) =>
  console.log(
    `  ${name.padEnd(28)} ${(took / 1000).toFixed(1).padStart(6)} s  median ${ms(half)}  p99 ${ms(p99)}  longest ${ms(longest)}`,
  );

try {
  await admin.query('create role bench_app');
  await wearIn(admin);
  console.log(`PostgreSQL ${server.version}, ${rows} rows, median of ${options.rounds}`);
  const results = {};
  for (let round = 0; round < Number(options.rounds); round += 1) {
    for (const [name, work] of Object.entries(ways)) {
      if (!options.only.split(',').includes(name)) continue;
      await build();
      let parts = [];
      const felt = await beside(server.url, rows, async () => (parts = await work()));
      (results[name] ??= []).push({ ms: felt.ms, ...summary(felt.waits) });
      line(`${name}, round ${round + 1}`, felt.ms, summary(felt.waits));
      for (const part of parts) {
        const within = felt.waits.filter(({ at, ms: took }) => at + took >= part.from && at < part.to);
        line(`  ${part.name}`, part.to - part.from, summary(within));
      }
    }
  }
  const of = (name, what) => median((results[name] ?? []).map((one) => one[what]));
  if (Number(options.rounds) > 1) {
    for (const name of Object.keys(results)) {
      line(name, of(name, 'ms'), { median: of(name, 'median'), p99: of(name, 'p99'), longest: of(name, 'longest') });
    }
  }
  if (results.alone && results.rowhouse) {
    const more = of('rowhouse', 'longest') - of('alone', 'longest');
    console.log(`  p99, rowhouse / alone: ${(of('rowhouse', 'p99') / of('alone', 'p99')).toFixed(2)}  (goal ≤ 2)`);
    console.log(`  longest wait, rowhouse beyond alone: ${more.toFixed(0)} ms  (goal ≤ 300)`);
  }
} finally {
  await admin.end();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
}
