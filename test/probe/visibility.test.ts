import { describe, expect } from 'vitest';
import { serverMajor, test } from '../support/test.ts';
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

describe('a sound wall', () => {
  test('is clean, and says what was looked at', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies);
    const report = await world.verify();
    expect(undecided(report)).toEqual([]);
    expect(found(report)).toEqual([]);
    expect(report).toMatchObject({
      outcome: 'clean',
      coverage: { relations: 1, tenants: 3, inconclusive: 0, unreachable: [] },
      role: { app: world.app, truthRowSecurityActive: false },
      server: { database: database.name },
    });
    // Three subjects, four useless contexts and five that are nearly an id, and both checks of the stored tenant.
    expect(report.coverage.checks).toBe(3 + 4 + 5 + 2);
  });

  test('is clean although a policy raises an error without a context', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `
      create or replace function ctx() returns uuid language sql stable as $$ select current_setting('app.tenant')::uuid $$`,
    );
    expect((await world.verify()).outcome).toBe('clean');
  });
});

describe('foreign-row-visible', () => {
  test('a table without row-level security', async ({ database }) => {
    const world = await buildWorld(database, notesSchema);
    const report = await world.verify();
    expect(report.outcome).toBe('leaks');
    const leak = findingOf(report, 'foreign-row-visible');
    expect(leak.message).toBe(
      `tenant ${platform} sees 3 rows of other tenants: id 2, id 3, id 4, and 2 other tenants see foreign rows too`,
    );
    expect(leak.evidence).toMatchObject({ role: world.app });
    expect(leak.evidence['subjects']).toContainEqual({
      subject: beta,
      visible: 4,
      expected: 2,
      foreign: 2,
      exact: true,
      rows: [
        { row: { id: '2' }, owner: alpha },
        { row: { id: '3' }, owner: alpha },
      ],
    });
    await world.sql(leak.fix ?? '');
    await world.sql(soundPolicies);
    expect((await world.verify()).outcome).toBe('clean');
  });

  test('a second permissive policy, for one tenant only', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `
      create policy leak on notes for select using (id = 4 and (select ctx()) = '${alpha}')`,
    );
    const leak = findingOf(await world.verify(), 'foreign-row-visible');
    expect(leak.message).toBe(`tenant ${alpha} sees 1 row of tenant ${beta}: id 4`);
    await world.sql('drop policy leak on notes');
    expect((await world.verify()).outcome).toBe('clean');
  });

  test('one row that stands in for another: the count is right and the rows are not', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      `
      alter table notes enable row level security;
      create policy swapped on notes using (
        (tenant_id = (select ctx()) or (tenant_id = '${platform}' and (select ctx()) is not null)) and not ((select ctx()) = '${alpha}' and id = 3)
        or ((select ctx()) = '${alpha}' and id = 4))`,
    );
    const report = await world.verify();
    expect(found(report)).toEqual(['foreign-row-visible public.notes', 'policy-hides-own public.notes']);
    expect(findingOf(report, 'foreign-row-visible').message).toBe(`tenant ${alpha} sees 1 row of tenant ${beta}: id 4`);
    expect(findingOf(report, 'policy-hides-own').message).toBe(
      `tenant ${alpha} misses 1 of the 3 rows that it should see: id 3`,
    );
  });

  test('FORCE missing, and the app role owns the table', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `
      alter table notes owner to :app; alter table notes no force row level security`,
    );
    const leak = findingOf(await world.verify(), 'foreign-row-visible');
    expect(leak.fix).toBe('alter table "public"."notes" force row level security;');
    await world.sql(leak.fix ?? '');
    expect((await world.verify()).outcome).toBe('clean');
  });

  test.skipIf(serverMajor < 15)('a view that runs as its owner, and a view over it', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `
      create view memos as select * from notes;
      create view memos2 with (security_invoker = true) as select * from memos`,
    );
    const view = (name: string) => relationIntent(name, { kind: 'view', base: { schema: 'public', name: 'notes' } });
    const intent = intentOf(relationIntent('public.notes'), view('public.memos'), view('public.memos2'));
    const report = await world.verify(intent);
    expect(found(report)).toEqual([
      'foreign-row-visible public.memos',
      'foreign-row-visible public.memos2',
      'policy-fails-open public.memos',
      'policy-fails-open public.memos2',
    ]);
    const leak = report.findings.find(
      ({ object, ruleId }) => object === 'public.memos' && ruleId === 'foreign-row-visible',
    );
    expect(leak?.fix).toBe('alter view "public"."memos" set (security_invoker = true);');
    await world.sql(leak?.fix ?? '');
    expect(await world.verify(intent)).toMatchObject({ outcome: 'clean', findings: [], inconclusive: [] });
  });

  test('a partition that is read directly', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      `
      create table logs (id int, tenant_id uuid, primary key (id)) partition by range (id);
      create table logs_1 partition of logs for values from (0) to (10);
      insert into logs select id, tenant_id from notes;
      alter table logs enable row level security;
      create policy own on logs using (tenant_id = (select ctx()) or (tenant_id = '${platform}' and (select ctx()) is not null));
      ${soundPolicies}`,
    );
    const intent = intentOf(relationIntent('public.notes'), relationIntent('public.logs'));
    expect(found(await world.verify(intent))).toEqual([
      'foreign-row-visible public.logs_1',
      'partition-direct public.logs_1',
      'policy-fails-open public.logs_1',
    ]);
    await world.sql('revoke all on logs_1 from :app');
    expect((await world.verify(intent)).outcome).toBe('clean');
  });

  test('a table of which the model says that the app has no access', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `create table jobs (id int primary key); insert into jobs values (1)`,
    );
    const jobs = relationIntent('public.jobs', {
      tenancy: 'none',
      foreign: '$1::text is not null',
      shared: 'false',
      unwritable: '$1::text is not null',
      tenantColumn: null,
    });
    const intent = intentOf(relationIntent('public.notes'), jobs);
    expect(findingOf(await world.verify(intent), 'foreign-row-visible').object).toBe('public.jobs');
    await world.sql('revoke all on jobs from :app');
    expect(await world.verify(intent)).toMatchObject({ outcome: 'clean', coverage: { unreachable: [] } });
  });

  test('a table without a primary key, names with quotes, dots and letters of all kinds', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `
      create table "We""ird.Näme 🏠" ("tenant.id" uuid, "the ""text""" text);
      insert into "We""ird.Näme 🏠" values ('${alpha}', 'same'), ('${alpha}', 'same'), ('${beta}', null), ('${beta}', 'b')`,
    );
    const weird = relationIntent('public."We""ird.Näme 🏠"', {
      foreign: 'not coalesce(t."tenant.id" = $1::uuid, false)',
      shared: 'false',
      unwritable: 'not coalesce(t."tenant.id" = $1::uuid, false)',
      tenantColumn: 'tenant.id',
    });
    const intent = intentOf(relationIntent('public.notes'), weird);
    const leak = findingOf(await world.verify(intent), 'foreign-row-visible');
    expect(leak.object).toBe('public."We""ird.Näme 🏠"');
    expect(leak.evidence['subjects']).toContainEqual({
      subject: alpha,
      visible: 4,
      expected: 2,
      foreign: 2,
      exact: true,
      rows: [
        { row: { 'tenant.id': beta, 'the "text"': 'b' }, owner: beta },
        { row: { 'tenant.id': beta, 'the "text"': null }, owner: beta },
      ],
    });
    await world.sql(`alter table "We""ird.Näme 🏠" enable row level security;
      create policy own on "We""ird.Näme 🏠" using ("tenant.id" = (select ctx()))`);
    expect(await world.verify(intent)).toMatchObject({ outcome: 'clean', inconclusive: [] });
  });

  test('columns that the app role may read: the key if it may, otherwise what it may', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `
      create policy leak on notes for select using (id = 4)`,
    );
    await world.sql('revoke select on notes from :app; grant select (body) on notes to :app');
    const leak = findingOf(await world.verify(), 'foreign-row-visible');
    expect(leak.message).toContain(`tenant ${platform} sees 1 row of tenant ${beta}: body b`);
    await world.sql('drop policy leak on notes');
    expect((await world.verify()).outcome).toBe('clean');
  });

  test('under a membership model the subject is a user', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      `
      create table members (user_id uuid, org uuid, primary key (user_id, org));
      insert into members values ('${alpha}', '${alpha}'), ('${alpha}', '${platform}'), ('${beta}', '${beta}');
      alter table members enable row level security;
      create function uid() returns uuid language sql stable
        as $$ select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
      create policy self on members for select using (user_id = (select uid()));
      alter table notes enable row level security;
      create policy member on notes using (tenant_id in (select org from members));
      create policy leak on notes for select using (id = 4)`,
    );
    const outside = (tenant: string) =>
      `not coalesce(exists (select from public.members m where m.user_id = $1::uuid and m.org = t.${tenant}), false)`;
    const notes = relationIntent('public.notes', {
      foreign: outside('tenant_id'),
      unwritable: outside('tenant_id'),
      shared: 'false',
    });
    const members = relationIntent('public.members', {
      foreign: 't.user_id is distinct from $1::uuid',
      unwritable: '$1::uuid is not null',
      shared: 'false',
      tenantColumn: 'org',
    });
    const intent = {
      ...intentOf(notes, members),
      subjects: 'select distinct user_id::text as id from public.members order by 1',
    };
    const options = {
      membership: true,
      contextOf: (subject: string) => [{ setting: 'request.jwt.claims', value: JSON.stringify({ sub: subject }) }],
    };
    const report = await world.verify(intent, options);
    expect(findingOf(report, 'foreign-row-visible').message).toBe(`user ${alpha} sees 1 row of user ${beta}: id 4`);
    await world.sql('drop policy leak on notes');
    expect(await world.verify(intent, options)).toMatchObject({ outcome: 'clean', findings: [], inconclusive: [] });
  });

  test('names some rows of many, with memory and evidence bounded', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `
      insert into notes select n, '${alpha}', 'many' from generate_series(100, 60099) n;
      create policy leak on notes for select using (id between 100 and 50099)`,
    );
    const leak = findingOf(await world.verify(undefined, { tenants: [beta] }), 'foreign-row-visible');
    const [evidence] = leak.evidence['subjects'] as {
      foreign: number;
      exact: boolean;
      rows: unknown[];
      visible: number;
    }[];
    expect(evidence).toMatchObject({ visible: 50_002, exact: false });
    expect(evidence?.foreign).toBeGreaterThan(1000);
    expect(evidence?.foreign).toBeLessThan(50_000);
    expect(evidence?.rows).toHaveLength(5);
    expect(leak.message).toContain('at least ');
  });

  test('finds one foreign row among many of its own', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `
      insert into notes select n, '${alpha}', 'many' from generate_series(100, 40099) n;
      create policy leak on notes for select using (id = 4)`,
    );
    const leak = findingOf(await world.verify(undefined, { tenants: [alpha] }), 'foreign-row-visible');
    expect(leak.message).toBe(`tenant ${alpha} sees 1 row of tenant ${beta}: id 4`);
  });
});

describe('policy-hides-own', () => {
  test('a policy that is too strict', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `
      create policy strict on notes as restrictive for select using (id <> 3 and id <> 1)`,
    );
    const report = await world.verify();
    expect(found(report)).toEqual(['policy-hides-own public.notes']);
    expect(findingOf(report, 'policy-hides-own').message).toBe(
      `tenant ${platform} misses the only row that it should see: id 1; so do 2 other tenants`,
    );
    // What the application hides on purpose is not missed.
    const partial = intentOf(relationIntent('public.notes', { complete: false }));
    expect((await world.verify(partial)).outcome).toBe('clean');
    await world.sql('drop policy strict on notes');
    expect((await world.verify()).outcome).toBe('clean');
  });

  test.skipIf(serverMajor < 15)(
    'does not miss rows that a view leaves out by its own definition',
    async ({ database }) => {
      const world = await buildWorld(
        database,
        notesSchema,
        soundPolicies,
        `
      create view long with (security_invoker = true) as select * from notes where body <> 'a'`,
      );
      const view = relationIntent('public.long', { kind: 'view', base: { schema: 'public', name: 'notes' } });
      const intent = intentOf(relationIntent('public.notes'), view);
      expect(await world.verify(intent)).toMatchObject({ outcome: 'clean', findings: [], inconclusive: [] });
      await world.sql(`create policy strict on notes as restrictive for select using (id <> 3)`);
      expect(found(await world.verify(intent))).toEqual([
        'policy-hides-own public.long',
        'policy-hides-own public.notes',
      ]);
    },
  );
});

test('a foreign row in the place of a shared one is found', async ({ database }) => {
  const world = await buildWorld(
    database,
    notesSchema,
    soundPolicies,
    `insert into notes values (5, '${platform}', 'news');
    create policy hidden on notes as restrictive for select using (id <> 5 or ctx() <> '${alpha}');
    create policy leak on notes for select using (id = 4 and ctx() = '${alpha}')`,
  );
  const report = await world.verify();
  expect(findingOf(report, 'foreign-row-visible').message).toBe(`tenant ${alpha} sees 1 row of tenant ${beta}: id 4`);
  expect(findingOf(report, 'policy-hides-own').message).toContain(`tenant ${alpha} misses 1 of the 4 rows`);
});

test('a foreign row in the place of an own one is found for every tenant', async ({ database }) => {
  const world = await buildWorld(
    database,
    notesSchema,
    soundPolicies,
    `insert into tenants select gen_random_uuid(), 'more' from generate_series(1, 8);
    insert into notes select 1000 + row_number() over () , t.id, 'x' from tenants t, generate_series(1, 3) where t.name = 'more';
    create policy strict on notes as restrictive for select using (id % 3 <> 0 and id <> 1);`,
  );
  await world.sql(`do $$ declare last uuid; begin select max(id::text) into last from tenants where name = 'more';
      execute format('create policy swapped on notes for select using (id = 4 and ctx() = %L)', last); end $$`);
  expect(found(await world.verify())).toEqual(['foreign-row-visible public.notes', 'policy-hides-own public.notes']);
});

describe('policy-fails-open', () => {
  test('a context with a fallback', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      `
      alter table notes enable row level security;
      create policy own on notes using (tenant_id = coalesce((select ctx()), tenant_id) or tenant_id = '${platform}')`,
    );
    const report = await world.verify();
    expect(found(report)).toEqual(['policy-fails-open public.notes']);
    const open = findingOf(report, 'policy-fails-open');
    expect(open).toMatchObject({ severity: 'error' });
    expect(open.message).toBe('a session whose context is not set sees 4 rows: id 2, id 3, id 4');
    expect(open.evidence['contexts']).toHaveLength(2);
    await world.sql(`drop policy own on notes; ${soundPolicies}`);
    expect((await world.verify()).outcome).toBe('clean');
  });

  test("an id that is well formed and nobody's", async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      `
      alter table notes enable row level security;
      create policy own on notes using (tenant_id = ctx() or ctx() not in ('${platform}', '${alpha}', '${beta}'));
      create policy shared on notes for select using (tenant_id = '${platform}' and ctx() is not null)`,
    );
    const report = await world.verify();
    expect(found(report)).toEqual(['policy-fails-open public.notes']);
    expect(findingOf(report, 'policy-fails-open')).toMatchObject({
      severity: 'error',
      message:
        "a session whose context names nobody's id (5ca1ab1e-0000-4000-8000-000000000000) sees 4 rows: id 2, id 3, id 4",
    });
  });

  test('shared rows alone are a warning', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      `
      alter table notes enable row level security;
      create policy own on notes using (tenant_id = (select ctx()) or tenant_id = '${platform}')`,
    );
    const report = await world.verify();
    expect(found(report)).toEqual(['policy-fails-open public.notes']);
    expect(findingOf(report, 'policy-fails-open')).toMatchObject({
      severity: 'warning',
      message: 'a session whose context is not set sees 1 shared row',
    });
    expect((await world.verify(undefined, { failOn: 'error' })).outcome).toBe('clean');
  });

  test('where ids are words, garbage is one that nobody has', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      `alter table tenants alter id type text; alter table notes alter tenant_id type text;
      create or replace function word() returns text language sql stable as $$ select nullif(current_setting('app.tenant', true), '') $$;
      alter table notes enable row level security;
      create policy own on notes using (tenant_id = (select word()));
      create policy shared on notes for select using (tenant_id = '${platform}' and (select word()) is not null);
      update tenants set id = name where id <> '${platform}';
      update notes n set tenant_id = case n.tenant_id when '${alpha}' then 'Alpha' when '${beta}' then 'Beta' else n.tenant_id end`,
    );
    const intent = intentOf(
      relationIntent('public.notes', {
        foreign: `not coalesce(t.tenant_id = $1 or t.tenant_id = '${platform}', false)`,
        unwritable: 'not coalesce(t.tenant_id = $1, false)',
      }),
    );
    expect(await world.verify(intent)).toMatchObject({ outcome: 'clean', inconclusive: [] });
    await world.sql("alter policy own on notes using (tenant_id = (select word()) or word() not in ('Alpha', 'Beta'))");
    expect(findingOf(await world.verify(intent), 'policy-fails-open')).toMatchObject({ severity: 'error' });
  });

  test('is inconclusive on a connection that had a context before', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies);
    const client = await database.connect();
    await world.verify(undefined, {}, client);
    const again = await world.verify(undefined, {}, client);
    expect(again.outcome).toBe('inconclusive');
    expect(again.inconclusive[0]?.reason).toContain('verify on a new connection');
  });
});

describe('rows whose owner other rows say', () => {
  const replies = `create table replies (id int primary key, word text);
    alter table replies enable row level security;
    create policy through on replies for select using (exists (select from notes n where n.body = word));
    insert into replies values (1, 'a'), (2, 'b'), (3, 'welcome')`;
  const of = (tenant: string) =>
    `exists (select from public.notes n where n.body = t.word and n.tenant_id = ${tenant})`;
  const intent = intentOf(
    relationIntent('public.notes'),
    relationIntent('public.replies', {
      foreign: `not (${of('$1::uuid')} or ${of(`'${platform}'`)})`,
      shared: of(`'${platform}'`),
      unwritable: `not ${of('$1::uuid')}`,
      tenantColumn: null,
      ownership: {
        by: 'parent',
        owners: 'select n.tenant_id::text collate "C" as owner from public.notes n where n.body = t.word',
        unowned: null,
        passesUser: false,
      },
    }),
  );

  test.for([
    ['one each', ''],
    ['several each', `insert into notes values (5, '${alpha}', 'a'), (6, '${beta}', 'b')`],
  ] as const)('%s', async ([, more], { database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies, replies, more);
    expect(await world.verify(intent)).toMatchObject({ outcome: 'clean', inconclusive: [] });
    await world.sql(`create policy leak on replies for select using (id = 2 and (select ctx()) = '${alpha}')`);
    expect(findingOf(await world.verify(intent), 'foreign-row-visible')).toMatchObject({
      object: 'public.replies',
      message: `tenant ${alpha} sees 1 row of other tenants: id 2`,
    });
  });
});
