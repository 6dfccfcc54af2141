import { usualPace } from '../../src/backfill/runner.ts';
import { join } from 'node:path';
import type { ClientBase } from 'pg';
import { migrate } from '../../src/app/migrate.ts';
import { openProject } from '../../src/app/project.ts';
import type { RunRequest } from '../../src/app/run.ts';
import { seed, type SeedResult } from '../../src/app/seed.ts';
import { loadLegacyVital } from '../../src/demo/vital.ts';
import type { TestDatabase } from '../support/database.ts';

/** The repository's root is VITAL's project. */
export const root = join(import.meta.dirname, '..', '..');

export const tenants = {
  platform: '00000000-0000-0000-0000-000000000001',
  startup: '11111111-1111-1111-1111-111111111111',
  pharma: 'f7aa6fd4-0af9-4706-8b31-034f1f7accda',
} as const;

/** Small, with rows in every table. */
export const scale = 0.005;

/** Loads the legacy database and applies the migrations up to a file or tag; all of them where none is named. */
export async function migrateVital(database: TestDatabase, to?: string): Promise<void> {
  await loadLegacyVital(database.client, scale);
  await migrateOn(database, to);
}

/** Applies what is still pending, up to a file or tag. */
export async function migrateOn(database: TestDatabase, to?: string): Promise<void> {
  await migrate(await requestFor(database), { to });
}

/** Runs the seeds of every tenant, or takes them out. */
export async function seedVital(database: TestDatabase, undo = false): Promise<readonly SeedResult[]> {
  return seed(await requestFor(database), { undo });
}

/** Runs `work` as the application under a tenant's context, in a transaction that is rolled back; null leaves the context unset. */
export async function asApp<T>(client: ClientBase, tenant: string | null, work: () => Promise<T>): Promise<T> {
  await client.query('begin');
  try {
    await client.query('set local role vital_app');
    if (tenant !== null) {
      await client.query("select pg_catalog.set_config('app.current_tenant', $1, true)", [tenant]);
    }
    return await work();
  } finally {
    await client.query('rollback');
  }
}

/** The request of a run on VITAL. */
export async function requestFor(database: Pick<TestDatabase, 'url'>): Promise<RunRequest> {
  return {
    project: await openProject(root),
    connection: { url: database.url, source: '--database-url' },
    actor: { client: 'test@test', toolVersion: '0.0.0' },
    lockWaitMs: 10_000,
    lockAttempts: 10,
    lockTotalMs: 60_000,
    transactionWaitMs: 10_000,
    skipChecks: [],
    pace: { ...usualPace, batchSize: 100 },
    signal: new AbortController().signal,
    onEvent: () => undefined,
  };
}
