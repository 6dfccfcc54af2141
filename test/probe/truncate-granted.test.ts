import { expect } from 'vitest';
import { test } from '../support/test.ts';
import { buildWorld, findingOf, found, notesSchema, platform, soundPolicies } from './world.ts';

const writes = { writes: true };

test('TRUNCATE asks no policy', async ({ database }) => {
  const world = await buildWorld(database, notesSchema, soundPolicies);
  await world.sql('grant truncate on notes to :app');
  const report = await world.verify(undefined, writes);
  expect(found(report)).toEqual(['truncate-granted public.notes']);
  expect(findingOf(report, 'truncate-granted').message).toBe(
    `tenant ${platform} can remove 3 rows that are not its own, as by: truncate "public"."notes"`,
  );
  // What refuses it in truth is no leak.
  await world.sql(`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
    create trigger refuse before truncate on notes execute function refuse()`);
  expect(await world.verify(undefined, writes)).toMatchObject({ outcome: 'clean', inconclusive: [] });
});

test('a table at which others point is emptied with them, where the privilege reaches that far', async ({
  database,
}) => {
  const world = await buildWorld(
    database,
    notesSchema,
    soundPolicies,
    'create table replies (note int references notes)',
  );
  await world.sql('revoke all on replies from :app; grant truncate on notes to :app');
  const only = { ...writes, relations: ['public.notes'] };
  expect(found(await world.verify(undefined, only))).toEqual([]);
  await world.sql('grant truncate on replies to :app');
  const report = await world.verify(undefined, only);
  expect(found(report)).toEqual(['truncate-granted public.notes']);
  expect(findingOf(report, 'truncate-granted').message).toContain('truncate "public"."notes" cascade');
});
