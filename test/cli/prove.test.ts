import { expect } from 'vitest';
import type { Report } from '../../src/domain/report.ts';
import { worldModel, worldRoles, worldSql } from '../../src/lint/world.ts';
import { runCli } from '../support/cli.ts';
import { test } from '../support/project.ts';

test('prove --against: what the policies of a folder would change, and what another database has', async ({
  database,
  project,
}) => {
  const roles = new Map(worldRoles.map((role) => [role as string, database.uniqueRole(role)]));
  const unique = (text: string): string =>
    [...roles].reduce((written, [role, name]) => written.replace(new RegExp(`\\b${role}\\b`, 'g'), name), text);
  await database.client.query(unique(worldSql));
  await project.write({
    'rowhouse.yaml': unique(worldModel),
    'policies/app.notes.sql': `create policy own on app.notes using (tenant_id = (select app.current_tenant()));
      create policy drafts on app.notes for select using (body = '');`,
  });
  const target = ['--project', project.directory, '--database-url', database.url];
  const folder = `${project.directory}/policies`;

  const wider = await runCli(['prove', '--json', '--against', folder, ...target]);
  const { findings, coverage } = JSON.parse(wider.stdout) as Report;
  expect([wider.code, wider.stderr]).toEqual([1, '']);
  expect(findings).toMatchObject([{ ruleId: 'access-widened', object: 'app.notes' }]);
  expect(coverage.change?.after).toBe(folder);
  expect(coverage.proofs).toMatchObject({ refuted: 1, unknown: 0 });

  const back = await runCli(['prove', '--reverse', '--against', folder, ...target]);
  expect(back.code).toBe(0);
  expect(back.stdout).toContain('access-narrowed');
  expect((await runCli(['prove', '--against', database.url, ...target])).code).toBe(0);
  expect((await runCli(['prove', '--writes', '--against', folder, ...target])).code).toBe(2);
});
