// A tenant's row that points at a parent which may be shared cannot have the foreign key (tenant_id, parent_id): the
// parent's tenant is another one. Two ways remain, measured here side by side in one run (docs/adr/0004-vital.md):
//   check   WITH CHECK that the parent is visible: exists (select from parents where id = parent_id)
//   column  a column with the parent's tenant, filled by a trigger, with a composite foreign key and a CHECK
// and `none`, which lets a row point anywhere, as the floor. Run: npm run bench:shared-parent
import pg from 'pg';
import { startEmbeddedServer } from '../dist/embedded/index.js';

const rows = 20_000;
const rounds = 7;
const tenant = '11111111-1111-1111-1111-111111111111';
const platform = '00000000-0000-0000-0000-000000000001';
const context = `(select nullif(current_setting('app.current_tenant', true), '')::uuid)`;

const setup = `
  create role bench_app;
  create table parents (id uuid primary key, tenant_id uuid not null, unique (tenant_id, id));
  insert into parents
    select md5('p' || n)::uuid, case when n % 2 = 0 then '${platform}'::uuid else '${tenant}'::uuid end
      from generate_series(1, 10000) as n;
  alter table parents enable row level security;
  create policy p on parents using (tenant_id = ${context} or tenant_id = '${platform}');

  create table children_none (id bigint generated always as identity primary key, tenant_id uuid not null, parent_id uuid not null references parents (id));
  create table children_check (like children_none including all, foreign key (parent_id) references parents (id));
  create table children_column (like children_none including all, parent_tenant_id uuid not null,
    foreign key (parent_tenant_id, parent_id) references parents (tenant_id, id),
    check (parent_tenant_id in (tenant_id, '${platform}')));
  create function fill_parent_tenant() returns trigger language plpgsql as $$
  begin
    select p.tenant_id into new.parent_tenant_id from public.parents as p where p.id = new.parent_id;
    return new;
  end $$;
  create trigger fill before insert or update of parent_id on children_column
    for each row execute function fill_parent_tenant();
  alter table children_none enable row level security;
  alter table children_check enable row level security;
  alter table children_column enable row level security;
  create policy p on children_none using (tenant_id = ${context});
  create policy p on children_check using (tenant_id = ${context})
    with check (tenant_id = ${context} and exists (select from parents as p where p.id = parent_id));
  create policy p on children_column using (tenant_id = ${context});
  grant select, insert, update, delete on all tables in schema public to bench_app;
  analyze;`;

const insert = (way) => `do $$
begin
  for n in 1..${rows} loop
    insert into public.children_${way} (tenant_id, parent_id) values ('${tenant}', md5('p' || (1 + n % 10000))::uuid);
  end loop;
end $$`;
const update = (way) => `update public.children_${way} set parent_id = md5('p' || (1 + id % 9999))::uuid`;

const ways = ['none', 'check', 'column'];
const times = { insert: {}, update: {} };
const server = await startEmbeddedServer();
const client = new pg.Client({ connectionString: server.url });
await client.connect();
try {
  await client.query(setup);
  for (let round = 0; round < rounds; round += 1) {
    for (const way of ways) {
      await client.query('begin');
      await client.query(`select set_config('app.current_tenant', '${tenant}', true)`);
      await client.query('set local role bench_app');
      for (const [kind, sql] of [
        ['insert', insert(way)],
        ['update', update(way)],
      ]) {
        const started = process.hrtime.bigint();
        await client.query(sql);
        (times[kind][way] ??= []).push(Number(process.hrtime.bigint() - started) / 1e6);
      }
      await client.query('rollback');
    }
  }
} finally {
  await client.end();
  await server.stop();
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
console.log(`PostgreSQL ${server.version}, ${rows} rows, median of ${rounds} rounds`);
for (const [kind, byWay] of Object.entries(times)) {
  for (const way of ways) {
    const ms = median(byWay[way]);
    const ratio = (ms / median(byWay.none)).toFixed(2);
    console.log(
      `${kind} ${way.padEnd(6)} ${ms.toFixed(0).padStart(5)} ms  ${Math.round(rows / ms)
        .toString()
        .padStart(4)} rows/ms  ${ratio} × none`,
    );
  }
}
