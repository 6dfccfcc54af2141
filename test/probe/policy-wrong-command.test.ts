import { expect } from 'vitest';
import { test } from '../support/test.ts';
import { alpha, beta, buildWorld, findingOf, found, notesSchema, soundPolicies } from './world.ts';

const writes = { writes: true };

test('a refusal that tells of rows of others, where the check is right and USING is not', async ({ database }) => {
  const world = await buildWorld(
    database,
    notesSchema,
    soundPolicies,
    'create policy loose on notes for update using (true) with check (tenant_id = (select ctx()))',
  );
  // Whoever reaches a row and may set its tenant takes it.
  const taken = await world.verify(undefined, writes);
  expect(found(taken)).toEqual(['policy-shared-writable public.notes', 'policy-wrong-command public.notes']);
  expect(findingOf(taken, 'policy-wrong-command').message).toContain('can take over');
  await world.sql('revoke update on notes from :app; grant update (body) on notes to :app');
  const report = await world.verify(undefined, writes);
  expect(found(report)).toEqual(['policy-wrong-command public.notes']);
  expect(findingOf(report, 'policy-wrong-command')).toMatchObject({
    severity: 'warning',
    message: expect.stringContaining('is refused an UPDATE only because rows of other tenants are there') as string,
  });
  await world.sql('create policy wall on notes as restrictive for update using (tenant_id = (select ctx()))');
  expect(await world.verify(undefined, writes)).toMatchObject({ outcome: 'clean', inconclusive: [] });
});

test('shared rows that UPDATE reaches and the check refuses: they are seen anyway', async ({ database }) => {
  const world = await buildWorld(
    database,
    notesSchema,
    soundPolicies,
    `create policy mine_and_shared on notes for update
      using (tenant_id = (select ctx()) or tenant_id = '00000000-0000-0000-0000-000000000001' and (select ctx()) is not null)
      with check (tenant_id = (select ctx()))`,
  );
  await world.sql('revoke update on notes from :app; grant update (body) on notes to :app');
  expect(await world.verify(undefined, writes)).toMatchObject({ outcome: 'clean', inconclusive: [] });
});

test('of many tenants some try, and every one that a policy or a function names', async ({ database }) => {
  const world = await buildWorld(
    database,
    notesSchema,
    soundPolicies,
    `insert into tenants select gen_random_uuid(), 'more' from generate_series(1, 40);
    insert into notes select 100 + row_number() over (), id, '' from tenants where name = 'more'`,
  );
  const sound = await world.verify(undefined, writes);
  expect(sound).toMatchObject({ outcome: 'clean', inconclusive: [] });
  expect(sound.coverage.tenants).toBe(43);
  expect(sound.coverage.attackers).toBeLessThan(10);
  const { rows } = await database.client.query<{ id: string }>('select id from tenants order by id offset 29 limit 1');
  const id = rows[0]?.id ?? '';
  await world.sql(`create function chosen() returns bool language sql stable as $$ select ctx() = '${id}' $$;
    create policy special on notes for delete using (chosen())`);
  const report = await world.verify(undefined, writes);
  expect(findingOf(report, 'policy-wrong-command').message).toContain(`tenant ${id} can delete`);
});

test('a policy that lets nobody through proves nothing', async ({ database }) => {
  const world = await buildWorld(
    database,
    notesSchema,
    soundPolicies,
    `create policy odd on notes as restrictive for update using (current_setting('app.mode', true) = 'edit')`,
  );
  const report = await world.verify(undefined, { ...writes, tenants: [alpha, beta] });
  expect(report).toMatchObject({ outcome: 'inconclusive', findings: [] });
  expect(report.inconclusive[0]?.reason).toContain('A policy allows UPDATE, and it reaches no row of any tenant');
});
