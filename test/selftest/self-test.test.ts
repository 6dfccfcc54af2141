import { describe, expect } from 'vitest';
import { isFound } from '../../src/domain/self-test.ts';
import { printSelfTest } from '../../src/cli/render/self-test.ts';
import { openTerminal } from '../../src/cli/terminal.ts';
import { formatSelfTest } from '../../src/report/self-test.ts';
import { test } from '../support/test.ts';
import { buildSelfTestWorld } from './support.ts';

const plain = { color: false, width: 100 };

describe('a verifier that is blind in one eye', () => {
  const without = ['rls-disabled', 'policies-dormant', 'foreign-row-visible'];

  test('misses what it does not look for, and fails', async ({ database }) => {
    const world = await buildSelfTestWorld(database);
    const report = await world.run({ only: ['policies-dormant'], without, tablesPerChange: 1 });
    expect(report.classes.flatMap(({ leaks }) => leaks.map(isFound))).toEqual([false]);
    expect(report.outcome).toBe('failed');
    const silent = { ...openTerminal({ color: false }), write: () => undefined };
    expect(printSelfTest(silent, report, { format: 'text' })).toBe(1);
    const text = formatSelfTest(report, plain);
    expect(text).toContain('missed app.projects policies-dormant disabled\n');
    expect(text).toContain('  alter table "app"."projects" disable row level security;\n');
    expect(text).toContain('\n0 of 1 planted leaks found (0 %); 0 false alarms among 0 harmless changes\n');
  });
});

test('leaves the database and the roles as they were', async ({ database }) => {
  const world = await buildSelfTestWorld(database);
  const state = async (): Promise<unknown> => {
    const { rows } = await database.client.query<Record<string, unknown>>(`select
      (select pg_catalog.count(*) from pg_catalog.pg_class) as relations,
      (select pg_catalog.array_agg(rolname order by rolname) from pg_catalog.pg_roles where rolname like 'rowhouse\\_selftest%') as roles,
      (select pg_catalog.jsonb_agg(pg_catalog.to_jsonb(p) order by p.oid) from pg_catalog.pg_policy p) as policies,
      (select pg_catalog.sum(pg_catalog.hashtext(t::pg_catalog.text)) from app.projects t) as projects`);
    return rows;
  };
  const before = await state();
  const report = await world.run({ only: ['policy-inherited-widens', 'tenant-unknown'], tablesPerChange: 1 });
  expect(report.outcome).toBe('passed');
  expect(await state()).toEqual(before);
});

test('says what has no place in the database', async ({ database }) => {
  const world = await buildSelfTestWorld(database);
  await database.client.query('drop table app.tasks');
  const report = await world.run({
    model: {
      ...world.model,
      tables: world.model.tables.filter(({ table }) => !['tasks', 'matches'].includes(table.name)),
    },
    only: ['fk-crosses-tenants'],
  });
  expect(report.outcome).toBe('inconclusive');
  expect(formatSelfTest(report, plain)).toContain('fk-crosses-tenants has no place here.');
});

test('a cancelled run ends at once, and leaves nothing', async ({ database }) => {
  const world = await buildSelfTestWorld(database);
  const cancel = new AbortController();
  const running = world.run({
    only: ['policy-permissive-or'],
    signal: cancel.signal,
    onProgress: ({ step }) => {
      if (step.startsWith('policy-permissive-or')) cancel.abort();
    },
  });
  await expect(running).rejects.toMatchObject({ code: 'cancelled' });
  const { rows } = await database.client.query(`select from pg_catalog.pg_policy where polname = 'rowhouse_selftest'`);
  expect(rows).toEqual([]);
});
