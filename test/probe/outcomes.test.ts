import { describe, expect } from 'vitest';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import { serverMajor, test } from '../support/test.ts';
import { verifyModelled } from './modelled.ts';
import {
  alpha,
  beta,
  buildWorld,
  findingOf,
  found,
  intentOf,
  notesSchema,
  platform,
  relationIntent,
  soundPolicies,
  undecided,
} from './world.ts';

describe('what was not reached is inconclusive', () => {
  test('an empty database', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies, 'truncate tenants, notes');
    const report = await world.verify();
    expect(report.outcome).toBe('inconclusive');
    expect(undecided(report)).toEqual([
      `foreign-row-visible ${database.name}: The model finds 0 subjects in the database: it takes two to see whether they are apart. With --writes, rows are generated for the time of the run.`,
    ]);
  });

  test('tables without rows', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies, 'truncate notes');
    expect(undecided(await world.verify())).toEqual([
      'foreign-row-visible public.notes: It holds no rows: nothing foreign could have been seen.',
    ]);
  });

  test('rows of one tenant only', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `delete from notes where tenant_id <> '${platform}'`,
    );
    expect(undecided(await world.verify())).toEqual([
      'foreign-row-visible public.notes: Every tenant should see the same rows: with rows of one tenant only, nothing foreign could have been seen.',
    ]);
  });

  test('one tenant in the database', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `
      delete from notes where tenant_id <> '${alpha}'; delete from tenants where id <> '${alpha}'`,
    );
    expect((await world.verify()).outcome).toBe('inconclusive');
    expect((await world.verify()).findings).toEqual([]);
  });

  test('one tenant asked for, of several: there is something foreign to see', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies);
    expect(await world.verify(undefined, { tenants: [alpha] })).toMatchObject({
      outcome: 'clean',
      coverage: { tenants: 1 },
    });
    expect((await world.verify(undefined, { tenants: 2 })).coverage.tenants).toBe(2);
  });

  test('a policy that fails for one tenant only', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `
      create policy broken on notes as restrictive for select using (1 / (case when (select ctx()) = '${beta}' then 0 else 1 end) = 1)`,
    );
    const report = await world.verify();
    expect(report).toMatchObject({ outcome: 'inconclusive', findings: [] });
    expect(undecided(report)).toEqual([
      `foreign-row-visible public.notes: What tenant ${beta} sees could not be read: division by zero (SQLSTATE 22012).`,
    ]);
  });

  test('a policy that fails for every tenant with words of its own is not told as often', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies);
    await world.sql(`
      insert into tenants select pg_catalog.gen_random_uuid(), 'more' from pg_catalog.generate_series(1, 30);
      create or replace function ctx() returns uuid language plpgsql stable as $$
      begin raise exception 'nothing for %', current_setting('app.tenant', true); end $$`);
    const reasons = undecided(await world.verify()).filter((entry) => entry.includes('could not be read'));
    expect(reasons.length).toBe(11);
    expect(reasons.join(' ')).toMatch(/and 21 more sees could not be read: for other reasons, which differ/);
  });

  test('a policy that reads what the app role may not is no wall', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      `
      alter table notes enable row level security;
      create policy lookup on notes using (exists (select from tenants where id = notes.tenant_id))`,
    );
    const report = await world.verify();
    expect(report.outcome).toBe('inconclusive');
    expect(undecided(report)[0]).toContain('permission denied for table tenants (SQLSTATE 42501)');
  });

  test('a lock that does not come, and a policy that takes too long', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies);
    const snapshot = await readSnapshot(database.client);
    const holder = await database.connect();
    await holder.query('begin; lock table notes in access exclusive mode');
    const locked = await world.verify(undefined, { lockTimeoutMs: 50 }, undefined, snapshot);
    await holder.query('rollback');
    expect(locked).toMatchObject({ outcome: 'inconclusive', findings: [] });
    expect(undecided(locked).join()).toContain('SQLSTATE 55P03');

    await world.sql(
      `create policy slow on notes as restrictive for select using ((select ctx()) is distinct from '${beta}' or pg_sleep(60) is null)`,
    );
    const slow = await world.verify(undefined, { statementTimeoutMs: 300 });
    expect(slow).toMatchObject({ outcome: 'inconclusive', findings: [] });
    expect(undecided(slow).join()).toContain('SQLSTATE 57014');
  });

  test('no privilege is not row-level security: unreachable, and said so', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      'create table secrets (id int primary key, tenant_id uuid)',
      soundPolicies,
    );
    await world.sql('revoke all on secrets from :app');
    const intent = intentOf(relationIntent('public.notes'), relationIntent('public.secrets'));
    expect((await world.verify(intent)).coverage).toMatchObject({ relations: 2, unreachable: ['public.secrets'] });
  });

  test('a truth role that is bound: a FORCEd owner sees nothing and must not call it clean', async ({ database }) => {
    const owner = database.uniqueRole('owner');
    const world = await buildWorld(database, notesSchema, soundPolicies);
    const client = await world.connectAs(owner, '');
    await world.sql(`alter table notes owner to ${owner}; alter table tenants owner to ${owner}`);
    const report = await world.verify(undefined, {}, client);
    expect(report).toMatchObject({
      outcome: 'inconclusive',
      findings: [],
      role: { truth: owner, truthRowSecurityActive: true },
    });
    expect(undecided(report)).toContain(
      `foreign-row-visible public.notes: Row-level security binds ${owner}, which should read the truth that ${world.app} is compared with.`,
    );
  });

  test('a client that cannot become the app role', async ({ database }) => {
    const other = database.uniqueRole('other');
    const world = await buildWorld(database, notesSchema, soundPolicies);
    const client = await world.connectAs(other, 'bypassrls');
    await world.sql(`revoke :app from ${other}`);
    await expect(world.verify(undefined, {}, client)).rejects.toMatchObject({
      kind: 'database',
      code: 'cannot-become-app',
    });
  });

  test('a client without superuser rights can do it', async ({ database }) => {
    const auditor = database.uniqueRole('auditor');
    const world = await buildWorld(database, notesSchema, soundPolicies);
    const report = await world.verify(undefined, {}, await world.connectAs(auditor, 'bypassrls'));
    expect(report).toMatchObject({ outcome: 'clean', role: { truth: auditor }, inconclusive: [] });
  });
});

describe('relation-not-in-model', () => {
  test('tables, views and materialized views that the model does not name', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `
      create schema other; create table other.stray (id int); create table other.unreached (id int);
      create materialized view counts as select tenant_id, count(*) from notes group by 1`,
    );
    await world.sql('grant usage on schema other to :app; grant select (id), delete on other.stray to :app');
    const report = await world.verify();
    expect(report).toMatchObject({ outcome: 'inconclusive', findings: [] });
    expect(undecided(report)).toEqual([
      `relation-not-in-model other.stray: The model does not name this table, and ${world.app} has SELECT, DELETE on it.`,
      `relation-not-in-model public.counts: The model does not name this materialized view, and ${world.app} has SELECT, INSERT, UPDATE, DELETE on it; it reads public.notes.`,
    ]);
    expect((await world.verify(undefined, { relations: ['public.notes'] })).outcome).toBe('clean');

    // What is another system's is named, and not judged; what reads rows of ours is, wherever it stands.
    const unmanaged = ['other', 'public'].map((schema) => ({ schema, reason: 'bought' }));
    const left = await world.verify(undefined, { unmanaged });
    expect(undecided(left)).toEqual([expect.stringContaining('relation-not-in-model public.counts')]);
    expect(left.coverage.unmanaged).toEqual([
      { schema: 'other', reason: 'bought', relations: ['other.stray'] },
      { schema: 'public', reason: 'bought', relations: [] },
    ]);
  });
});

describe('views that the model does not name', () => {
  test.skipIf(serverMajor < 15)(
    'are judged where they read, if they read as who is judged there',
    async ({ database }) => {
      const world = await buildWorld(
        database,
        notesSchema,
        soundPolicies,
        `create view counts with (security_invoker = true) as select count(*) from notes;
       create view again with (security_invoker = true) as select * from counts`,
      );
      expect(await world.verify()).toMatchObject({ outcome: 'clean', inconclusive: [] });
      await world.sql('alter view counts set (security_invoker = false)');
      expect(undecided(await world.verify())).toEqual([
        expect.stringContaining('relation-not-in-model public.again'),
        expect.stringContaining('relation-not-in-model public.counts'),
      ]);
      await world.sql(`create view kinds as values (1, 'a'); grant select on kinds to :app`);
      expect(undecided(await world.verify())).toHaveLength(2);
      // An owner that the same policies bind sees no more than who asks.
      const owner = database.uniqueRole('owner');
      await world.sql(`create role ${owner}; grant select on notes to ${owner}; alter view counts owner to ${owner}`);
      expect(await world.verify()).toMatchObject({ outcome: 'clean', inconclusive: [] });
      await world.sql(`create policy other on notes for select to ${owner} using (true)`);
      expect(undecided(await world.verify())).toHaveLength(2);
    },
  );
});

test('a view of an owner whom policies bind is judged, though it shows the truth to nobody', async ({ database }) => {
  const owner = database.uniqueRole('viewer');
  const world = await buildWorld(
    database,
    notesSchema,
    soundPolicies,
    `create role ${owner}; grant select on notes to ${owner}; grant usage, create on schema public to ${owner};
    create view longer as select id, tenant_id, body from notes where body <> 'a'; alter view longer owner to ${owner}`,
  );
  const report = await verifyModelled(
    world,
    'public.notes: { tenancy: row, column: tenant_id, share: { rows: platform } }',
    {},
    'views: { public.longer: { of: public.notes } }',
  );
  expect([found(report), undecided(report)]).toEqual([[], []]);
});

test('an app role that is exempt sees everything', async ({ database }) => {
  const world = await buildWorld(database, notesSchema, soundPolicies, 'alter role :app bypassrls');
  expect(found(await world.verify())).toEqual(['foreign-row-visible public.notes', 'policy-fails-open public.notes']);
  await world.sql('alter role :app nobypassrls');
  expect((await world.verify()).outcome).toBe('clean');
});

describe('tenants that the role tells apart, and no context', () => {
  const roleOfAlpha = `
    create table logins (role name primary key, tenant_id uuid not null);
    insert into logins values (':app', '${alpha}');
    alter table notes enable row level security; alter table notes force row level security;`;

  test.for([
    ['the current role', '(select l.tenant_id from logins l where l.role = current_user)'],
    [
      'a membership',
      `(select l.tenant_id from logins l where pg_has_role(current_user, quote_ident(l.role)::regrole, 'member'))`,
    ],
    ['the login', '(select l.tenant_id from logins l where l.role in (session_user, current_user))'],
  ] as const)('%s: whoever verifies as one of them does not read clean', async ([, own], { database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      `${roleOfAlpha} create policy own on notes using (tenant_id = ${own})`,
      `update logins set role = btrim(role, '"')`,
    );
    for (const options of [{}, { writes: true }]) {
      const report = await world.verify(undefined, options);
      expect(report.outcome).toBe('leaks');
      expect(findingOf(report, 'policy-fails-open').object).toBe('public.notes');
      expect(findingOf(report, 'foreign-row-visible').object).toBe('public.notes');
    }
  });
});

describe('tenant-null and tenant-unknown', () => {
  test('rows that name no tenant, or one that does not exist', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `
      insert into notes values (10, null, 'lost'), (11, '99999999-9999-9999-9999-999999999999', 'dangling')`,
    );
    const report = await world.verify();
    expect(found(report)).toEqual(['tenant-null public.notes', 'tenant-unknown public.notes']);
    expect(findingOf(report, 'tenant-null').message).toBe('1 row has no tenant_id');
    expect(findingOf(report, 'tenant-unknown').message).toBe(
      '1 row belongs to 99999999-9999-9999-9999-999999999999, which is no tenant',
    );
    await world.sql('delete from notes where id in (10, 11)');
    expect((await world.verify()).outcome).toBe('clean');
  });

  test('rows without a tenant may be shared by the model', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `
      insert into notes values (10, null, 'for all');
      create policy unowned on notes for select using (tenant_id is null and (select ctx()) is not null)`,
    );
    const shared = `coalesce(t.tenant_id is null or t.tenant_id = '${platform}', false)`;
    const notes = relationIntent('public.notes', {
      shared,
      foreign: `not coalesce(t.tenant_id = $1::uuid or ${shared}, false)`,
    });
    expect(await world.verify(intentOf(notes))).toMatchObject({ outcome: 'clean', inconclusive: [] });
  });
});

describe('usage', () => {
  test('waivers are reasons, and end', async ({ database }) => {
    const world = await buildWorld(database, notesSchema);
    const waivers = ['foreign-row-visible', 'policy-fails-open'].map((rule) => ({
      rule,
      object: 'public.notes',
      reason: 'public by contract',
      until: '2030-01-31',
    }));
    const before = await world.verify(undefined, { waivers, now: new Date('2030-01-31T12:00:00Z') });
    expect(before.outcome).toBe('clean');
    expect(before.waived.map(({ reason }) => reason)).toEqual(['public by contract', 'public by contract']);
    const after = await world.verify(undefined, { waivers, now: new Date('2030-02-01T00:00:00Z') });
    expect(after).toMatchObject({ outcome: 'leaks', waived: [] });
    expect(after.idleWaivers).toMatchObject([{ endedOn: '2030-01-31', isFound: true }, { isFound: true }]);
    await world.sql(soundPolicies);
    expect((await world.verify(undefined, { waivers, writes: true })).idleWaivers).toMatchObject([
      // A lint has the other rule too, and was not asked.
      { ruleId: 'foreign-row-visible', endedOn: null, isFound: false },
    ]);
  });

  test('with some relations alone, functions and queries are left out, and said to be', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies);
    const { coverage } = await world.verify(undefined, { writes: true, relations: ['public.notes'] });
    expect(coverage.notCalled?.map(({ object }) => object)).toEqual(['functions and queries']);
  });

  test('unknown tenants, relations and roles are refused', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies);
    await expect(world.verify(undefined, { tenants: ['nobody'] })).rejects.toMatchObject({ code: 'unknown-tenant' });
    await expect(world.verify(undefined, { relations: ['public.note'] })).rejects.toMatchObject({
      code: 'unknown-relation',
    });
    await expect(world.verify(undefined, { appRoles: ['no such role'] })).rejects.toMatchObject({
      code: 'unknown-role',
    });
    await expect(world.verify(undefined, { appRoles: [] })).rejects.toMatchObject({ code: 'no-app-role' });
  });

  test('several app roles are looked at alike, also without a context', async ({ database }) => {
    const second = database.uniqueRole('second');
    const world = await buildWorld(database, notesSchema, soundPolicies);
    await world.sql(`create role ${second}; grant usage on schema public to ${second}; grant select on notes to ${second};
      create policy leak on notes for select to ${second} using (id = 4)`);
    const report = await world.verify(undefined, { appRoles: [world.app, second] });
    expect(report.inconclusive).toEqual([]);
    expect(report.role.app).toBe(`${world.app}, ${second}`);
    expect(findingOf(report, 'foreign-row-visible').evidence['role']).toBe(second);
    expect(findingOf(report, 'policy-fails-open').evidence['role']).toBe(second);
  });
});
