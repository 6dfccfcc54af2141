import { expect } from 'vitest';
import { stringify, parse } from 'yaml';
import { worldModel, worldRoles, worldSql } from '../../src/lint/world.ts';
import type { Report } from '../../src/domain/report.ts';
import { runCli } from '../support/cli.ts';
import { test } from '../support/project.ts';

test('lint and explain: findings, their threshold, and what a rule says', async ({ database, project }) => {
  const roles = new Map(worldRoles.map((role) => [role as string, database.uniqueRole(role)]));
  const unique = (text: string): string =>
    [...roles].reduce((written, [role, name]) => written.replace(new RegExp(`\\b${role}\\b`, 'g'), name), text);
  await database.client.query(unique(worldSql));
  await project.write({ 'rowhouse.yaml': unique(worldModel) });
  const target = ['--project', project.directory, '--database-url', database.url];

  const sound = await runCli(['lint', '--json', ...target]);
  expect(sound).toMatchObject({ code: 0, stderr: '' });
  expect((JSON.parse(sound.stdout) as Report).outcome).toBe('clean');

  await database.client.query('alter table app.notes disable row level security');
  const broken = await runCli(['lint', '--json', ...target]);
  const report = JSON.parse(broken.stdout) as Report;
  expect(broken.code).toBe(1);
  expect(report.findings.filter(({ severity }) => severity !== 'info')).toMatchObject([
    { ruleId: 'policies-dormant', object: 'app.notes', fix: 'alter table "app"."notes" enable row level security;' },
  ]);
  expect((await runCli(['lint', ...target])).stdout).toContain('error app.notes policies-dormant');

  // The rows say it too: one verify tells both.
  const both = JSON.parse((await runCli(['verify', '--json', ...target])).stdout) as Report;
  expect(both.findings.map(({ ruleId }) => ruleId)).toContain('policies-dormant');
  const rows = JSON.parse((await runCli(['verify', '--layers', 'probe', '--json', ...target])).stdout) as Report;
  expect(rows.findings.map(({ ruleId }) => ruleId)).not.toContain('policies-dormant');

  const waive = async (rule: string): Promise<void> => {
    const waivers = [{ rule, object: 'app.notes', reason: 'It is being rebuilt.' }];
    await project.write({ 'rowhouse.yaml': stringify({ ...(parse(unique(worldModel)) as object), waivers }) });
  };
  await waive('policies-dormant');
  expect((await runCli(['lint', ...target])).code).toBe(0);
  await waive('policies-dormnt');
  const refused = await runCli(['lint', ...target]);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('there is no rule policies-dormnt (did you mean policies-dormant?)');
});

test('explain says what a rule says, and refuses what is none', async () => {
  const shown = await runCli(['explain', 'policies-dormant']);
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  expect(shown.stdout).toContain('disable row level security');
  expect((await runCli(['explain'])).stdout).toContain('policies-dormant');
  const unknown = await runCli(['explain', 'policies-dormnt']);
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toContain('policies-dormant');
});
