import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientBase } from 'pg';
import { describe, expect, onTestFinished } from 'vitest';
import { importRows } from '../../src/app/import-rows.ts';
import { migrate } from '../../src/app/migrate.ts';
import { rollback } from '../../src/app/rollback.ts';
import { diffLogicalSnapshots, readLogicalSnapshot, type LogicalSnapshot } from '../../src/catalog/logical-snapshot.ts';
import { loadLegacyVital } from '../../src/demo/vital.ts';
import { phases } from '../../src/domain/phase.ts';
import type { Selection } from '../../src/migrate/state.ts';
import { runCli } from '../support/cli.ts';
import type { TestDatabase } from '../support/database.ts';
import { test } from '../support/test.ts';
import { migrateOn, requestFor, root, scale, seedVital, tenants } from '../vital/vital.ts';
import { snapshotVital } from './support.ts';

const { platform, startup, pharma } = tenants;

/** Undoes files where no rows of tenants are in the way. */
async function undo(database: TestDatabase, selection: Selection): Promise<void> {
  await rollback(await requestFor(database), selection, { action: 'refuse' });
}

/** Commits what the application does under a tenant's context. */
async function commitAs(client: ClientBase, tenant: string, sql: string): Promise<number | null> {
  await client.query('begin');
  try {
    await client.query('set local role vital_app');
    await client.query("select pg_catalog.set_config('app.current_tenant', $1, true)", [tenant]);
    const { rowCount } = await client.query(sql);
    await client.query('commit');
    return rowCount;
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

/** Every row of the tenants beside the platform, by table, as a count and a hash. */
async function tenantRows(client: ClientBase): Promise<Record<string, string>> {
  const { rows: tables } = await client.query<{ name: string }>(
    `select c.table_name as name
       from information_schema.columns as c join information_schema.tables as t using (table_schema, table_name)
      where c.table_schema = 'public' and c.column_name = 'tenant_id' and t.table_type = 'BASE TABLE'
      order by 1`,
  );
  const found: Record<string, string> = {};
  for (const { name } of tables) {
    const { rows } = await client.query<{ rows: string }>(
      `select count(*) || ':' || coalesce(sum(hashtextextended(t::text, 0)), 0) as rows
         from public.${name} as t where t.tenant_id <> $1`,
      [platform],
    );
    found[name] = rows[0]?.rows ?? '';
  }
  return found;
}

const openSession = (agentOf: string) => `
  insert into public.chat_sessions (user_id, agent_id, title)
  select u.id, a.id, 'new talk'
    from (select id from public.users order by email limit 1) as u,
         (select id from public.agents where tenant_id = '${agentOf}' order by slug limit 1) as a`;

describe('VITAL there and back', () => {
  test('with rows of two tenants, which are exported and come back', { timeout: 120_000 }, async ({ database }) => {
    const { client } = database;
    await loadLegacyVital(client, scale);
    const legacy = await snapshotVital(database.client);
    await migrateOn(database);
    const converted = await snapshotVital(database.client);

    await seedVital(database);
    const seeded = await snapshotVital(database.client);
    expect((await seedVital(database)).map(({ rows }) => rows)).toEqual([0, 0]);
    expect(diffLogicalSnapshots(seeded, await snapshotVital(database.client))).toEqual([]);

    for (const tenant of [startup, pharma]) {
      expect(await commitAs(client, tenant, openSession(platform))).toBe(1);
      expect(await commitAs(client, tenant, openSession(tenant))).toBe(1);
      expect(await commitAs(client, tenant, `update public.agents set name = name || '!'`)).toBeGreaterThan(0);
      expect(
        await commitAs(
          client,
          tenant,
          `delete from public.prompts where slug = (select min(slug) from public.prompts where tenant_id = '${tenant}')`,
        ),
      ).toBe(1);
    }
    const { rows: audited } = await client.query(
      `select distinct tenant_id from public.audit_log where action in ('UPDATE', 'DELETE') order by 1`,
    );
    expect(audited).toEqual([{ tenant_id: startup }, { tenant_id: pharma }]);
    const written = await tenantRows(client);
    expect(Object.values(written)).not.toContain('0:0');
    const before = await snapshotVital(database.client);

    const url = ['--project', root, '--database-url', database.url];
    const refused = await runCli(['rollback', '--all', '--yes', ...url]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('2 more tenants have rows');
    expect(diffLogicalSnapshots(before, await snapshotVital(database.client))).toEqual([]);

    const folder = await mkdtemp(join(tmpdir(), 'rowhouse-rows-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const undone = await runCli([
      'rollback',
      '--all',
      '--yes',
      '--tenant-rows',
      'export',
      '--export-to',
      folder,
      ...url,
    ]);
    expect(undone).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+ migrations undone/) as string });
    expect(diffLogicalSnapshots(legacy, await snapshotVital(database.client))).toEqual([]);

    await migrateOn(database);
    expect(diffLogicalSnapshots(converted, await snapshotVital(database.client))).toEqual([]);

    await importRows(await requestFor(database), folder);
    expect(await tenantRows(client)).toEqual(written);
    expect(diffLogicalSnapshots(before, await snapshotVital(database.client))).toEqual([]);
  });

  test('phase by phase', { timeout: 120_000 }, async ({ database }) => {
    await loadLegacyVital(database.client, scale);
    const legacy = await snapshotVital(database.client);
    const structures: LogicalSnapshot[] = [await readLogicalSnapshot(database.client)];
    for (const phase of phases) {
      await migrate(await requestFor(database), { phase });
      structures.push(await readLogicalSnapshot(database.client));
    }
    const converted = await snapshotVital(database.client);

    for (const [index, phase] of [...phases.entries()].reverse()) {
      await undo(database, { phase });
      const structure = await readLogicalSnapshot(database.client);
      expect(diffLogicalSnapshots(structures[index] ?? new Map(), structure), `after --phase ${phase}`).toEqual([]);
    }
    expect(diffLogicalSnapshots(legacy, await snapshotVital(database.client))).toEqual([]);
    await migrateOn(database);
    expect(diffLogicalSnapshots(converted, await snapshotVital(database.client))).toEqual([]);
  });

  test('from every tag and every phase to the end again', { timeout: 120_000 }, async ({ database }) => {
    await loadLegacyVital(database.client, scale);
    await migrateOn(database);
    const converted = await snapshotVital(database.client);
    const stops: Selection[] = [
      ...['row-level-security', 'tenant-structure', 'schema-alignment', 'roles-and-tenants'].map((tag) => ({
        to: `@${tag}`,
      })),
      { phase: 'contract' },
      { phase: 'backfill' },
    ];
    for (const stop of stops) {
      await undo(database, stop);
      await migrateOn(database);
      expect(diffLogicalSnapshots(converted, await snapshotVital(database.client)), JSON.stringify(stop)).toEqual([]);
    }
  });
});
