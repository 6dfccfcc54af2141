import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject } from 'vitest';
import { lintMigrationFiles } from '../../src/app/lint-migrations.ts';
import { diffLogicalSnapshots } from '../../src/catalog/logical-snapshot.ts';
import { eventsOf, failureOf } from '../migrate/support.ts';
import { companies, shop, test } from './conversion-support.ts';

const { sql: roots, model: head } = companies;

describe('a plan of a whole database', () => {
  test('converts it, is clean, finds nothing more to do, and leads back to where it was', async ({
    convert,
    rowhouse,
    project,
  }) => {
    const conversion = await convert(shop.sql, shop.model);
    const before = await conversion.state();

    const planned = await conversion.plan();
    expect(planned.doubts).toEqual([]);
    const { findings } = await lintMigrationFiles({
      directory: project.directory,
      toolVersion: '0',
      failOn: 'warning',
    });
    expect(findings).toEqual([]);
    await rowhouse.migrate();

    const again = await conversion.plan(false);
    expect({ files: again.files, pending: again.pending }).toEqual({ files: [], pending: [] });
    const report = await conversion.verify(true);
    expect({ outcome: report.outcome, inconclusive: report.inconclusive }).toEqual({
      outcome: 'clean',
      inconclusive: [],
    });
    expect(eventsOf(rowhouse, 'warning')).toEqual([]);

    await conversion.undo();
    expect(diffLogicalSnapshots(before, await conversion.state())).toEqual([]);
  });

  test('keeps the triggers of the tables quiet while it fills them, and only then', async ({
    convert,
    rowhouse,
    database: { client },
  }) => {
    await (await convert(shop.sql, shop.model)).plan();
    await client.query("update tasks set updated_at = '2000-01-01'");
    const seen = async (): Promise<unknown> =>
      (
        await client.query(
          "select (select count(*)::int from tasks where updated_at > '2000-01-02') as touched, (select count(*)::int from changes) as changes",
        )
      ).rows[0];
    const before = await seen();

    await rowhouse.migrate({ phase: 'backfill' });
    expect(await seen()).toEqual(before);

    await client.query("update tasks set title = title || '!' where id = 1; update labels set name = 'x' where id = 1");
    expect(await seen()).not.toEqual(before);
  });

  test('leaves a function alone that has the name which it would give', async ({
    convert,
    rowhouse,
    database: { client },
  }) => {
    const conversion = await convert(
      `${shop.sql} create function tasks_assign_tenant() returns text language sql as $$ select 'theirs' $$;`,
      shop.model,
    );
    const before = await conversion.state();

    await conversion.plan();
    await rowhouse.migrate({ phase: 'expand' });
    const { rows } = await client.query<{ said: string }>('select tasks_assign_tenant() as said');
    expect(rows).toEqual([{ said: 'theirs' }]);
    await conversion.undo();
    expect(diffLogicalSnapshots(before, await conversion.state())).toEqual([]);
  });

  test('gives a tenant to what code writes that knows none, and to what moves to another parent', async ({
    convert,
    rowhouse,
    database: { client },
  }) => {
    await (await convert(shop.sql, shop.model)).plan();
    await rowhouse.migrate({ phase: 'expand' });

    await client.query(`
      insert into projects (company_id, slug) select id, 'new ' || name from companies;
      insert into tasks (project_id, title) select id, 'first' from projects where slug = 'new one';
      insert into tasks (project_id, title) select id, 'moved' from projects where slug = 'new one';
      update tasks set project_id = (select id from projects where slug = 'new two') where title = 'moved';
    `);

    const { rows } = await client.query<{ title: string; name: string }>(
      "select title, name from tasks join companies c on c.id = company_id where title in ('first', 'moved') order by 1",
    );
    expect(rows).toEqual([
      { title: 'first', name: 'one' },
      { title: 'moved', name: 'two' },
    ]);
  });

  test('writes files that say their phase, locks and rows, and the policies beside them', async ({
    convert,
    project,
  }) => {
    await (await convert(shop.sql, shop.model)).plan();

    const files = await readdir(join(project.directory, 'migrations'));
    expect(files).toEqual(await readdir(join(project.directory, 'rollbacks')));
    const texts = await Promise.all(files.map((file) => readFile(join(project.directory, 'migrations', file), 'utf8')));
    for (const text of texts) {
      expect(text).toMatch(/^-- rowhouse: phase (expand|backfill|contract)\n/);
      expect(text.replaceAll(/\n-- /g, ' ')).toMatch(/Locks: \S.* Rows: \S/);
    }
    expect(await readFile(join(project.directory, 'policies/public.tasks.sql'), 'utf8')).toContain(
      'create policy tenant_select on public.tasks',
    );
  });

  test('plans nothing while migrations are written and not applied', async ({ convert, rowhouse }) => {
    const conversion = await convert(shop.sql, shop.model);
    const { files } = await conversion.plan();

    expect(await conversion.plan()).toMatchObject({ files: [], pending: files.map(({ id }) => id) });

    await rowhouse.migrate({ phase: 'expand' });
    expect((await conversion.plan()).pending).toHaveLength(files.filter(({ kind }) => kind.phase !== 'expand').length);
  });

  test('brings back the triggers that it keeps quiet, though the migration that would have is gone', async ({
    convert,
    rowhouse,
    project,
    database: { client },
  }) => {
    const conversion = await convert(shop.sql, shop.model);
    const triggers = async (): Promise<unknown> =>
      (
        await client.query(
          "select pg_get_triggerdef(oid) from pg_trigger where tgname in ('note_change', 'only_titles', 'touch') order by 1",
        )
      ).rows;
    const before = await triggers();

    const { files } = await conversion.plan();
    await rowhouse.migrate({ phase: 'expand' });
    expect(await triggers()).not.toEqual(before);
    for (const { id } of files.filter((file) => file.kind.phase !== 'expand')) {
      await rm(join(project.directory, `migrations/${id}.sql`));
      await rm(join(project.directory, `rollbacks/${id}.sql`));
    }
    await conversion.plan();
    await rowhouse.migrate();
    expect(await triggers()).toEqual(before);
    expect((await conversion.plan()).files).toEqual([]);

    // A rollback of a half-done file finds the counters that the file has not come to.
    const counts = (await readdir(join(project.directory, 'rollbacks'))).find((name) => name.includes('retire_counts'));
    const down = await readFile(join(project.directory, 'rollbacks', counts ?? ''), 'utf8');
    await client.query(down);
    await client.query(down);
  });

  test('goes on where the schema did: a new table and a dropped policy are all that it writes', async ({
    convert,
    rowhouse,
    project,
    database: { client },
  }) => {
    const conversion = await convert(shop.sql, shop.model);
    await conversion.plan();
    await rowhouse.migrate();
    await client.query(`
      create table notes (id uuid primary key, task_id bigint not null references tasks);
      drop policy tenant_delete on labels`);
    const yaml = await readFile(join(project.directory, 'rowhouse.yaml'), 'utf8');
    await project.write({
      'rowhouse.yaml': `${yaml}  public.notes: { tenancy: row, column: company_id, backfill: { parent: tasks } }\n`,
    });

    const { files } = await conversion.plan();
    expect(files.map(({ id }) => id.replace(/^\d+_/, ''))).toEqual([
      'tenant_column_notes',
      'contextless_writes',
      'fill_tenant_notes',
      'tenant_indexes',
      'tenant_not_null',
      'tenant_references',
      'composite_references',
      'retire_assignment_notes',
      'policies_labels',
      'policies_notes',
      'retire_counts',
    ]);
    await rowhouse.migrate();
    expect((await conversion.plan()).files).toEqual([]);
  });
});

describe('rows that no tenant is found for', () => {
  const sql = `${roots}
    create table projects (id int primary key, company_id uuid references companies);
    create table tasks (id int primary key, project_id int references projects);
    create table steps (id int primary key, task_id int not null references tasks);
    insert into projects select n, id from companies, generate_series(1, 1) m, lateral (select case name when 'one' then 1 else 2 end) as x (n);
    insert into projects values (3, null);
    insert into tasks values (1, 1), (2, 2), (3, null), (4, 3);
    insert into steps values (1, 1), (2, 2), (3, 3), (4, 4);`;
  const model = (orphans: string): string => `${head}
  public.projects: { tenancy: row, column: company_id, backfill: { constant: 00000000-0000-0000-0000-000000000009${orphans} } }
  public.tasks: { tenancy: row, column: company_id, backfill: { parent: projects${orphans} } }
  public.steps: { tenancy: row, column: company_id, backfill: { parent: tasks${orphans} } }`;
  const ownerless = `${head}
  public.projects: { tenancy: row, column: company_id }
  public.tasks: { tenancy: row, column: company_id, backfill: { parent: projects } }
  public.steps: { tenancy: row, column: company_id, backfill: { parent: tasks } }`;

  const quarantine = ownerless
    .replace('column: company_id }', 'column: company_id, nulls: shared }')
    .replaceAll(' } }\n', ', orphans: quarantine } }\n')
    .replace(/parent: tasks \} \}$/, 'parent: tasks, orphans: quarantine } }');

  test('are counted, along the whole way, and nothing is written', async ({ convert, project }) => {
    const { doubts, files } = await (await convert(sql, ownerless)).plan();

    expect(files).toEqual([]);
    expect(doubts.map(({ object, message }) => `${object}: ${message}`)).toEqual([
      'public.projects: no tenant is found for one row',
      'public.tasks: no tenant is found for 2 rows',
      'public.steps: no tenant is found for 2 rows',
    ]);
    await expect(readdir(join(project.directory, 'migrations'))).rejects.toThrow('ENOENT');
  });

  test('are put aside where the model says so, and come back', async ({
    convert,
    rowhouse,
    project,
    database: { client },
  }) => {
    const wide = Array.from({ length: 9 }, (_, n) => `add column "what happened before ${n}" text default 'x'`).join(
      ', ',
    );
    const audited = `${sql} alter table steps ${wide}; create table changes (what text);
      create function note_change() returns trigger language plpgsql as
        $$ begin insert into changes values (tg_op); return coalesce(new, old); end $$;
      create trigger audit before insert or delete on tasks for each row execute function note_change();
      create trigger audit after delete on steps for each row when (old.id > 2) execute function note_change();`;
    const conversion = await convert(audited, `${quarantine}\n  public.changes: { tenancy: none }`);
    const before = await conversion.state();

    await conversion.plan();
    const linted = await lintMigrationFiles({ directory: project.directory, toolVersion: '0', failOn: 'warning' });
    expect(linted.findings).toEqual([]);
    const back = (await readdir(join(project.directory, 'rollbacks'))).find((name) =>
      name.includes('quarantine_steps'),
    );
    const text = await readFile(join(project.directory, 'rollbacks', back ?? ''), 'utf8');
    expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(120);
    await client.query('alter table steps add column late int default 7');
    await rowhouse.migrate();
    expect((await client.query('select late from rowhouse.public_steps_quarantine')).rows).toEqual([
      { late: 7 },
      { late: 7 },
    ]);
    await client.query('alter table steps drop column late');
    const { rows } = await client.query<{ n: number }>(
      'select count(*)::int as n from tasks union all select count(*)::int from steps union all select count(*)::int from changes',
    );
    expect(rows).toEqual([{ n: 2 }, { n: 2 }, { n: 0 }]);

    await conversion.undo();
    expect(diffLogicalSnapshots(before, await conversion.state())).toEqual([]);
  });

  test('stay where rows that stay point at them: no cascade takes those along', async ({
    convert,
    rowhouse,
    database: { client },
  }) => {
    const held = `${sql} create table notes (id int primary key, task_id int references tasks on delete cascade, project_id int not null references projects);
      create table marks (id int primary key, task_id int references tasks);
      insert into notes values (1, 1, 1), (2, 3, 2); insert into marks values (1, 3), (2, 1);`;
    const aside = `${quarantine}
  public.marks: { tenancy: row, column: company_id, backfill: { parent: tasks, orphans: quarantine } }
  public.notes: { tenancy: row, column: company_id, backfill: { parent: projects, orphans: quarantine } }`;
    const conversion = await convert(held, aside);

    const { doubts } = await conversion.plan();
    expect(doubts.map(({ object, message }) => `${object}: ${message}`)).toEqual([
      'public.tasks: rows that no tenant is found for cannot be put aside: one row of public.notes points at them and stays (notes_task_id_fkey)',
    ]);

    await client.query('update notes set task_id = null where id = 2');
    expect((await conversion.plan()).doubts).toEqual([]);
    await client.query('update notes set task_id = 3 where id = 2');
    expect(await failureOf(rowhouse.migrate())).toMatchObject({
      message: expect.stringContaining('rows of public.notes point at rows that are put aside') as string,
    });
    const { rows } = await client.query('select from notes');
    expect(rows).toHaveLength(2);
  });

  test('go to the tenant that the model names, and have none again afterwards', async ({
    convert,
    rowhouse,
    database: { client },
  }) => {
    const given = model(', orphans: { tenant: 00000000-0000-0000-0000-000000000009 }');
    const conversion = await convert(
      `${sql} insert into companies values ('00000000-0000-0000-0000-000000000009', 'rest');`,
      given,
    );
    const before = await conversion.state();

    await conversion.plan();
    await rowhouse.migrate();
    const { rows } = await client.query<{ id: number }>(
      "select id from tasks where company_id = '00000000-0000-0000-0000-000000000009' order by id",
    );
    expect(rows.map(({ id }) => id)).toEqual([3, 4]);

    await conversion.undo();
    expect(diffLogicalSnapshots(before, await conversion.state())).toEqual([]);
  });
});

describe('what a plan does not guess', () => {
  test('whose the rows are of a table that the model does not name', async ({ convert }) => {
    const { doubts } = await (await convert(`${roots} create table notes (id int)`, head)).plan();

    expect(doubts).toMatchObject([{ object: 'public.notes', message: 'the model does not say whose its rows are' }]);
  });

  test('where the tenant of rows comes from', async ({ convert }) => {
    const { doubts } = await (
      await convert(
        `${roots} create table notes (id int primary key);
        create table places (id int primary key);
        create table marks (place_id int references places);
        create table signs (place_id int references places);
        create table stars (place_id int references places, company_id uuid references companies);`,
        `${head}  public.notes: { tenancy: row, column: company_id }
  public.places: { tenancy: none }
  public.marks: { tenancy: row, column: company_id, backfill: { parent: places } }
  public.signs: { tenancy: row, through: places }
  public.stars: { tenancy: row, column: company_id, backfill: { parent: places } }\n`,
      )
    ).plan();

    const ownerless = 'its tenant is to come from public.places, whose rows have none by the model';
    expect(doubts).toMatchObject([
      { object: 'public.notes', hint: expect.stringContaining('backfill') as string },
      { object: 'public.marks', message: ownerless },
      { object: 'public.signs', message: expect.stringContaining('it would see none') as string },
      { object: 'public.stars', message: ownerless },
    ]);
  });

  test('a table that is not there', async ({ convert }) => {
    const conversion = await convert(roots, `${head}  public.notes: { tenancy: none }\n`);

    expect(await failureOf(conversion.plan())).toMatchObject({
      code: 'no-such-table',
      detail: expect.stringContaining('public.notes') as string,
    });
  });

  test('a parent without a foreign key', async ({ convert }) => {
    const conversion = await convert(
      `${roots} create table projects (id int primary key, company_id uuid not null references companies); create table notes (id int)`,
      `${head}  public.projects: { tenancy: row, column: company_id }
  public.notes: { tenancy: row, column: company_id, backfill: { parent: projects } }\n`,
    );

    expect(await failureOf(conversion.plan())).toMatchObject({ code: 'model-mismatch' });
  });
});

describe('policies', () => {
  test('stand restrictively beside those that a table has of its own', async ({ convert, rowhouse }) => {
    const conversion = await convert(
      `${roots}
      create role $app; grant select, insert, update, delete on companies to $app;
      create table notes (id int primary key, company_id uuid not null references companies, hidden bool not null default false);
      insert into notes (id, company_id) select row_number() over (), id from companies;
      create policy not_hidden on notes using (not hidden); alter table notes enable row level security;
      grant select, insert, update, delete, truncate on notes to $app;`,
      `${head}  public.notes: { tenancy: row, column: company_id }\n`,
    );
    const before = await conversion.state();

    await conversion.plan();
    await rowhouse.migrate();
    expect((await conversion.verify()).findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect((await conversion.plan()).files).toEqual([]);

    await conversion.undo();
    expect(diffLogicalSnapshots(before, await conversion.state())).toEqual([]);
  });

  test('that people have reviewed are kept as they have them', async ({
    convert,
    rowhouse,
    project,
    database: { client },
  }) => {
    const conversion = await convert(
      `${roots} create table notes (id int primary key, company_id uuid not null references companies);`,
      `${head}  public.notes: { tenancy: row, column: company_id }\n`,
    );
    const before = await conversion.state();
    await project.write({
      'policies/public.notes.sql': `alter table public.notes enable row level security;
        create policy "Only own" on public.notes for select using (company_id = nullif(current_setting('app.current_tenant', true), '')::uuid);`,
    });

    await conversion.plan();
    await rowhouse.migrate();
    const { rows } = await client.query<{ polname: string }>(
      "select polname from pg_policy where polrelid = 'notes'::regclass",
    );
    expect(rows).toEqual([{ polname: 'Only own' }]);
    expect((await conversion.plan()).files).toEqual([]);

    await client.query('create policy tenant_insert on notes for insert with check (true)');
    await client.query('alter policy "Only own" on notes using (true)');
    expect((await conversion.plan()).files.map(({ id }) => id.replace(/^\d+_/, ''))).toEqual(['policies_notes']);
    await rowhouse.migrate();
    expect((await conversion.plan()).files).toEqual([]);

    // Made by hand, it comes back, and is not the plan's to take.
    await conversion.undo();
    await client.query('drop policy tenant_insert on notes');
    expect(diffLogicalSnapshots(before, await conversion.state())).toEqual([]);
  });

  test('share the rows of the platform and of nobody, whatever says the tenant', async ({ convert, rowhouse }) => {
    const conversion = await convert(
      `create table companies (id int primary key); insert into companies values (1), (2), (3);
      create table documents (id int primary key, meta jsonb not null);
      create table pages (id int primary key, document_id int not null references documents);
      insert into documents values (1, '{"company": 1}'), (2, '{"company": 2}'), (3, '{"company": 3}'), (4, '{}');
      insert into pages select id, id from documents;`,
      `
context: { setting: app.current_tenant, type: integer }
tenants: { table: public.companies, key: id, platform: 1 }
roles: { app: [$app] }
tables:
  public.companies: { tenancy: root }
  public.documents: { tenancy: row, expression: "meta->>'company'", nulls: shared, share: { rows: platform } }
  public.pages: { tenancy: row, through: documents }
`,
    );

    await conversion.plan();
    await rowhouse.migrate();
    const { findings, inconclusive } = await conversion.verify();
    expect(findings.filter(({ ruleId }) => /hides|foreign-row/.test(ruleId))).toEqual([]);
    expect(inconclusive).toEqual([]);
  });

  test('ask the memberships where sessions say a user', async ({ convert, rowhouse }) => {
    const conversion = await convert(
      `${roots}
      create table users (id uuid primary key default gen_random_uuid(), email text not null);
      create table members (user_id uuid references users, company_id uuid references companies, primary key (user_id, company_id));
      create table projects (id int primary key, company_id uuid not null references companies, lead uuid references users);
      insert into users (email) values ('a'), ('b'), ('c');
      insert into members select u.id, c.id from users u join companies c on (u.email, c.name) in (('a', 'one'), ('b', 'two'), ('c', 'one'));
      insert into projects select row_number() over (), m.company_id, m.user_id from members m;`,
      `
context: { setting: request.jwt.claims, json: sub, type: uuid }
tenants: { table: public.companies, key: id }
membership: { table: public.members, user: user_id, tenant: company_id }
roles: { app: [$app] }
tables:
  public.companies: { tenancy: root }
  public.users: { tenancy: row, through: members }
  public.members: { tenancy: row, column: company_id }
  public.projects: { tenancy: row, column: company_id }
`,
    );
    const before = await conversion.state();

    await conversion.plan();
    await rowhouse.migrate();
    const report = await conversion.verify();
    expect({
      outcome: report.outcome,
      findings: report.findings.filter(({ severity }) => severity !== 'info'),
    }).toEqual({
      outcome: 'clean',
      findings: [],
    });
    expect((await conversion.plan()).files).toEqual([]);

    await conversion.undo();
    expect(diffLogicalSnapshots(before, await conversion.state())).toEqual([]);
  });

  test.skipIf(inject('serverMajor') >= 15)('are in doubt where a view reads past them', async ({ convert }) => {
    const { doubts } = await (
      await convert(`${roots} create view all_of_them as select * from companies`, head)
    ).plan();

    expect(doubts).toMatchObject([{ object: 'public.all_of_them' }]);
  });
});

describe('tenancy that is there in part', () => {
  test('is kept: two levels, other types, names in quotes, several schemas', async ({ convert, rowhouse }) => {
    const conversion = await convert(
      `create schema crm;
      create table public."Organization" ("orgId" bigint primary key, title text);
      create table public.project (id int primary key, "organizationId" int references public."Organization" ("orgId"));
      create table crm.deal (id int primary key, "organizationId" bigint not null, project_id int not null references public.project);
      create table public."Deal" (id int primary key, project_id int not null references public.project);
      create table crm."Deal Line" (id int primary key, deal int not null references crm.deal);
      insert into public."Organization" values (1, 'one'), (2, 'two');
      insert into public.project values (1, 1), (2, 2);
      insert into crm.deal values (1, 1, 1), (2, 2, 2);
      insert into crm."Deal Line" values (1, 1), (2, 2);`,
      `
context: { setting: app.org, type: bigint }
tenants: { table: 'public."Organization"', key: '"orgId"' }
roles: { app: [$app] }
tables:
  'public."Organization"': { tenancy: root }
  public.project: { tenancy: row, column: '"organizationId"' }
  crm.deal: { tenancy: row, column: '"organizationId"' }
  'public."Deal"': { tenancy: row, column: '"organizationId"', backfill: { parent: project } }
  'crm."Deal Line"': { tenancy: row, column: '"organizationId"', backfill: { parent: crm.deal } }
`,
    );
    const before = await conversion.state();

    const { files } = await conversion.plan();
    // Two tables of one name are told apart.
    expect(files.map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/_policies_public_deal$/),
        expect.stringMatching(/_policies_crm_deal$/),
      ]),
    );
    // A key that holds the tenant may join an integer with a bigint.
    expect(files.find(({ id }) => id.endsWith('_composite_references'))?.up).toContain(
      'references public.project ("organizationId", id)',
    );
    await rowhouse.migrate();
    expect((await conversion.verify(true)).outcome).toBe('clean');
    expect((await conversion.plan()).files).toEqual([]);

    await conversion.undo();
    expect(diffLogicalSnapshots(before, await conversion.state())).toEqual([]);
  });

  test('gives a new column the type of the key that it points at', async ({ convert, rowhouse }) => {
    const conversion = await convert(
      `create table companies (id varchar(26) primary key);
      create table projects (id int primary key, company_id varchar(26) not null references companies);
      create table tasks (id int primary key, project_id int not null references projects);`,
      `${head.replace('type: uuid', 'type: text')}  public.projects: { tenancy: row, column: company_id }
  public.tasks: { tenancy: row, column: company_id, backfill: { parent: projects } }\n`,
    );

    const { files } = await conversion.plan();
    expect(files.map(({ up }) => up).join('')).toContain('add column company_id character varying(26);');
    await rowhouse.migrate();
    expect((await conversion.plan()).files).toEqual([]);
  });

  test('is filled from JSON, and from tenants that exist alone', async ({
    convert,
    rowhouse,
    database: { client },
  }) => {
    const conversion = await convert(
      `${roots}
      create table documents (id int primary key, meta jsonb);
      insert into documents select row_number() over (), jsonb_build_object('company', upper(id::text)) from companies;`,
      `${head}  public.documents: { tenancy: row, column: company_id, backfill: { json: "meta->>'company'" } }\n`,
    );
    await conversion.plan();
    await rowhouse.migrate({ phase: 'expand' });
    await client.query(
      "insert into documents values (9, jsonb_build_object('company', (select id from companies where name = 'two')))",
    );
    await rowhouse.migrate();

    const { rows } = await client.query<{ same: boolean }>(
      "select bool_and(company_id = (meta->>'company')::uuid) as same from documents",
    );
    expect(rows).toEqual([{ same: true }]);
  });
});
