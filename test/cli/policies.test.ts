import { expect } from 'vitest';
import { diffPolicies } from '../../src/app/policies-diff.ts';
import { openProject } from '../../src/app/project.ts';
import { jsonOf, test } from './support.ts';

test('policies diff: what the database has, against what the folder wants', async ({ database, project, rowhouse }) => {
  const role = database.uniqueRole('app');
  const sql = (text: string) => database.client.query(text);
  await sql(`create role ${role};
    create table public.tenants (id uuid primary key);
    create table public."My Notes" (id bigint, tenant_id uuid, body text);
    create table public.others (id bigint);
    alter table public."My Notes" enable row level security; alter table public."My Notes" force row level security;
    create policy own on public."My Notes" using (tenant_id = current_setting('app.tenant')::uuid);
    create policy "Floor" on public."My Notes" as restrictive for update to ${role} using (body is not null);
    alter table public.others enable row level security`);
  await project.write({
    'rowhouse.yaml': `context: { setting: app.tenant, type: uuid }
tenants: { table: public.tenants, key: id }
roles: { app: [${role}] }
tables:
  public.tenants: { tenancy: root }
  'public."My Notes"': { tenancy: row, column: tenant_id }
`,
    'policies/notes.sql': `-- The text is not PostgreSQL's own.
alter table public."My Notes" enable row level security;
ALTER TABLE "My Notes" FORCE ROW LEVEL SECURITY;
create policy "Floor" on "My Notes" as restrictive for update to ${role} using (not body is null);
create policy own on public."My Notes" using (
  "My Notes".tenant_id = cast(current_setting('app.tenant') as uuid)
);
`,
  });
  const connection = { url: database.url, source: '--database-url' } as const;
  const diff = async (): Promise<{ tables: readonly string[]; text: string }> => {
    const { differences } = await diffPolicies({ project: await openProject(project.directory), connection });
    return {
      tables: differences.map(({ table }) => table),
      text: differences.map(({ difference }) => difference).join(''),
    };
  };

  // Another form of the same condition is another policy, and so it is told.
  expect(await diff()).toMatchObject({ tables: ['public."My Notes"'] });
  await sql('alter policy "Floor" on public."My Notes" using (not (body is null))');
  expect(await diff()).toEqual({ tables: [], text: '' });
  const clean = await rowhouse.run('policies', 'diff', '--json');
  expect(clean).toMatchObject({ code: 0, stderr: '' });
  expect(jsonOf(clean)).toEqual({ tables: 2, differences: [] });

  for (const [change, said] of [
    ['alter policy own on "My Notes" using (true)', '-  using (true)'],
    ['alter policy "Floor" on "My Notes" to public', '-  to public'],
    ['alter policy "Floor" on "My Notes" with check (true)', '-  with check (true)'],
    ['alter policy own on "My Notes" rename to mine', '-create policy mine on'],
    ['create policy more on "My Notes" using (true)', '-create policy more on'],
    ['drop policy "Floor" on "My Notes"', '+create policy "Floor" on public."My Notes" as restrictive for update'],
    ['alter table "My Notes" disable row level security', '+alter table public."My Notes" enable row level security;'],
    ['alter table "My Notes" no force row level security', '+alter table public."My Notes" force row level security;'],
  ] as const) {
    await sql(`create table kept as select 1; ${change}`);
    const found = await diff();
    expect(found).toMatchObject({ tables: ['public."My Notes"'] });
    expect(found.text).toContain(said);
    await sql(`drop table kept; drop policy if exists mine on "My Notes"; drop policy if exists more on "My Notes";
      drop policy if exists own on "My Notes"; drop policy if exists "Floor" on "My Notes";
      alter table "My Notes" enable row level security; alter table "My Notes" force row level security;
      create policy own on "My Notes" using (tenant_id = current_setting('app.tenant')::uuid);
      create policy "Floor" on "My Notes" as restrictive for update to ${role} using (not (body is null))`);
  }

  // A table of the model without a file; one that the model does not name has row-level security, too.
  await sql('alter table tenants enable row level security');
  const shown = await rowhouse.run('policies', 'diff');
  expect(shown.code).toBe(4);
  expect(shown.stdout).toContain('-alter table public.tenants enable row level security;');
  expect(shown.stderr).toBe('The policies of 1 of 2 tables are not as wanted.\n');

  await project.write({ 'policies/notes.sql': 'drop table tenants;' });
  await expect(diff()).rejects.toMatchObject({ kind: 'configuration', code: 'not-policies' });
  await project.remove('policies/notes.sql');
  expect((await rowhouse.run('policies', 'diff')).code).toBe(2);
  const { rows } = await database.client.query("select from pg_namespace where nspname like 'rowhouse%'");
  expect(rows).toHaveLength(0);
});
