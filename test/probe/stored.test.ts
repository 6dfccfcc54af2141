import { describe, expect } from 'vitest';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import { test } from '../support/test.ts';
import { verifyModelled } from './modelled.ts';
import { alpha, beta, buildWorld, findingOf, found, notesSchema, platform, undecided } from './world.ts';

/** Nobody but the truth role looks: what is stored shows, and no policy matters. */
const tree = `
  create table replies (id int primary key, tenant_id uuid not null, note int references notes, meta jsonb, notes int[]);
  insert into replies (id, tenant_id, note) values
    (1, '${platform}', 1), (2, '${alpha}', 2), (3, '${alpha}', null), (4, '${beta}', 4), (5, '${beta}', 1);
`;
const notes = `public.notes: { tenancy: row, column: tenant_id, share: { rows: platform } }`;
const replies = `public.replies: { tenancy: row, column: tenant_id, share: { rows: platform } }`;

async function build(database: Parameters<typeof buildWorld>[0], ...schema: readonly string[]) {
  const world = await buildWorld(database, notesSchema, tree, ...schema);
  await world.sql('revoke all on all tables in schema public from :app');
  return world;
}

/** The findings about what is stored, without the word that the app role may read nothing. */
async function stored(world: Awaited<ReturnType<typeof build>>, tables: string) {
  const report = await verifyModelled(world, tables);
  return { ...report, inconclusive: report.inconclusive.filter(({ object }) => object !== `role:${world.app}`) };
}

describe('tenant-mismatch', () => {
  test('a row that points at a row of another tenant; own, shared and no rows are none', async ({ database }) => {
    const world = await build(database);
    expect(await stored(world, `${notes}\n${replies}`)).toMatchObject({ findings: [], inconclusive: [] });

    await world.sql(`insert into replies (id, tenant_id, note) values (6, '${beta}', 2), (7, '${platform}', 4)`);
    const report = await stored(world, `${notes}\n${replies}`);
    expect(found(report)).toEqual(['tenant-mismatch public.replies']);
    const finding = findingOf(report, 'tenant-mismatch');
    expect(finding.message).toBe('2 rows point at rows of other tenants in public.notes: id 6, id 7');
    expect(finding.evidence['examples']).toEqual([
      { row: { id: '6' }, owner: beta, pointsAt: { row: { id: '2' }, owner: alpha } },
      { row: { id: '7' }, owner: platform, pointsAt: { row: { id: '4' }, owner: beta } },
    ]);
  });

  test('owners by expression, and through another table than the one that is pointed at', async ({ database }) => {
    const world = await build(
      database,
      `create table documents (id int primary key, meta jsonb, note int references notes);
       create table pages (id int primary key, document int references documents, note int references notes, before int references pages);
       insert into documents values (1, '{"tenant": "${alpha}"}', 2), (2, '{"tenant": "${beta}"}', 4);
       insert into pages values (1, 1, 2, null), (2, 2, 4, null), (3, 2, null, 2)`,
    );
    const model = `${notes}
      public.documents: { tenancy: row, expression: "meta->>'tenant'" }
      public.pages: { tenancy: row, through: documents }
      public.replies: { tenancy: none }`;
    expect(await stored(world, model)).toMatchObject({ findings: [], inconclusive: [] });

    await world.sql('update documents set note = 4 where id = 1; update pages set note = 2, before = 1 where id = 2');
    const report = await stored(world, model);
    expect(found(report)).toEqual([
      'tenant-mismatch public.documents',
      'tenant-mismatch public.pages',
      'tenant-mismatch public.pages',
    ]);
  });

  test('keys of several columns: with the tenant on both sides nothing can differ, without it', async ({
    database,
  }) => {
    const world = await build(
      database,
      `create table "Places" ("a.b" int, "c d" int, tenant_id uuid, primary key ("a.b", "c d"), unique (tenant_id, "a.b"));
       create table visits (id int primary key, tenant_id uuid, x int, y int,
         foreign key (x, y) references "Places", foreign key (tenant_id, x) references "Places" (tenant_id, "a.b"));
       insert into "Places" values (1, 1, '${alpha}'), (2, 1, '${beta}');
       insert into visits values (1, '${alpha}', 1, 1), (2, '${beta}', 2, null)`,
    );
    const model = `public."Places": { tenancy: row, column: tenant_id }
      public.visits: { tenancy: row, column: tenant_id }
      ${notes}\n${replies}`;
    expect(await stored(world, model.replace('public."Places"', `'public."Places"'`))).toMatchObject({
      findings: [],
      inconclusive: [],
    });
    await world.sql(`insert into "Places" values (1, 2, '${beta}'); update visits set y = 2 where id = 1`);
    expect(found(await stored(world, model.replace('public."Places"', `'public."Places"'`)))).toEqual([
      'tenant-mismatch public.visits',
    ]);
  });

  test('partitions on both sides, and a shared parent by SQL', async ({ database }) => {
    const world = await build(
      database,
      `create table logs (id int, tenant_id uuid, open bool default false, primary key (id)) partition by range (id);
       create table logs_1 partition of logs for values from (0) to (10);
       create table logs_2 partition of logs for values from (10) to (20);
       create table marks (id int primary key, tenant_id uuid, log int references logs) partition by range (id);
       create table marks_1 partition of marks for values from (0) to (10);
       insert into logs values (1, '${alpha}', false), (11, '${beta}', false), (12, '${beta}', true);
       insert into marks values (1, '${alpha}', 1), (2, '${beta}', 11), (3, '${alpha}', 12)`,
    );
    const model = `public.logs: { tenancy: row, column: tenant_id, share: { when: open } }
      public.marks: { tenancy: row, column: tenant_id }
      ${notes}\n${replies}`;
    expect(await stored(world, model)).toMatchObject({ findings: [], inconclusive: [] });
    await world.sql('update logs set open = false');
    expect(found(await stored(world, model))).toEqual(['tenant-mismatch public.marks']);
  });

  test('tenants that point at their rows, and at each other', async ({ database }) => {
    const world = await build(
      database,
      `alter table tenants add parent uuid references tenants, add front_page int references notes;
       update tenants set parent = '${platform}', front_page = 1`,
    );
    expect(await stored(world, `${notes}\n${replies}`)).toMatchObject({ findings: [], inconclusive: [] });
    await world.sql(`update tenants set front_page = 4 where id = '${alpha}'`);
    expect(found(await stored(world, `${notes}\n${replies}`))).toEqual(['tenant-mismatch public.tenants']);
  });

  test('rows that nobody owns are told of once, and people come and go', async ({ database }) => {
    const world = await build(
      database,
      `insert into notes values (9, null); update replies set note = 9 where id = 2;
       create table people (id int primary key);
       create table members (person int references people, tenant_id uuid, primary key (person, tenant_id));
       alter table replies add author int references people;
       insert into people values (1), (2); insert into members values (1, '${alpha}');
       update replies set author = 1`,
    );
    const model = `${notes}\n${replies}
      public.members: { tenancy: row, column: tenant_id }
      public.people: { tenancy: row, through: members }`;
    expect(found(await stored(world, model))).toEqual(['tenant-null public.notes']);
  });

  test('a table that is locked is inconclusive', async ({ database }) => {
    const world = await build(database);
    const snapshot = await readSnapshot(database.client);
    const holder = await database.connect();
    await holder.query('begin; lock table replies in access exclusive mode');
    const report = await verifyModelled(world, `${notes}\n${replies}`, { lockTimeoutMs: 50 }, '', snapshot);
    await holder.query('rollback');
    expect(undecided(report).join()).toContain(
      'tenant-mismatch public.replies: Along replies_note_fkey: canceling statement due to lock timeout (SQLSTATE 55P03).',
    );
  });
});

describe('fk-validated-blind', () => {
  test('rows that a bound owner did not see when it validated', async ({ database }) => {
    const owner = database.uniqueRole('owner');
    const world = await build(
      database,
      `create role ${owner}; grant usage, create on schema public to ${owner}; alter table notes owner to ${owner}; alter table replies owner to ${owner};
       alter table replies drop constraint replies_note_fkey;
       alter table replies enable row level security; alter table replies force row level security;
       update replies set note = 99 where id in (2, 4)`,
    );
    const model = `${notes}\n${replies}`;
    expect(await stored(world, model)).toMatchObject({ findings: [], inconclusive: [] });
    await world.sql(
      `set role ${owner}; alter table replies add constraint note_there foreign key (note) references notes not valid`,
    );
    expect(await stored(world, model)).toMatchObject({ findings: [], inconclusive: [] });
    await world.sql('alter table replies validate constraint note_there; reset role');
    const report = await stored(world, model);
    expect(found(report)).toEqual(['fk-validated-blind public.replies']);
    expect(findingOf(report, 'fk-validated-blind').message).toBe(
      '2 rows have no row in public.notes, although note_there is validated: id 2, id 4',
    );
    await world.sql('update replies set note = null where note = 99');
    expect(await stored(world, model)).toMatchObject({ findings: [], inconclusive: [] });
  });

  test('keys of partitions, and NULLs in keys of several columns', async ({ database }) => {
    const world = await build(
      database,
      `create table spots (a int, b int, primary key (a, b)) partition by range (a);
       create table spots_1 partition of spots for values from (0) to (10);
       create table spots_2 partition of spots for values from (10) to (20);
       create table uses (id int primary key, tenant_id uuid, a int, b int, foreign key (a, b) references spots);
       insert into spots values (1, 1), (11, 1);
       insert into uses values (1, '${alpha}', 1, 1), (2, '${beta}', 11, 1), (3, '${beta}', 7, null)`,
    );
    const model = `public.spots: { tenancy: shared }
      public.uses: { tenancy: row, column: tenant_id }
      ${notes}\n${replies}`;
    expect(await stored(world, model)).toMatchObject({ findings: [], inconclusive: [] });
    await world.sql(
      `set session_replication_role = replica; update uses set b = 9 where id = 3; reset session_replication_role`,
    );
    expect(found(await stored(world, model))).toEqual(['fk-validated-blind public.uses']);
  });
});

describe('foreign-id-embedded', () => {
  const keys = (embedded: string): string =>
    `${notes}\npublic.replies: { tenancy: row, column: tenant_id, share: { rows: platform }, embedded: ${embedded} }`;

  test('arrays of SQL and of JSON, and single ids', async ({ database }) => {
    const world = await build(
      database,
      `update replies set notes = '{2, 1, 99}', meta = '{"note": 2, "all": ["3", 2, null]}' where tenant_id = '${alpha}';
       update replies set notes = '{{4, 1}}', meta = '{"note": "4", "all": "nothing"}' where tenant_id = '${beta}'`,
    );
    const model = keys(
      `{ "notes[]": public.notes.id, "meta->'note'": public.notes.id, "meta->'all'[]": public.notes.id }`,
    );
    expect(await stored(world, model)).toMatchObject({ findings: [], inconclusive: [] });

    await world.sql(
      `update replies set notes = '{4}' where id = 2; update replies set meta = '{"note": 3}' where id = 4`,
    );
    const report = await stored(world, model);
    expect(found(report)).toEqual(['foreign-id-embedded public.replies', 'foreign-id-embedded public.replies']);
    expect(findingOf(report, 'foreign-id-embedded')).toMatchObject({
      message: '1 id in notes[] leads to rows of other tenants in public.notes: in id 2',
      evidence: { dangling: 1, strays: 1, examples: [{ owner: alpha, leadsTo: { row: { id: '4' }, owner: beta } }] },
    });
  });

  test('uuids in any spelling, what is no uuid, and pairs of a type and an id', async ({ database }) => {
    const [one, two] = ['abcdefab-0000-0000-0000-000000000001', 'abcdefab-0000-0000-0000-000000000002'];
    const world = await build(
      database,
      `create table blocks (id uuid primary key, tenant_id uuid);
       insert into blocks values ('${one}', '${alpha}'), ('${two}', '${beta}');
       alter table replies add kind text, add subject text;
       update replies set meta = '{"block": "${one.toUpperCase()}"}', kind = 'note', subject = '${two}' where id = 2;
       update replies set meta = '{"block": "none"}', kind = 'block', subject = '${two}' where id = 4`,
    );
    const model = (): string =>
      `${keys(`{ "meta->>'block'": public.blocks.id, "case when kind = 'block' then subject end": public.blocks.id }`)}
       public.blocks: { tenancy: row, column: tenant_id }`;
    expect(await stored(world, model())).toMatchObject({ findings: [], inconclusive: [] });
    await world.sql(
      `update replies set meta = '{"block": "{${two.toUpperCase()}}"}' where id = 2; update replies set kind = 'block' where id = 2`,
    );
    expect(await stored(world, model())).toMatchObject({
      findings: [
        { ruleId: 'foreign-id-embedded', evidence: { key: "meta->>'block'" } },
        { ruleId: 'foreign-id-embedded', evidence: { key: "case when kind = 'block' then subject end" } },
      ],
    });
  });

  test('ids of tenants, ids that all lead nowhere, and shared targets', async ({ database }) => {
    const world = await build(
      database,
      `alter table replies add seen_by uuid[]; update replies set seen_by = array[tenant_id], notes = '{77}'`,
    );
    const model = keys('{ "seen_by[]": public.tenants.id }');
    expect(await stored(world, model)).toMatchObject({ findings: [], inconclusive: [] });
    await world.sql(`update replies set seen_by = seen_by || '${beta}'::uuid`);
    expect(found(await stored(world, model))).toEqual(['foreign-id-embedded public.replies']);
    expect(undecided(await stored(world, keys('{ "notes[]": public.notes.id }')))).toEqual([
      'foreign-id-embedded public.replies: notes[]: None of its 5 ids leads to a row of public.notes: are they ids of its id?',
    ]);
  });
});

describe('tenant-null and tenant-unknown', () => {
  test('tenants in JSON, and rows whose parents are not there', async ({ database }) => {
    const world = await build(
      database,
      `create table documents (id int primary key, meta jsonb);
       create table pages (id int primary key, document int references documents);
       insert into documents values (1, '{"tenant": "${alpha}"}'), (2, '{"tenant": "${beta}"}');
       insert into pages values (1, 1), (2, 2)`,
    );
    const model = `${notes}\n${replies}
      public.documents: { tenancy: row, expression: "meta->>'tenant'" }
      public.pages: { tenancy: row, through: documents }`;
    expect(await stored(world, model)).toMatchObject({ findings: [], inconclusive: [] });
    await world.sql(`
      insert into documents values (3, '{"tenant": "gone"}'), (4, '{}'); insert into pages values (3, null), (4, 3)`);
    const report = await stored(world, model);
    expect(found(report)).toEqual([
      'tenant-null public.documents',
      'tenant-null public.pages',
      'tenant-unknown public.documents',
    ]);
    expect(findingOf(report, 'tenant-null').message).toBe('1 row has no tenant in the expression that the model gives');
  });
});
