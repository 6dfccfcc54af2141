import { expect } from 'vitest';
import { test } from '../support/test.ts';
import { buildWorld, findingOf, found, notesSchema, soundPolicies, undecided } from './world.ts';

test.for([
  ['UPDATE', 'create policy loose on notes for update using (ctx() is null)'],
  ['DELETE', 'create policy loose on notes for delete using (tenant_id = coalesce(ctx(), tenant_id))'],
  ['INSERT', 'create policy loose on notes for insert with check (tenant_id = coalesce(ctx(), tenant_id))'],
] as const)('a session without a context that may %s', async ([command, policy], { database }) => {
  const world = await buildWorld(database, notesSchema, soundPolicies);
  expect(await world.verify(undefined, { writes: true })).toMatchObject({ outcome: 'clean', inconclusive: [] });
  await world.sql(policy);
  const report = await world.verify(undefined, { writes: true });
  expect(found(report)).toEqual(['policy-fails-open public.notes']);
  expect(findingOf(report, 'policy-fails-open').message).toContain(`a session whose context is empty can ${command}`);
});

test('a session that never had a context is another one than a session whose context is empty', async ({
  database,
}) => {
  const world = await buildWorld(database, notesSchema, soundPolicies);
  await world.sql(`create policy loose on notes for delete using (current_setting('app.tenant', true) is null)`);
  const report = await world.verify(undefined, { writes: true, connect: () => database.connect() });
  expect(found(report)).toEqual(['policy-fails-open public.notes']);
  expect(findingOf(report, 'policy-fails-open').message).toContain('a session whose context is not set can DELETE');
});

test('without a connection of its own such a session is not tried, and that is said', async ({ database }) => {
  const world = await buildWorld(database, notesSchema, soundPolicies);
  const connect = () => Promise.reject(new Error('sorry, too many clients already'));
  expect(undecided(await world.verify(undefined, { writes: true, jobs: 1, connect }))).toEqual([
    'policy-fails-open public.notes: A session whose context is not set takes a connection of its own: sorry, too many clients already',
  ]);
});
