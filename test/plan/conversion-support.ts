import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { plan, type PlanResult } from '../../src/app/plan.ts';
import { verifyProject } from '../../src/app/verify-project.ts';
import { readLogicalSnapshot, type LogicalSnapshot } from '../../src/catalog/logical-snapshot.ts';
import type { Report } from '../../src/domain/report.ts';
import type { TestDatabase } from '../support/database.ts';
import type { TestProject } from '../support/project.ts';
import { test as withRowhouse, type Rowhouse } from '../migrate/support.ts';

/** A database on its way to many tenants. */
export interface Conversion {
  /** Plans, and writes the files unless told otherwise. */
  plan(write?: boolean): Promise<PlanResult>;
  /** All that a rollback has to bring back. */
  state(): Promise<LogicalSnapshot>;
  /** Undoes everything: the tenants shared the tables before, too. */
  undo(): Promise<void>;
  verify(writes?: boolean): Promise<Report>;
}

/** `test` with `convert`, which runs SQL in the test's database and writes the model of its project; `$app` in either is the application's role. */
export const test = withRowhouse.extend<{ convert: (sql: string, model: string) => Promise<Conversion> }>({
  convert: async ({ database, project, rowhouse }, use) => {
    await use((sql, model) => begin({ database, project, rowhouse }, sql, model));
  },
});

interface World {
  readonly database: TestDatabase;
  readonly project: TestProject;
  readonly rowhouse: Rowhouse;
}

async function begin({ database, project, rowhouse }: World, sql: string, model: string): Promise<Conversion> {
  const app = database.uniqueRole('app');
  await database.client.query(sql.replaceAll('$app', app));
  // Before PostgreSQL 15 a view of a superuser's cannot be bound.
  if (inject('serverMajor') < 15) await database.client.query('drop view if exists public.open_tasks');
  await project.write({ 'rowhouse.yaml': model.replaceAll('$app', app) });
  return {
    plan: async (write = true) => await plan({ ...(await rowhouse.request()), write }),
    state: () => readLogicalSnapshot(database.client, { rows: true }),
    undo: async () => {
      await rowhouse.rollback({ all: true }, { action: 'keep' });
    },
    verify: async (writes = false) => {
      const { project: opened, connection } = await rowhouse.request();
      return await verifyProject({
        project: opened,
        connection,
        toolVersion: '0.0.0',
        layers: ['lint', 'probe'],
        failOn: 'warning',
        tenants: 'all',
        writes,
        onProgress: () => undefined,
      });
    },
  };
}

/** The shop, and the model that fits it. */
export const shop = {
  sql: await readFile(join(import.meta.dirname, '../fixtures/plan/shop.sql'), 'utf8'),
  model: `
context: { setting: app.current_tenant, type: uuid }
tenants: { table: public.companies, key: id }
roles: { app: [$app] }
tables:
  public.companies: { tenancy: root }
  public.users: { tenancy: row, column: company_id }
  public.projects: { tenancy: row, column: company_id }
  public.tasks: { tenancy: row, column: company_id, backfill: { parent: projects } }
  'public."Task Comments"': { tenancy: row, column: company_id, backfill: { parent: tasks } }
  public.labels: { tenancy: row, column: company_id, backfill: { parent: projects } }
  public.task_labels: { tenancy: row, column: company_id, backfill: { parent: labels } }
  public.events: { tenancy: row, column: company_id, backfill: { parent: projects } }
  public.countries: { tenancy: shared, access: read }
  public.changes: { tenancy: none }
`,
};

/** Two companies, and the head of a model of their tables. */
export const companies = {
  sql: `create table companies (id uuid primary key default gen_random_uuid(), name text);
    insert into companies (name) values ('one'), ('two');`,
  model: `
context: { setting: app.current_tenant, type: uuid }
tenants: { table: public.companies, key: id }
roles: { app: [$app] }
tables:
  public.companies: { tenancy: root }
`,
};
