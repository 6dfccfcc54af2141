import { describe, expect } from 'vitest';
import { rowMaker } from '../../src/app/generate.ts';
import { verify } from '../../src/app/verify.ts';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import type { Report } from '../../src/domain/report.ts';
import { compileIntent } from '../../src/intent/compile.ts';
import { contextAssignments } from '../../src/intent/context.ts';
import { parseModel } from '../../src/model/parse.ts';
import { resolveConnection } from '../../src/postgres/connect.ts';
import { quoteIdent } from '../../src/sql/ident.ts';
import type { TestDatabase } from '../support/database.ts';
import { test } from '../support/test.ts';

const schema = `
  create function ctx() returns uuid language sql stable
    as $$ select nullif(current_setting('app.tenant', true), '')::uuid $$;
  create table tenants (id uuid primary key, name text not null unique);
  create table projects (
    id bigint generated always as identity primary key,
    tenant_id uuid not null references tenants,
    code text not null check (code ~ '^[A-Z]{2}-[0-9]{3}$'),
    unique (tenant_id, code)
  );
  create table tasks (
    id uuid primary key default gen_random_uuid(),
    project_id bigint not null references projects,
    title text not null
  );`;

const wall = `
  alter table projects enable row level security;
  create policy own on projects using (tenant_id = (select ctx())) with check (tenant_id = (select ctx()));
  alter table tasks enable row level security;
  create policy own on tasks using (exists (select from projects p where p.id = project_id and p.tenant_id = (select ctx())));`;

function model(app: string): string {
  return `
context: { setting: app.tenant, type: uuid }
tenants: { table: public.tenants, key: id }
roles: { app: '${quoteIdent(app)}' }
tables:
  public.tenants: { tenancy: root }
  public.projects: { tenancy: row, column: tenant_id }
  public.tasks: { tenancy: row, through: projects }
`;
}

async function verifyEmpty(database: TestDatabase, sql: string, writes = true): Promise<Report> {
  const app = database.uniqueRole('app');
  await database.client.query(`create role ${quoteIdent(app)} nologin; ${schema} ${wall} ${sql};
    grant usage on schema public to ${quoteIdent(app)};
    grant select, insert, update, delete on projects, tasks to ${quoteIdent(app)};`);
  const client = await database.connect();
  const parsed = parseModel(model(app), 'rowhouse.yaml');
  const snapshot = await readSnapshot(client);
  const intent = compileIntent(parsed, snapshot);
  return await verify(client, intent, snapshot, {
    tool: { name: 'rowhouse', version: '0.0.0' },
    appRoles: [app],
    contextOf: (subject) => contextAssignments(parsed, subject),
    writes,
    rowMaker: rowMaker(parsed, snapshot, intent),
  });
}

describe('a database without rows', () => {
  test('is verified with generated ones, of which nothing is left', async ({ database }) => {
    const report = await verifyEmpty(database, '');
    expect(report.findings).toEqual([]);
    expect(report.inconclusive).toEqual([]);
    expect(report.outcome).toBe('clean');
    expect(report.coverage.tenants).toBe(3);
    expect(report.coverage.generated).toEqual({ tenants: 3, rows: 21, relations: 3, kept: false });
    const { rows } = await database.client.query(
      'select (select count(*) from tenants) + (select count(*) from projects) + (select count(*) from tasks) as rows',
    );
    expect(rows).toEqual([{ rows: '0' }]);
  });

  test.for([
    ['a policy that lets all read', 'create policy open on tasks for select using (true)', 'foreign-row-visible'],
    ['a table without policies', 'alter table projects disable row level security', 'foreign-row-visible'],
    [
      'a policy for all who have no context',
      'create policy open on projects for select using (current_setting($$app.tenant$$, true) is null)',
      'policy-fails-open',
    ],
    ['a policy that lets all write', 'create policy open on tasks for insert with check (true)', 'policy-check-weaker'],
  ])('shows %s', async ([, sql, rule], { database }) => {
    const report = await verifyEmpty(database, sql ?? '');
    expect(report.outcome).toBe('leaks');
    expect(report.findings.map(({ ruleId }) => ruleId)).toContain(rule);
  });

  test('takes what was made aside, though that changed a row which was there', async ({ database }) => {
    const { client } = database;
    await client.query(`${schema}
      create function touch() returns trigger language plpgsql as
        $$ begin update projects set code = code; return null; end $$;
      create trigger touch after insert on tasks for each row execute function touch();
      insert into tenants values ('00000000-0000-0000-0000-000000000001', 'one');
      insert into projects (tenant_id, code) values ('00000000-0000-0000-0000-000000000001', 'AA-001');`);
    const parsed = parseModel(model('postgres'), 'rowhouse.yaml');
    const snapshot = await readSnapshot(client);
    const aside = resolveConnection({ flag: database.url, env: {} });
    const maker = rowMaker(parsed, snapshot, compileIntent(parsed, snapshot), aside);
    await client.query('begin');
    expect((await maker.generate(client)).obstacles).toEqual([]);
    const { rows } = await client.query<{ n: number }>('select count(distinct tenant_id)::int as n from projects');
    expect(rows).toEqual([{ n: 4 }]);
    await client.query('rollback');
  });

  test('stays as it is without leave to write, and the report says what would help', async ({ database }) => {
    const report = await verifyEmpty(database, '', false);
    expect(report.outcome).toBe('inconclusive');
    expect(report.coverage.generated).toBeUndefined();
    expect(report.inconclusive.map(({ reason }) => reason)).toContainEqual(expect.stringContaining('With --writes'));
  });
});
