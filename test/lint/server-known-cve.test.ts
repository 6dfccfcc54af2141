import { expect } from 'vitest';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import { compileIntent } from '../../src/intent/compile.ts';
import { lint } from '../../src/lint/lint.ts';
import { serverKnownCve } from '../../src/lint/rules/server-known-cve.ts';
import { test } from '../support/test.ts';
import { buildLintWorld } from './support.ts';

test('a hole that a newer minor release closed, a warning only where the catalog shows what it takes', async ({
  database,
}) => {
  const world = await buildLintWorld(database);
  const found = async (serverVersionNum: number): Promise<readonly string[]> => {
    const snapshot = { ...(await readSnapshot(database.client)), serverVersionNum };
    const findings = lint(snapshot, world.model, compileIntent(world.model, snapshot), { rules: [serverKnownCve] });
    return findings.map(({ severity, message }) => `${severity} ${/CVE[-\d]+/.exec(message)?.[0]}`).sort();
  };
  expect(await found(150003)).toEqual([
    'info CVE-2024-10976',
    'info CVE-2024-4317',
    'info CVE-2025-8713',
    'info CVE-2026-120154',
    'info CVE-2026-14666',
    'warning CVE-2023-39418',
  ]);
  expect(await found(150019)).toEqual(['info CVE-2026-120154']);
  expect(await found(150020)).toEqual([]);
  expect(await found(180006)).toEqual(['info CVE-2026-120154']);
  expect(await found(180007)).toEqual([]);

  await world.sql('create policy own on app.countries to app_user using (true)');
  expect(await found(160004)).toEqual([
    'info CVE-2025-8713',
    'info CVE-2026-120154',
    'info CVE-2026-14666',
    'warning CVE-2024-10976',
  ]);
});
