import { describe, expect } from 'vitest';
import { test } from '../support/test.ts';
import { verifyModelled } from './modelled.ts';
import {
  alpha,
  beta,
  buildWorld,
  found,
  intentOf,
  notesSchema,
  platform,
  relationIntent,
  soundPolicies,
  undecided,
} from './world.ts';

const writes = { writes: true };
const gamma = '33333333-3333-3333-3333-333333333333';
const owned = {
  foreign: '(t.tenant_id = $1::uuid) is not true',
  unwritable: '(t.tenant_id = $1::uuid) is not true',
  shared: 'false',
};

const boxesSchema = `
  create table boxes (tenant_id uuid not null default ctx(), label text not null, n int, primary key (tenant_id, n), unique (tenant_id, label));
  insert into boxes values ('${alpha}', 'a', 1), ('${alpha}', 'aa', 2), ('${beta}', 'b', 1);
  alter table boxes enable row level security;
  create policy own on boxes using (tenant_id = (select ctx()));
`;
const boxes = intentOf(relationIntent('public.boxes', owned));

describe('every other tenant is somebody to write for', () => {
  test.for([
    ['a tenant without rows', `'${gamma}'`],
    ['the platform, whose rows are not shared', `'${platform}'`],
  ])('%s', async ([, tenant], { database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      `insert into tenants values ('${gamma}', 'Gamma')`,
      boxesSchema,
    );
    await world.sql('revoke all on notes from :app');
    const only = { ...writes, relations: ['public.boxes'] };
    expect(await world.verify(boxes, only)).toMatchObject({ outcome: 'clean', inconclusive: [] });
    await world.sql(`create policy gift on boxes for insert with check (tenant_id = ${tenant})`);
    expect(found(await world.verify(boxes, only))).toEqual(['policy-check-weaker public.boxes']);
  });

  test('own rows of which only some can be moved', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies);
    await world.sql(
      `create policy half on notes for update using (tenant_id = (select ctx())) with check (body = 'aa')`,
    );
    expect(found(await world.verify(undefined, writes))).toContain('policy-check-weaker public.notes');
  });
});

describe('one row that stands alone', () => {
  test('columns of keys alone can be set: rows of others are still tried', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, boxesSchema);
    await world.sql('revoke update on boxes from :app; grant update (label) on boxes to :app');
    const only = { ...writes, relations: ['public.boxes'] };
    expect(await world.verify(boxes, only)).toMatchObject({ outcome: 'clean', inconclusive: [] });
    await world.sql('create policy loose on boxes for update using (true)');
    expect(found(await world.verify(boxes, only))).toEqual(['policy-wrong-command public.boxes']);
  });
});

test('a column of another table, of the same name, says nothing of whose the row is', async ({ database }) => {
  const world = await buildWorld(
    database,
    notesSchema,
    soundPolicies,
    `create table remarks (id int generated always as identity primary key, note int not null, body text);
    insert into remarks (note) select id from notes;
    alter table remarks enable row level security;
    create policy own on remarks using (exists (select from notes n where n.id = note and n.tenant_id = (select ctx())))`,
  );
  const model = `public.notes: { tenancy: row, column: tenant_id, share: { rows: platform } }
    public.remarks: { tenancy: row, expression: "(select n.tenant_id from public.notes n where n.id = note)" }`;
  const report = await verifyModelled(world, model, writes);
  expect([found(report), undecided(report)]).toEqual([[], []]);
  await world.sql('create policy loose on remarks for insert with check (true)');
  expect(found(await verifyModelled(world, model, writes))).toEqual(['policy-check-weaker public.remarks']);
});

describe('a constraint is no evidence against a policy', () => {
  test('where a default says whose the row is', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, boxesSchema);
    await world.sql('revoke insert, update on boxes from :app; grant insert (label, n) on boxes to :app');
    const report = await world.verify(boxes, { ...writes, relations: ['public.boxes'] });
    expect([found(report), undecided(report)]).toEqual([[], []]);
  });

  test('where the bounds of a partition refuse the row', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      `create table events (tenant_id uuid, id int, note text, primary key (tenant_id, id)) partition by list (tenant_id);
      create table events_a partition of events for values in ('${alpha}');
      create table events_rest partition of events default;
      insert into events values ('${alpha}', 1, 'a'), ('${beta}', 1, 'b'), ('${platform}', 1, 'p')`,
      ['events', 'events_a', 'events_rest']
        .map(
          (name) => `alter table ${name} enable row level security;
          create policy own on ${name} using (tenant_id = (select ctx()));`,
        )
        .join('\n'),
    );
    const events = intentOf(relationIntent('public.events', owned));
    const only = { ...writes, relations: ['public.events', 'public.events_a', 'public.events_rest'] };
    const report = await world.verify(events, only);
    expect([found(report), undecided(report)]).toEqual([[], []]);
    await world.sql('create policy loose on events_rest for delete using (true)');
    expect(found(await world.verify(events, only))).toEqual(['policy-wrong-command public.events_rest']);
  });
});

test('an app role that may read nothing at all is no evidence of a wall', async ({ database }) => {
  const world = await buildWorld(database, notesSchema, soundPolicies);
  await world.sql('revoke all on notes from :app');
  const report = await world.verify();
  expect(report.outcome).toBe('inconclusive');
  expect(undecided(report).join()).toContain('may read none of the relations');
});

test('what one app role may not ask, another may be asked', async ({ database }) => {
  const world = await buildWorld(database, notesSchema, soundPolicies);
  const second = database.uniqueRole('second');
  await world.sql(`create role ${second} nologin; grant usage on schema public to ${second}`);
  const query = (name: string, table: string) => ({ path: `${name}.sql`, sql: `select id from ${table}`, params: [] });
  const queries = [query('notes', 'notes'), query('tenants', 'tenants')];
  const report = await world.verify(undefined, { ...writes, queries, appRoles: [world.app, second] });
  expect(undecided(report)).toEqual([
    'noninterference query:tenants.sql: It failed: permission denied for table tenants (SQLSTATE 42501).',
  ]);
});

test('an INSTEAD OF trigger of a view writes with the rights of its function', async ({ database }) => {
  const world = await buildWorld(
    database,
    notesSchema,
    soundPolicies,
    `create view memos with (security_barrier) as select * from notes where tenant_id = ctx() or tenant_id = '${platform}' and ctx() is not null;
    create function forward() returns trigger language plpgsql security definer as $$
      begin update notes set body = new.body; return new; end $$;
    create trigger forward instead of update on memos for each row execute function forward()`,
  );
  await world.sql('revoke insert, delete on memos from :app');
  const memos = relationIntent('public.memos', { kind: 'view', base: { schema: 'public', name: 'notes' } });
  const report = await world.verify(intentOf(relationIntent('public.notes'), memos), writes);
  expect(found(report)).toContain('view-definer-writable public.memos');
});
