import type pg from 'pg';
import { verify, type VerifyOptions } from '../../src/app/verify.ts';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import type { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import type { Report } from '../../src/domain/report.ts';
import type { Intent, Ownership, RelationIntent } from '../../src/intent/relation-intent.ts';
import { parseQualified, quoteIdent } from '../../src/sql/ident.ts';
import type { TestDatabase } from '../support/database.ts';

export const platform = '00000000-0000-0000-0000-000000000001';
export const alpha = '11111111-1111-1111-1111-111111111111';
export const beta = '22222222-2222-2222-2222-222222222222';

/** The wall as it should stand: own rows for everything, the platform's rows for reading. */
export const soundPolicies = `
  alter table notes enable row level security;
  alter table notes force row level security;
  create policy own on notes using (tenant_id = (select ctx())) with check (tenant_id = (select ctx()));
  create policy shared on notes for select using (tenant_id = '${platform}' and (select ctx()) is not null);
`;

/** Three tenants with notes; the platform's are shared with all for reading. No policies yet. */
export const notesSchema = `
  create table tenants (id uuid primary key, name text not null);
  insert into tenants values ('${platform}', 'Platform'), ('${alpha}', 'Alpha'), ('${beta}', 'Beta');
  create function ctx() returns uuid language sql stable
    as $$ select nullif(current_setting('app.tenant', true), '')::uuid $$;
  create table notes (id int primary key, tenant_id uuid, body text not null default '');
  insert into notes values
    (1, '${platform}', 'welcome'), (2, '${alpha}', 'a'), (3, '${alpha}', 'aa'), (4, '${beta}', 'b');
`;

const foreign = `not coalesce(t.tenant_id = $1::uuid or t.tenant_id = '${platform}', false)`;

/** What a hand-written model says of a relation; the default is `notes` of `notesSchema`. */
export function relationIntent(name: string, fields: Partial<RelationIntent> = {}): RelationIntent {
  const qualified = parseQualified(name);
  if (!qualified) throw new TypeError(`${name} is no qualified name.`);
  return {
    ...qualified,
    kind: 'table',
    tenancy: 'row',
    foreign,
    shared: `coalesce(t.tenant_id = '${platform}', false)`,
    unwritable: 'not coalesce(t.tenant_id = $1::uuid, false)',
    complete: true,
    tenantColumn: 'tenant_id',
    userColumn: null,
    acquainted: null,
    signup: false,
    oracles: [],
    ownership: ownershipOf(fields),
    embedded: [],
    base: null,
    reason: null,
    ...fields,
  };
}

function ownershipOf({ tenancy = 'row', tenantColumn = 'tenant_id' }: Partial<RelationIntent>): Ownership | null {
  if (tenantColumn === null || (tenancy !== 'row' && tenancy !== 'root')) return null;
  const column = `t.${quoteIdent(tenantColumn)}`;
  return tenancy === 'root'
    ? { by: 'key', owners: `select ${column}::text collate "C" as owner`, unowned: null, passesUser: false }
    : {
        by: 'column',
        owners: `select ${column}::text collate "C" as owner`,
        unowned: `${column} is null`,
        passesUser: false,
      };
}

export function intentOf(...relations: readonly RelationIntent[]): Intent {
  return {
    relations,
    subjects: 'select id::text as id from public.tenants order by id',
    memberships: null,
    platform,
    missing: [],
  };
}

export interface World {
  readonly database: TestDatabase;
  readonly app: string;
  /** Runs SQL as the superuser. */
  readonly sql: (text: string) => Promise<void>;
  /** Verifies on a new connection, as a user of the command does. */
  readonly verify: (
    intent?: Intent,
    options?: Partial<VerifyOptions>,
    client?: pg.Client,
    snapshot?: CatalogSnapshot,
  ) => Promise<Report>;
  /** Connects a role that it makes, with these attributes. */
  readonly connectAs: (role: string, attributes: string) => Promise<pg.Client>;
}

/** A database with an app role that may do everything with every table and view of the schema, and nothing else. */
export async function buildWorld(database: TestDatabase, ...schema: readonly string[]): Promise<World> {
  const app = database.uniqueRole('app');
  const sql = async (text: string): Promise<void> => {
    await database.client.query(text.replaceAll(':app', quoteIdent(app)));
  };
  await sql('create role :app nologin');
  for (const part of schema) await sql(part);
  await sql(`grant usage on schema public to :app;
    grant select, insert, update, delete on all tables in schema public to :app; revoke all on tenants from :app`);
  return {
    database,
    app,
    sql,
    verify: async (intent = intentOf(relationIntent('public.notes')), options = {}, client, snapshot) => {
      const connected = client ?? (await database.connect());
      return await verify(connected, intent, snapshot ?? (await readSnapshot(database.client)), {
        tool: { name: 'rowhouse', version: '0.0.0' },
        appRoles: [app],
        contextOf: (subject) => [{ setting: 'app.tenant', value: subject }],
        ...options,
      });
    },
    connectAs: async (role, attributes) => {
      await sql(`create role ${quoteIdent(role)} login password 'secret' ${attributes}; grant :app to ${quoteIdent(role)};
        grant usage on schema public to ${quoteIdent(role)}; grant select on notes, tenants to ${quoteIdent(role)}`);
      return await database.connect({ user: role, password: 'secret' });
    },
  };
}

/** The findings as `rule object`, in a stable order. */
export function found(report: Report): readonly string[] {
  return report.findings.map(({ ruleId, object }) => `${ruleId} ${object}`).sort();
}

/** What was inconclusive, as `rule object: reason`. */
export function undecided(report: Report): readonly string[] {
  return report.inconclusive.map(({ ruleId, object, reason }) => `${ruleId} ${object}: ${reason}`).sort();
}

/** The finding of a rule, or an error that says what there is instead. */
export function findingOf(report: Report, ruleId: string) {
  const finding = report.findings.find((candidate) => candidate.ruleId === ruleId);
  if (!finding) throw new Error(`No ${ruleId} among ${JSON.stringify(found(report))}.`);
  return finding;
}
