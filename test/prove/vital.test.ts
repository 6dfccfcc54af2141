import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openProject } from '../../src/app/project.ts';
import { proveProject } from '../../src/app/prove-project.ts';
import type { Report } from '../../src/domain/report.ts';
import type { TestDatabase } from '../support/database.ts';
import { test } from '../support/test.ts';
import { migrateVital, root } from '../vital/vital.ts';

test("VITAL is proved, for every table and command; the document's policy is refuted by a row that the server shows", async ({
  database,
}) => {
  await migrateVital(database);
  const sound = await report(database);
  expect(sound.outcome).toBe('clean');
  expect(sound.coverage.proofs).toMatchObject({ refuted: 0, unknown: 0 });
  const commands = new Set(sound.coverage.proofs?.claims.map(({ object, command }) => `${object} ${command}`));
  expect(sound.coverage.proofs?.proved).toBeGreaterThan(commands.size);
  expect(commands.size).toBe(67);

  await database.client.query(readFileSync(join(root, 'src', 'demo', 'document', 'policy.sql'), 'utf8'));
  const { findings, inconclusive } = await report(database);
  // A trigger of the table writes before the check, and what it writes is not followed.
  expect(inconclusive.map(({ reason }) => reason)).toEqual([
    'whether UPDATE leaves rows where they are as vital_app: it holds unless a trigger writes columns that the role may not.',
  ]);
  expect(findings.map(({ ruleId, severity, object }) => `${severity} ${ruleId} ${object}`).sort()).toEqual([
    'error policy-check-weaker public.tools',
    'error policy-shared-writable public.tools',
  ]);
  expect(findings.find(({ ruleId }) => ruleId === 'policy-shared-writable')?.message).toMatch(
    /^tenant .* can (update|delete) a row that is not its own to write, of public\.tools with .*tenant_id = '00000000-0000-0000-0000-000000000001'/,
  );
});

async function report({ url }: TestDatabase): Promise<Report> {
  return await proveProject({
    project: await openProject(root),
    connection: { url, source: '--database-url' },
    toolVersion: '0.0.0',
    failOn: 'warning',
    writes: true,
    timeLimitMs: 60_000,
  });
}
