import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { diffLogicalSnapshots } from '../../src/catalog/logical-snapshot.ts';
import { failureOf } from '../migrate/support.ts';
import { companies, test } from './conversion-support.ts';

/** Notes of companies, with what reads them past the policies. */
const past = {
  sql: `${companies.sql}
    create table notes (id int primary key, company_id uuid not null references companies, title text);
    create table stray (id int primary key);
    insert into notes select row_number() over (), id, name from companies;
    create function notes_of(company uuid) returns setof notes language sql stable security definer
      set search_path = pg_catalog, pg_temp as 'select * from public.notes where company_id = $1';
    create function own_notes() returns setof notes language sql stable security definer
      set search_path = pg_catalog, pg_temp as
      $$ select * from public.notes where company_id = nullif(current_setting('app.current_tenant', true), '')::uuid $$;
    create function clear_notes(int) returns void language sql security definer
      set search_path = pg_catalog, pg_temp as 'delete from public.notes where id = $1';
    create function stray_rows() returns setof stray language sql stable security definer
      set search_path = pg_catalog, pg_temp as 'select * from public.stray';
    create materialized view note_counts as select company_id, count(*) from notes group by 1;
    create materialized view stray_counts as select count(*) from stray;
    create role $app; grant select on note_counts, stray_counts to $app; grant select, insert on notes to $app;`,
  model: `${companies.model}
  public.notes: { tenancy: row, column: company_id }
  public.stray: { tenancy: shared }
`,
};

const answers = `
functions:
  public.notes_of(uuid): { rights: caller }
  public.clear_notes(int): { rights: none, reason: nobody calls it }
matviews:
  public.note_counts: { access: none }
`;

describe('what reads past the policies', () => {
  test('is asked about: functions that run as their owner, and materialized views', async ({ convert, project }) => {
    const conversion = await convert(past.sql, past.model);

    const { doubts, files, notes } = await conversion.plan();
    expect(files).toEqual([]);
    expect(doubts.map(({ object }) => object)).toEqual([
      'public.note_counts',
      'public.clear_notes(integer)',
      'public.notes_of(uuid)',
    ]);
    expect(notes.map(({ object }) => object)).toContain('public.own_notes()');

    const yaml = await readFile(join(project.directory, 'rowhouse.yaml'), 'utf8');
    await project.write({
      'rowhouse.yaml': `${yaml}waivers:
  - { rule: matview-exposed, object: public.note_counts, reason: counts are no secret }
  - { rule: function-definer, object: 'public.notes_of(uuid)', reason: notes of a known id are no secret }
functions: { 'public.clear_notes(int4)': { rights: none } }
`,
    });
    expect((await conversion.plan(false)).doubts).toEqual([]);
  });

  test('is closed as the model answers, and open again after the way back', async ({ convert, rowhouse }) => {
    const conversion = await convert(past.sql, past.model + answers);
    const before = await conversion.state();

    await conversion.plan();
    await rowhouse.migrate();
    expect((await conversion.plan()).files).toEqual([]);
    const { findings, inconclusive } = await conversion.verify(true);
    expect({ findings: findings.filter(({ severity }) => severity !== 'info'), inconclusive }).toEqual({
      findings: [],
      inconclusive: [],
    });

    await conversion.undo();
    expect(diffLogicalSnapshots(before, await conversion.state())).toEqual([]);
  });

  test('is named where the database has none of that name', async ({ convert }) => {
    const conversion = await convert(past.sql, `${past.model}matviews: { public.counts: { access: none } }\n`);
    expect((await conversion.plan()).doubts).toContainEqual(
      expect.objectContaining({ object: 'public.counts', message: 'there is no such materialized view' }),
    );

    const other = await convert('', `${past.model}functions: { public.f(): { rights: caller } }\n`);
    expect(await failureOf(other.plan())).toMatchObject({ code: 'no-such-function' });
  });
});

describe('where a policy that asked would recurse', () => {
  test('a trigger asks which rows of its own table a row points at, where they may be shared', async ({
    convert,
    rowhouse,
    database: { client },
  }) => {
    const conversion = await convert(
      `create table companies (id int primary key); insert into companies values (1), (2), (3);
      create table topics (id int primary key, company_id int not null references companies, "Above" int references topics, unique (id, company_id));
      create table "Posts" (id int primary key, topic_id int not null references topics, reply_to int references "Posts");
      insert into topics values (10, 1, null), (20, 2, null), (30, 3, 30), (31, 3, 30);
      insert into "Posts" values (1, 10, null), (2, 20, null), (3, 30, null), (4, 30, 3);
      create role $app; grant all on topics, "Posts" to $app;`,
      `
context: { setting: app.current_tenant, type: integer }
tenants: { table: public.companies, key: id, platform: 1 }
roles: { app: [$app] }
tables:
  public.companies: { tenancy: root }
  public.topics: { tenancy: row, column: company_id, share: { rows: platform } }
  'public."Posts"': { tenancy: row, through: topics }
`,
    );
    const before = await conversion.state();
    const { notes } = await conversion.plan();
    expect(notes).toEqual([]);
    await rowhouse.migrate();
    expect((await conversion.plan()).files).toEqual([]);

    const { rows: roles } = await client.query<{ name: string }>(
      "select grantee as name from information_schema.role_table_grants where table_name = 'Posts' and grantee like '%app%' limit 1",
    );
    const write = async (sql: string): Promise<string> => {
      await client.query(`begin; set local role ${roles[0]?.name ?? ''}; set local app.current_tenant = '2'`);
      const outcome = await client.query(sql).then(
        () => 'written',
        (error: unknown) => (error as { code: string }).code,
      );
      await client.query('rollback');
      return outcome;
    };
    expect({
      own: await write('insert into topics values (21, 2, 20), (22, 2, 21)'),
      itself: await write('insert into topics values (21, 2, 21)'),
      shared: await write('insert into topics values (21, 2, 10)'),
      foreign: await write('insert into topics values (21, 2, 30)'),
      absent: await write('insert into topics values (21, 2, 99)'),
      moved: await write('update topics set "Above" = 30'),
      reply: await write('insert into "Posts" values (5, 20, 2)'),
      toForeign: await write('update "Posts" set reply_to = 3'),
    }).toEqual({
      own: 'written',
      itself: 'written',
      shared: 'written',
      foreign: '23503',
      absent: '23503',
      moved: '23503',
      reply: 'written',
      toForeign: '23503',
    });
    const { findings, inconclusive } = await conversion.verify(true);
    expect({ findings: findings.filter(({ severity }) => severity !== 'info'), inconclusive }).toEqual({
      findings: [],
      inconclusive: [],
    });

    await conversion.undo();
    expect(diffLogicalSnapshots(before, await conversion.state())).toEqual([]);
  });

  test('a second key from the memberships to the people is named, and not guarded', async ({ convert, rowhouse }) => {
    const conversion = await convert(
      `${companies.sql}
      create table users (id uuid primary key default gen_random_uuid(), email text);
      create table members (user_id uuid references users, company_id uuid references companies,
        added_by uuid references users, primary key (user_id, company_id));
      insert into users (email) values ('a'), ('b');
      insert into members select u.id, c.id from users u join companies c on (u.email, c.name) in (('a', 'one'), ('b', 'two'));`,
      `${companies.model}
  public.users: { tenancy: row, through: { table: members, by: user_id } }
  public.members: { tenancy: row, column: company_id }
waivers:
  - { rule: fk-crosses-tenants, object: public.members, reason: members are added by the id of their user }
`,
    );

    const { notes } = await conversion.plan();
    expect(notes).toContainEqual(
      expect.objectContaining({
        object: 'public.members',
        message: expect.stringMatching(/^added_by may point at any row of public\.users/) as string,
      }),
    );
    await rowhouse.migrate();
    const { findings, inconclusive } = await conversion.verify(true);
    expect({ findings: findings.filter(({ severity }) => severity !== 'info'), inconclusive }).toEqual({
      findings: [],
      inconclusive: [],
    });
  });
});

test('a key to tenants beside the one that says whose a row is gets a note, and is what the verifier finds', async ({
  convert,
  rowhouse,
}) => {
  const conversion = await convert(
    `${companies.sql}
    create table links (id uuid primary key default gen_random_uuid(), company_id uuid not null references companies,
      linked_id uuid not null references companies);
    insert into links (company_id, linked_id) select a.id, b.id from companies a, companies b where a.id <> b.id;`,
    `${companies.model}
  public.links: { tenancy: row, column: company_id }
`,
  );
  const { notes } = await conversion.plan();
  expect(notes).toContainEqual({
    object: 'public.links',
    message: expect.stringContaining("linked_id may name another tenant than the row's own") as string,
  });
  await rowhouse.migrate();
  const { findings } = await conversion.verify(true);
  expect(findings.filter(({ severity }) => severity !== 'info').map(({ ruleId }) => ruleId)).toEqual([
    'fk-crosses-tenants',
  ]);
});
