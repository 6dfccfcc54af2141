import { describe, expect } from 'vitest';
import { chooseSample } from '../../src/probe/sample.ts';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import { test } from '../support/test.ts';
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

const ids = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(3, '0')}`);

/** So many more tenants, with a note each but for the last. */
const manyTenants = (count: number): string => `
  insert into tenants select ('33333333-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, 'many' from generate_series(1, ${count}) n;
  insert into notes select 1000 + n, ('33333333-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, 'x' from generate_series(1, ${count - 1}) n;
  create index on notes (tenant_id); analyze notes;`;

describe('a sample of tenants', () => {
  const all = [...ids('empty', 40), ...ids('small', 100), ...ids('large', 100), 'platform'];
  const weights = new Map(
    all.map((id, index) => [id, id.startsWith('empty') ? 0 : id.startsWith('large') ? 10_000 + index : 10 + index]),
  );
  const sample = (count: number, seed = 1) => chooseSample(all, count, weights, { platform: 'platform', seed });

  test('has the platform, the largest, the smallest and one without rows, and groups of all sizes', () => {
    expect(sample(4)).toEqual([expect.stringMatching(/^empty/), 'small000', 'large099', 'platform']);
    const twenty = sample(20);
    expect(new Set(twenty).size).toBe(20);
    for (const [group, least] of [
      ['empty', 3],
      ['small', 6],
      ['large', 6],
    ] as const) {
      expect(twenty.filter((id) => id.startsWith(group)).length).toBeGreaterThanOrEqual(least);
    }
  });

  test('is the same for a seed, and another for another', () => {
    expect(sample(20)).toEqual(sample(20));
    expect(sample(20, 2)).not.toEqual(sample(20));
    expect(sample(500)).toEqual(all);
  });

  test('is looked at instead of all, and printed', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies, manyTenants(30));
    const report = await world.verify(undefined, { tenants: 6, sampleSeed: 7 });
    expect(report).toMatchObject({ outcome: 'clean', coverage: { tenants: 6, sampled: { of: 33, seed: 7 } } });
    expect((await world.verify()).coverage).not.toHaveProperty('sampled');
    // The one tenant without rows is in any sample.
    await world.sql(
      `create policy leak on notes for select using (id = 4 and (select ctx()) = '33333333-0000-0000-0000-000000000030')`,
    );
    expect(found(await world.verify(undefined, { tenants: 4, sampleSeed: 3 }))).toEqual([
      'foreign-row-visible public.notes',
    ]);
  });
});

describe('many tenants', () => {
  test('one of five thousand sees one foreign row', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies, manyTenants(5000));
    expect(await world.verify()).toMatchObject({ outcome: 'clean', inconclusive: [], coverage: { tenants: 5003 } });
    await world.sql(
      `create policy leak on notes for select using (id = 4 and (select ctx()) = '33333333-0000-0000-0000-000000004321')`,
    );
    expect(findingOf(await world.verify(), 'foreign-row-visible').message).toBe(
      `tenant 33333333-0000-0000-0000-000000004321 sees 1 row of tenant ${beta}: id 4`,
    );
  });

  test('all of them leak: the number is exact, and the evidence bounded', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, manyTenants(300));
    const { evidence, message } = findingOf(await world.verify(), 'foreign-row-visible');
    expect(evidence['count']).toBe(303);
    expect(evidence['subjects']).toHaveLength(50);
    expect(message).toContain('and 302 other tenants see foreign rows too');
  });

  test('a policy that raises for some of them, one in a hundred', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      manyTenants(300),
      `create policy broken on notes as restrictive for select
        using (1 / (case when (select ctx())::text like '%55' then 0 else 1 end) = 1);
      create policy leak on notes for select using (id = 4 and (select ctx()) = '${alpha}')`,
    );
    const report = await world.verify();
    expect(found(report)).toEqual(['foreign-row-visible public.notes']);
    expect(undecided(report)).toEqual([
      'foreign-row-visible public.notes: What tenants 33333333-0000-0000-0000-000000000055, 33333333-0000-0000-0000-000000000155 and 1 more sees could not be read: division by zero (SQLSTATE 22012).',
    ]);
  });
});

describe('several connections', () => {
  const tables = Array.from({ length: 5 }, (_, n) => `t${n}`);
  const schema = tables
    .map(
      (name) => `create table ${name} (id int primary key, tenant_id uuid);
      insert into ${name} select id, tenant_id from notes;
      alter table ${name} enable row level security;
      create policy own on ${name} using (tenant_id = (select ctx()) or (tenant_id = '${platform}' and (select ctx()) is not null));`,
    )
    .join('\n');

  test('see the same snapshot, whatever is written meanwhile', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies, schema);
    const intent = intentOf(...tables.map((name) => relationIntent(`public.${name}`)));
    const seenBy = new Set<number>();
    const report = await world.verify(intent, {
      jobs: 3,
      connect: async () => {
        const client = await database.connect();
        const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
        seenBy.add(rows[0]?.pid ?? 0);
        await world.sql(`insert into t0 values (${100 + seenBy.size}, '${beta}')`);
        return client;
      },
      relations: tables.map((name) => `public.${name}`),
    });
    expect(seenBy.size).toBe(2);
    expect(report).toMatchObject({ outcome: 'clean', inconclusive: [], coverage: { relations: 5 } });
    const { rows } = await database.client.query(
      `select pid from pg_stat_activity where pid = any ($1) and state <> 'idle'`,
      [[...seenBy]],
    );
    expect(rows).toEqual([]);
  });

  test('are not to be had: one does it', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies);
    const connect = () => Promise.reject(new Error('too many connections'));
    expect(await world.verify(undefined, { connect })).toMatchObject({ outcome: 'clean' });
  });
});

describe('what takes too long or is in the way', () => {
  test('one relation that others have locked: the rest goes on', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `create table held (like notes including all); insert into held select * from notes`,
    );
    const snapshot = await readSnapshot(database.client);
    const holder = await database.connect();
    await holder.query('begin; lock table held in access exclusive mode');
    const intent = intentOf(relationIntent('public.notes'), relationIntent('public.held'));
    await world.sql(`create policy leak on notes for select using (id = 4 and (select ctx()) = '${alpha}')`);
    const report = await world.verify(intent, { lockTimeoutMs: 30 }, undefined, snapshot);
    await holder.query('rollback');
    expect(found(report)).toEqual(['foreign-row-visible public.notes']);
    expect(undecided(report)).toContain(
      'foreign-row-visible public.held: It could not be read: canceling statement due to lock timeout (SQLSTATE 55P03).',
    );
  });

  test('a policy that is slow for one tenant', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      manyTenants(40),
      `create policy slow on notes as restrictive for select
        using ((select ctx()) is distinct from '${beta}' or pg_sleep(60) is null)`,
    );
    const report = await world.verify(undefined, { statementTimeoutMs: 200 });
    expect(undecided(report)).toEqual([
      `foreign-row-visible public.notes: What tenant ${beta} sees could not be read: canceling statement due to statement timeout (SQLSTATE 57014).`,
    ]);
  });

  test('a time limit: nothing of what is left is called clean', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies);
    const report = await world.verify(undefined, { timeLimitMs: 1 });
    expect(report).toMatchObject({ outcome: 'inconclusive', findings: [] });
    expect(undecided(report)).toContain(
      'foreign-row-visible public.notes: The time limit of the verification was reached.',
    );
  });

  test('one statement takes no longer than what is left of the time', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      `${soundPolicies}; create policy slow on notes as restrictive for select using (pg_sleep(600) is null)`,
    );
    const report = await world.verify(undefined, { timeLimitMs: 500, statementTimeoutMs: 300_000 });
    expect(report).toMatchObject({ outcome: 'inconclusive', findings: [] });
  });

  test('a relation that takes too long without a context is not asked under the others', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      `${soundPolicies}; create policy slow on notes as restrictive for select using (pg_sleep(60) is null)`,
    );
    const report = await world.verify(undefined, { statementTimeoutMs: 100 });
    // Of the session without a context, and of the first of those with a useless one.
    expect(undecided(report).filter((reason) => reason.startsWith('policy-fails-open'))).toHaveLength(2);
  });

  test('a client that is gone leaves no statement at work', async ({ database }) => {
    const slow = 'create policy slow on notes as restrictive for select using (pg_sleep(60) is null)';
    const world = await buildWorld(database, notesSchema, `${soundPolicies}; ${slow}`);
    const client = await database.connect();
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const waits = async () => {
      const found = await database.client.query(`select wait_event from pg_stat_activity where pid = $1`, [
        rows[0]?.pid,
      ]);
      return found.rows.map(({ wait_event: event }: { readonly wait_event?: unknown }) => event);
    };
    const cut = expect(world.verify(undefined, {}, client)).rejects.toThrow();
    await expect.poll(waits).toEqual(['PgSleep']);
    client.connection.stream.destroy();
    await cut;
    await expect.poll(waits).toEqual([]);
  });

  test('no index serves the policy: it is said beforehand', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies);
    await world.sql(`insert into notes select n, '${alpha}', 'x' from generate_series(100, 200) n; analyze notes`);
    await database.client.query(`update pg_class set reltuples = 1e9, relpages = 1e7 where oid = 'notes'::regclass`);
    const estimates: { scanned: readonly string[]; seconds: number }[] = [];
    const report = await world.verify(undefined, { onEstimate: (estimate) => estimates.push(estimate) });
    expect(report.outcome).toBe('clean');
    expect(estimates).toMatchObject([{ scanned: ['public.notes'], subjects: 3 }]);
    expect(estimates[0]?.seconds).toBeGreaterThan(60);
  });
});

describe('where plpgsql may not be used', () => {
  test('a statement each does the same', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      'revoke usage on language plpgsql from public',
    );
    expect(await world.verify()).toMatchObject({ outcome: 'clean', inconclusive: [] });
    await world.sql(`create policy leak on notes for select using (id = 4 and (select ctx()) = '${alpha}')`);
    expect(findingOf(await world.verify(), 'foreign-row-visible').message).toBe(
      `tenant ${alpha} sees 1 row of tenant ${beta}: id 4`,
    );
  });
});

test('a server that only reads', async ({ database }) => {
  const world = await buildWorld(database, notesSchema, soundPolicies);
  const client = await database.connect();
  await client.query('set default_transaction_read_only = on');
  expect(await world.verify(undefined, {}, client)).toMatchObject({ outcome: 'clean', inconclusive: [] });
});

test('contexts of several settings and any characters', async ({ database }) => {
  const world = await buildWorld(
    database,
    `create table tenants (id text primary key);
    create table notes (id int primary key, tenant_id text, body text);
    create function ctx() returns text language sql stable
      as $$ select nullif(current_setting('request.claims', true), '')::jsonb #>> '{app,org}' $$;
    alter table notes enable row level security;
    create policy own on notes using (tenant_id = (select ctx()) and current_setting('app.kind', true) = '{"}\\,''$$');`,
  );
  const odd = ['$$; drop table notes; --', `it's "quoted"`, '{a,b}', 'back\\slash', 'NULL', 'ü 🏠', ' '];
  for (const [index, id] of odd.entries()) {
    await database.client.query('insert into tenants values ($1)', [id]);
    await database.client.query('insert into notes values ($1, $2)', [index, id]);
  }
  const foreign = 'not coalesce(t.tenant_id = $1::text, false)';
  const notes = relationIntent('public.notes', { foreign, unwritable: foreign, shared: 'false' });
  const options = {
    contextOf: (subject: string) => [
      { setting: 'request.claims', value: JSON.stringify({ app: { org: subject } }) },
      { setting: 'app.kind', value: '{"}\\,\'$$' },
    ],
  };
  const intent = {
    ...intentOf(notes),
    subjects: 'select id from public.tenants order by id collate "C"',
    platform: null,
  };
  expect(await world.verify(intent, options)).toMatchObject({
    outcome: 'clean',
    inconclusive: [],
    coverage: { tenants: 7 },
  });
  await world.sql(`create policy leak on notes for select using (id = 6 and (select ctx()) = 'NULL')`);
  expect(findingOf(await world.verify(intent, options), 'foreign-row-visible').message).toContain(
    'tenant NULL sees 1 row',
  );
});

describe('rows that are shared with very many tenants', () => {
  const shared = `
    insert into notes select 100000 + n, '${platform}', 'shared' from generate_series(1, 1000) n;
    ${manyTenants(600)}`;

  test('are compared in full for some, and the report says so', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies, shared);
    const report = await world.verify();
    expect(report).toMatchObject({ outcome: 'clean', findings: [], inconclusive: [] });
    expect(report.coverage.sharedInPart).toEqual([{ relation: 'public.notes', rows: 1001, inFull: 3, inPart: 600 }]);
  });

  test.for([
    [
      'a foreign row',
      `create policy leak on notes for select using (id = 4 and (select ctx()) = 'TENANT')`,
      'foreign-row-visible',
      'sees 1 row',
    ],
    [
      'a foreign row in the place of its own',
      `create policy swapped on notes as restrictive for select using (id <> 1300 or (select ctx()) <> 'TENANT');
      create policy leak on notes for select using (id = 4 and (select ctx()) = 'TENANT')`,
      'foreign-row-visible',
      'sees 1 row',
    ],
    [
      'an own row that is missing',
      `create policy strict on notes as restrictive for select using (id <> 1300)`,
      'policy-hides-own',
      'misses 1 of the 1,002 rows that it should see: id 1300',
    ],
    [
      'all shared rows',
      `create policy strict on notes as restrictive for select using (tenant_id <> '${platform}' or (select ctx()) <> 'TENANT')`,
      'policy-hides-own',
      'misses 1001 of the 1,002 rows',
    ],
  ] as const)('%s is found for any of the others', async ([, sql, rule, message], { database }) => {
    const tenant = '33333333-0000-0000-0000-000000000300';
    const world = await buildWorld(database, notesSchema, soundPolicies, shared, sql.replaceAll('TENANT', tenant));
    const report = await world.verify();
    expect(report.coverage.sharedInPart).toHaveLength(1);
    expect(findingOf(report, rule).message).toContain(`tenant ${tenant} ${message}`);
  });

  test.for([
    ['the tenant that shares', platform, 4],
    ['one of those that are compared in full', alpha, 4],
    ['one whose id comes before that of the tenant that shares', '00000000-0000-0000-0000-000000000000', 4],
    ['one who sees a row of that one', '33333333-0000-0000-0000-000000000300', 5000],
  ] as const)(
    'a foreign row is found, and one in the place of a shared one, for %s',
    async ([, tenant, row], { database }) => {
      const first = '00000000-0000-0000-0000-000000000000';
      const world = await buildWorld(
        database,
        notesSchema,
        soundPolicies,
        shared,
        `insert into tenants values ('${first}', 'First'); insert into notes values (5000, '${first}', 'f')`,
      );
      expect(await world.verify()).toMatchObject({ outcome: 'clean', findings: [], inconclusive: [] });
      await world.sql(`create policy leak on notes for select using (id = ${row} and (select ctx()) = '${tenant}')`);
      expect(findingOf(await world.verify(), 'foreign-row-visible').message).toContain(`tenant ${tenant} sees 1 row`);
      // Of those that are not compared in full, some shared rows alone are asked for.
      if (tenant !== platform && tenant !== alpha) return;
      await world.sql(
        `create policy strict on notes as restrictive for select using (id <> 100500 or (select ctx()) <> '${tenant}')`,
      );
      const report = await world.verify();
      expect(findingOf(report, 'foreign-row-visible').message).toContain(`tenant ${tenant} sees 1 row`);
      expect(findingOf(report, 'policy-hides-own').message).toContain(`tenant ${tenant} misses 1 of the`);
    },
  );
});
