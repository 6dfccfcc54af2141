import { expect } from 'vitest';
import { lintProject } from '../../src/app/lint-project.ts';
import { openProject } from '../../src/app/project.ts';
import { proveProject } from '../../src/app/prove-project.ts';
import { verifyProject } from '../../src/app/verify-project.ts';
import { buildWorld, notesSchema, platform, soundPolicies, undecided } from '../probe/world.ts';
import { test } from '../support/project.ts';

const tasks = `
  create table tasks (id int primary key, tenant_id uuid not null);
  insert into tasks select id, tenant_id from notes;
  create table links (id int primary key, note int not null references notes);
  insert into links select id, id from notes;
  alter table links enable row level security;
  create policy through on links using (exists (select from notes n where n.id = links.note));
`;

const model = (app: string): string => `
context: { setting: app.tenant, type: uuid }
tenants: { table: public.tenants, key: id, platform: ${platform} }
roles: { app: [${app}] }
tables:
  public.tenants: { tenancy: root }
  public.notes: { tenancy: row, column: tenant_id, share: { rows: platform, access: read } }
  public.links: { tenancy: row, through: public.notes }
  public.tasks: { tenancy: row, column: tenant_id }
`;

test('what others lock is inconclusive, with who they are, and all else is verified', async ({ database, project }) => {
  const world = await buildWorld(database, notesSchema, soundPolicies, tasks);
  await project.write({ 'rowhouse.yaml': model(world.app) });
  const holder = await database.connect();
  await holder.query("set application_name = 'a long change'; begin; lock table notes in access exclusive mode");
  const request = {
    project: await openProject(project.directory),
    connection: { url: database.url, source: '--database-url' },
    toolVersion: '0.0.0',
    failOn: 'warning',
  } as const;
  const verified = await verifyProject({
    ...request,
    layers: ['lint', 'probe'],
    writes: false,
    tenants: 'all',
    scope: { lockTimeoutMs: 100 },
    onProgress: () => undefined,
  });
  const linted = await lintProject(request);
  const { coverage } = await proveProject({ ...request, writes: false, timeLimitMs: 60_000 });
  await holder.query('rollback');

  const ofTasks = ({ findings }: typeof verified) =>
    findings.flatMap(({ ruleId, object }) => (object === 'public.tasks' ? [`${ruleId} ${object}`] : []));
  expect(ofTasks(verified)).toEqual([
    'rls-disabled public.tasks',
    'policy-fails-open public.tasks',
    'foreign-row-visible public.tasks',
  ]);
  const reasons = undecided(verified);
  expect(reasons).toContainEqual(
    expect.stringMatching(/^foreign-row-visible public\.notes: It is locked by pid .* \(a long change\)/),
  );
  expect(reasons).toContainEqual(expect.stringContaining('foreign-row-visible public.links: It reads public.notes'));
  expect(ofTasks(linted)).toEqual(['rls-disabled public.tasks']);
  expect(undecided(linted)).toHaveLength(2);
  // Nor is it proved, or what is read through it: a table whose policies were not read looks as if it had none.
  const answers = (coverage.proofs?.claims ?? []).map(({ object, answer }) => `${answer} ${object}`);
  expect(answers).toContain('unknown public.notes');
  expect(answers.filter((one) => /^proved public.(notes|links)$/.test(one))).toEqual([]);
});
