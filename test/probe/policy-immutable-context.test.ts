import { describe, expect } from 'vitest';
import { test } from '../support/test.ts';
import { alpha, buildWorld, findingOf, found, notesSchema, platform, soundPolicies } from './world.ts';

const direct = `
  drop policy own on notes;
  create policy own on notes using (tenant_id = ctx()) with check (tenant_id = ctx())`;

describe('policy-immutable-context', () => {
  test('an IMMUTABLE wrapper of the context, and one that is called by a STABLE one', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, soundPolicies, direct, 'alter function ctx() immutable');
    const finding = findingOf(await world.verify(), 'policy-immutable-context');
    expect(finding).toMatchObject({
      object: 'public.notes',
      evidence: { preparedFor: platform, executedFor: alpha, prepared: 1, otherwise: 3, asBefore: true },
    });
    await world.sql('alter function ctx() stable');
    expect(await world.verify()).toMatchObject({ outcome: 'clean', inconclusive: [] });

    await world.sql(`create function inner_ctx() returns text language sql immutable as $$ select nullif(current_setting('app.tenant', true), '') $$;
      create or replace function ctx() returns uuid language sql stable as $$ select inner_ctx()::uuid $$`);
    expect(found(await world.verify())).toContain('policy-immutable-context public.notes');
  });

  test('other IMMUTABLE functions, and a policy that is no wall at all', async ({ database }) => {
    const world = await buildWorld(
      database,
      notesSchema,
      soundPolicies,
      `create function same(id uuid) returns uuid language sql immutable as $$ select id $$;
       drop policy own on notes; create policy own on notes using (same(tenant_id) = same((select ctx())))`,
    );
    expect(await world.verify()).toMatchObject({ outcome: 'clean', findings: [], inconclusive: [] });
    await world.sql('create policy open on notes using (true)');
    expect(found(await world.verify())).not.toContain('policy-immutable-context public.notes');
  });
});
