import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject } from 'vitest';
import { diffLogicalSnapshots } from '../../src/catalog/logical-snapshot.ts';
import { companies, test } from './conversion-support.ts';

const one = '00000000-0000-0000-0000-000000000001';

/** The names of files without their numbers. */
const kinds = (files: readonly { readonly id: string }[]): readonly string[] =>
  files.map(({ id }) => id.replace(/^\d+_/, ''));

test('a key that gets the tenant stays what the table is replicated and clustered by, and keeps what was said of it', async ({
  convert,
  rowhouse,
  database: { client },
}) => {
  const conversion = await convert(
    `${companies.sql} create role $app;
    create table people (id int primary key, company_id uuid not null references companies, email text not null constraint mail unique, code text not null, unique (company_id, id));
    create unique index people_code on people (code);
    create table notes (id int primary key, company_id uuid not null references companies, author int not null constraint author references people);
    create table pages (id int primary key, company_id uuid not null references companies, author int constraint alone references people on delete cascade,
      constraint both_sides foreign key (company_id, author) references people (company_id, id) on delete cascade);
    create table tags (name text primary key, company_id uuid not null references companies, colour text);
    create function colours() returns setof text language sql begin atomic select colour from tags group by name; end;
    insert into people select row_number() over (), id, name, name from companies;
    alter table people replica identity using index mail;
    alter table people cluster on people_code;
    alter table notes cluster on notes_pkey;
    comment on constraint mail on people is 'one each';
    comment on index people_code is 'theirs';
    comment on constraint author on notes is 'who';
    create publication changes for table people;`,
    `${companies.model}
  public.people: { tenancy: row, column: company_id }
  public.pages: { tenancy: row, column: company_id }
  public.tags: { tenancy: row, column: company_id }
  public.notes: { tenancy: row, column: company_id }\n`,
  );
  const before = await conversion.state();
  const { notes } = await conversion.plan();
  expect(notes.map(({ message }) => message)).toEqual([
    expect.stringContaining('function public.colours() depends on it'),
  ]);
  await rowhouse.migrate();

  const { rows } = await client.query<{ said: string }>(`
    select concat_ws(' ', indexrelid::regclass, case when indisreplident then 'identity' end, case when indisclustered then 'cluster' end, description) as said
    from pg_index left join pg_constraint k on conindid = indexrelid and conrelid = indrelid
    left join pg_description d on d.objoid in (indexrelid, k.oid)
    where indrelid = 'people'::regclass order by 1`);
  expect(rows.map(({ said }) => said)).toEqual([
    'people_company_id_code_key cluster theirs',
    'people_company_id_email_key identity one each',
    'people_company_id_id_key',
    'people_pkey',
  ]);
  // Without a replica identity PostgreSQL refuses it.
  await client.query('update people set email = email');
  expect(
    (await client.query("select from pg_description where description = 'who' and objsubid = 0")).rows,
  ).toHaveLength(1);

  // One that holds the tenant already needs no other beside it, which would tell who is there.
  expect(
    (await client.query("select from pg_constraint where contype = 'f' and conrelid = 'pages'::regclass")).rows,
  ).toHaveLength(2);

  await conversion.undo();
  expect(diffLogicalSnapshots(before, await conversion.state())).toEqual([]);
});

test('rules that a backfill sets off are told of, a missing key too; a column that is there gets its default', async ({
  convert,
  rowhouse,
  database: { client },
}) => {
  const conversion = await convert(
    `${companies.sql}
    create table notes (id int not null unique, company_id uuid references companies);
    create table loose (note text, company_id uuid references companies);
    create table log (id int);
    insert into companies values ('${one}', 'three'); insert into notes values (1, null); insert into loose values ('a', null);
    create rule kept as on update to notes do instead nothing;
    create rule logged as on update to loose do also insert into log values (1);`,
    `${companies.model}
  public.notes: { tenancy: row, column: company_id, backfill: { constant: ${one} } }
  public.loose: { tenancy: row, column: company_id, backfill: { constant: ${one} } }
  public.log: { tenancy: none }\n`,
  );
  const { doubts, notes } = await conversion.plan();
  expect(doubts.map(({ object, message }) => [object, message.split(' ').slice(0, 3).join(' ')])).toEqual([
    ['public.notes', 'its rule kept'],
  ]);
  expect(notes.map(({ object, message }) => `${object}: ${message}`)).toEqual([
    expect.stringContaining('public.loose: the backfill sets off its rule logged'),
    expect.stringContaining('public.loose: it has no key to know rows by'),
  ]);

  await client.query('alter table notes disable rule kept; drop table loose, log');
  const open = await convert(
    'alter table notes add constraint notes_key check (id > 0)',
    `${companies.model}
  public.notes: { tenancy: row, column: company_id, backfill: { constant: ${one} } }\n`,
  );
  const before = await open.state();
  await open.plan();
  await rowhouse.migrate();
  await client.query(`begin; set local app.current_tenant = '${one}'; insert into notes (id) values (2); rollback`);
  await open.undo();
  expect(diffLogicalSnapshots(before, await open.state())).toEqual([]);
});

describe.runIf(inject('serverMajor') >= 15)('views', () => {
  test('by another name may be read and written as their table may', async ({
    convert,
    rowhouse,
    database: { client },
  }) => {
    const conversion = await convert(
      `${companies.sql} create role $app;
      create table notes (id int primary key, company_id uuid not null references companies, title text, hidden text);
      insert into notes select row_number() over (), id, name, name from companies;
      grant insert, delete, select (id, company_id, title) on notes to $app;`,
      `${companies.model}
  public.notes: { tenancy: row, column: company_id }
views:
  public.pages: { of: public.notes, columns: { title: heading } }\n`,
    );
    await conversion.plan();
    await rowhouse.migrate();
    const { rows } = await client.query(
      `select privilege_type as may, array_agg(column_name::text order by column_name) as columns
       from information_schema.column_privileges where table_name = 'pages' and grantee ~ '^app' group by 1
       union all select privilege_type, null from information_schema.table_privileges where table_name = 'pages' and grantee ~ '^app'
       order by 1, 2`,
    );
    expect(rows).toEqual([
      { may: 'DELETE', columns: null },
      { may: 'INSERT', columns: ['company_id', 'heading', 'hidden', 'id'] },
      { may: 'INSERT', columns: null },
      { may: 'SELECT', columns: ['company_id', 'heading', 'id'] },
    ]);
  });

  test('that somebody reads without rights on their tables are asked about', async ({
    convert,
    database: { client },
  }) => {
    const sql = `${companies.sql} create role $app;
      create table notes (id int primary key, company_id uuid not null references companies);
      create view shown as select id, company_id from notes;
      create view outer_shown as select id from shown;
      create materialized view counts as select count(*) from notes;
      create view counted as select * from counts;
      grant select on outer_shown, counts, counted, companies to $app;`;
    const model = `${companies.model}
  public.notes: { tenancy: row, column: company_id }
matviews:
  public.counts: { access: none }\n`;
    const conversion = await convert(sql, model);
    const asked = async (): Promise<readonly string[]> =>
      (await conversion.plan(false)).doubts.map(
        ({ object, message }) => `${object}: ${/may not read (\S+)/.exec(message)?.[1] ?? message}`,
      );
    expect(await asked()).toEqual(['public.outer_shown: public.shown', 'public.outer_shown: public.notes']);
    await client.query('grant select on shown to public; grant select (id) on notes to public');
    expect(await asked()).toEqual([]);
    await client.query('revoke select on shown from public');
    const waived = await convert(
      '',
      `${model}waivers:\n  - { rule: view-definer, object: public.outer_shown, reason: it shows numbers }\n`,
    );
    const { doubts, files } = await waived.plan(false);
    expect(doubts).toEqual([]);
    expect(files.find(({ kind }) => kind.id === 'invoker_views')?.steps.map(({ table }) => table?.name)).toEqual([
      'counted',
      'shown',
    ]);
  });
});

test('a model that changes is followed by the policies that nobody has edited, and by tables that are for everybody now', async ({
  convert,
  rowhouse,
  project,
  database: { client },
}) => {
  const conversion = await convert(
    `${companies.sql}
    create table notes (id int primary key, company_id uuid not null references companies, open boolean not null default false);
    create table pages (id int primary key, company_id uuid not null references companies);`,
    `${companies.model}
  public.notes: { tenancy: row, column: company_id }
  public.pages: { tenancy: row, column: company_id }\n`,
  );
  const change = async (from: string, to: string): Promise<void> => {
    const model = await readFile(join(project.directory, 'rowhouse.yaml'), 'utf8');
    await project.write({ 'rowhouse.yaml': model.replace(from, to) });
  };
  await conversion.plan();
  await rowhouse.migrate();
  const walled = await conversion.state();
  expect((await conversion.plan()).policies).toEqual([]);

  const path = 'policies/public.notes.sql';
  await change(
    'notes: { tenancy: row, column: company_id',
    'notes: { tenancy: row, column: company_id, share: { when: open }',
  );
  await change('pages: { tenancy: row, column: company_id }', 'pages: { tenancy: shared, access: write }');
  const { files, obsolete, notes } = await conversion.plan();
  expect(kinds(files)).toEqual(['policies_notes', 'policies_pages']);
  expect(obsolete).toEqual(['policies/public.pages.sql']);
  expect(notes.map(({ object }) => object)).toEqual(['public.pages']);
  const shared = await readFile(join(project.directory, path), 'utf8');
  expect(shared).toContain('(open)');
  await rowhouse.migrate();
  expect((await client.query("select from pg_class where relname = 'pages' and relrowsecurity")).rows).toEqual([]);
  expect((await conversion.plan()).files).toEqual([]);

  // What somebody has edited counts, whatever the model would give.
  await project.write({ [path]: `${shared}-- reviewed\n` });
  await change('when: open', 'when: not open');
  expect((await conversion.plan()).files).toEqual([]);

  await rowhouse.rollback({ steps: 2 }, { action: 'keep' });
  expect(diffLogicalSnapshots(walled, await conversion.state())).toEqual([]);
});
