import { expect } from 'vitest';
import { verifyProject, type VerifyRequest } from '../../src/app/verify-project.ts';
import type { Report } from '../../src/domain/report.ts';
import { parseModel } from '../../src/model/parse.ts';
import { quoteIdent } from '../../src/sql/ident.ts';
import type { TestDatabase } from '../support/database.ts';
import { test } from '../support/test.ts';

/** Each note is stamped with the tenant of the session: without a context there is no way to store one. */
const schema = `
  create table tenants (id uuid primary key);
  create function ctx() returns uuid language sql stable
    as $$ select nullif(current_setting('app.tenant', true), '')::uuid $$;
  create table notes (id int generated always as identity primary key, tenant_id uuid not null references tenants, body text not null);
  create function stamp() returns trigger language plpgsql as $$ begin new.tenant_id := public.ctx(); return new; end $$;
  create trigger stamp before insert on notes for each row execute function stamp();
  create table log (note_id int, body text);
  create function write_log() returns trigger language plpgsql security definer as
    $$ begin insert into public.log values (new.id, new.body); return new; end $$;
  create trigger write_log after insert on notes for each row execute function write_log();
  alter table notes enable row level security;
  alter table notes force row level security;
  create policy own on notes using (tenant_id = (select ctx())) with check (tenant_id = (select ctx()));`;

/** Makes the database, and verifies it as a user of the command does. */
async function verifier(
  database: TestDatabase,
  sql = '',
): Promise<(request?: Partial<VerifyRequest>) => Promise<Report>> {
  const app = database.uniqueRole('app');
  const role = quoteIdent(app);
  await database.client.query(`create role ${role} nologin; ${schema} ${sql};
    grant usage on schema public to ${role}; grant select, insert, update, delete on notes to ${role}`);
  const model = parseModel(
    `
context: { setting: app.tenant, type: uuid }
tenants: { table: public.tenants, key: id }
roles: { app: '${role}' }
tables:
  public.tenants: { tenancy: root }
  public.notes: { tenancy: row, column: tenant_id }
  public.log: { tenancy: none }
`,
    'rowhouse.yaml',
  );
  return async (request = {}) =>
    await verifyProject({
      project: { directory: '/nowhere', model },
      connection: { url: database.url, source: '--database-url' },
      toolVersion: '0.0.0',
      layers: ['probe'],
      writes: true,
      failOn: 'warning',
      tenants: 'all',
      onProgress: () => undefined,
      ...request,
    });
}

const counts = `select (select count(*) from tenants)::int as tenants, (select count(*) from notes)::int as notes, (select count(*) from log)::int as log`;

test('triggers that want a context, and rules, do not keep the unset one from being tried', async ({ database }) => {
  const verify = await verifier(
    database,
    `create policy open on notes using (current_setting('app.tenant', true) is null);
    create rule keep as on update to log do instead nothing;`,
  );
  const report = await verify();
  expect(report.findings.map(({ ruleId, object }) => `${ruleId} ${object}`)).toContain(
    'policy-fails-open public.notes',
  );
  expect(report.inconclusive).toEqual([]);
  expect(report.coverage.generated).toMatchObject({ tenants: 3, kept: false });
  expect((await database.client.query(counts)).rows).toEqual([{ tenants: 0, notes: 0, log: 0 }]);
});

test('a role that may not keep triggers quiet makes the rows in its own session', async ({ database }) => {
  const verify = await verifier(database);
  const truth = database.uniqueRole('truth');
  const [{ app }] = (
    await database.client.query<{ app: string }>(`select rolname as app from pg_roles where rolname ~ '^app_'
    and pg_catalog.has_table_privilege(oid, 'notes', 'insert') and not rolsuper`)
  ).rows as [{ app: string }];
  await database.client.query(`create role ${quoteIdent(truth)} login bypassrls password 'secret';
    grant ${quoteIdent(app)} to ${quoteIdent(truth)};
    grant select, insert, update, delete on all tables in schema public to ${quoteIdent(truth)};
    grant usage on schema public to ${quoteIdent(truth)}`);
  const url = database.urlFor({ user: truth, password: 'secret' });
  const report = await verify({ connection: { url, source: '--database-url' } });
  expect(report.findings).toEqual([]);
  expect(report.coverage.generated).toMatchObject({ tenants: 3, kept: false });
  expect(report.inconclusive.map(({ reason }) => reason)).toContainEqual(
    expect.stringContaining('on a new connection'),
  );
  expect((await database.client.query(counts)).rows).toEqual([{ tenants: 0, notes: 0, log: 0 }]);
});

test('--generate stores the rows, once', async ({ database }) => {
  const verify = await verifier(database);
  await expect(verify({ generate: true, writes: false })).rejects.toMatchObject({ code: 'generate-without-writes' });
  const report = await verify({ generate: true });
  expect(report.outcome).toBe('clean');
  expect(report.coverage.generated).toEqual({ tenants: 3, rows: 13, relations: 3, kept: true });
  expect((await database.client.query(counts)).rows).toEqual([{ tenants: 3, notes: 9, log: 10 }]);
  await expect(verify({ generate: true })).rejects.toMatchObject({ code: 'not-empty' });
  const again = await verify();
  expect(again).toMatchObject({ outcome: 'clean' });
  expect(again.coverage.generated).toBeUndefined();
});
