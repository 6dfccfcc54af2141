import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { commands } from '../../src/access/policies.ts';
import { openProject } from '../../src/app/project.ts';
import { proveProject } from '../../src/app/prove-project.ts';
import type { Report } from '../../src/domain/report.ts';
import { formatText } from '../../src/report/text.ts';
import { formatQualified } from '../../src/sql/ident.ts';
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
  const claims = sound.coverage.proofs?.claims ?? [];
  const { model } = await openProject(root);
  const relations = [...model.tables.map(({ table }) => table), ...model.views.map(({ view }) => view)];
  const wanted = relations.flatMap((name) =>
    model.roles.app.flatMap((role) => commands.map((command) => `${formatQualified(name)} ${role} ${command}`)),
  );
  expect(new Set(claims.map(({ object, role, command }) => `${object} ${role} ${command}`))).toEqual(new Set(wanted));
  expect(wanted.length).toBe(76);
  expect(formatText(sound, { color: false, width: 200 })).toContain(
    `${claims.length} proved for every tenant and every row, 0 refuted, 0 unknown; relation × role × command: all proved for 76 of 76`,
  );

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
