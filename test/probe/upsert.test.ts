import { expect } from 'vitest';
import { test } from '../support/test.ts';
import { buildWorld, findingOf, found, intentOf, notesSchema, relationIntent, soundPolicies } from './world.ts';

/** The first releases that ask the policies before the WHERE of DO UPDATE. */
const mended = [140025, 150020, 160016, 170012, 180007];

test('upsert-sees-hidden: a condition runs on a hidden row, on servers that let it', async ({ database }) => {
  const world = await buildWorld(
    database,
    notesSchema,
    soundPolicies,
    'create unique index notes_body on notes (body)',
  );
  const report = await world.verify(undefined, { writes: true });
  const major = Math.floor(report.server.versionNum / 10_000);
  const fixed = mended.some((first) => Math.floor(first / 10_000) === major && report.server.versionNum >= first);
  expect(found(report)).toEqual(['unique-oracle public.notes', ...(fixed ? [] : ['upsert-sees-hidden public.notes'])]);
});

test('upsert-through-view: a row that the view does not show is overwritten', async ({ database }) => {
  const world = await buildWorld(
    database,
    notesSchema,
    soundPolicies,
    `create view memos with (security_barrier) as select * from notes where tenant_id = (select ctx()) with check option`,
  );
  await world.sql('revoke all on notes from :app');
  const memos = relationIntent('public.memos', {
    kind: 'view',
    base: { schema: 'public', name: 'notes' },
    complete: false,
  });
  const intent = intentOf(relationIntent('public.notes'), memos);
  const only = { writes: true, relations: ['public.memos'] };
  const report = await world.verify(intent, only);
  expect(found(report)).toEqual(['upsert-through-view public.memos']);
  const { fix = '' } = findingOf(report, 'upsert-through-view');
  await world.sql(fix);
  expect(found(await world.verify(intent, only))).toEqual([]);
});
