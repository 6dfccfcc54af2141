import { expect } from 'vitest';
import { test } from '../support/test.ts';
import { buildLintWorld } from './support.ts';

/** What every server shows to whoever may write SQL: remarks, which no statement takes away. */
const standing = ['activity-literals', 'context-spoofable', 'explain-counts'];

test('activity-literals, context-spoofable and explain-counts are told of a role that policies bind, and of no other', async ({
  database,
}) => {
  const world = await buildLintWorld(database);
  const told = world.residual.filter(({ ruleId }) => standing.includes(ruleId));
  expect(told.map(({ ruleId, severity }) => `${severity} ${ruleId}`)).toEqual(standing.map((id) => `info ${id}`));
  const seen = async () => await world.findingsOf(standing);

  await world.sql('grant pg_read_all_stats to app_user');
  expect((await seen()).map(({ message }) => message)).toContainEqual(expect.stringMatching(/queries of every role$/));

  await world.sql('revoke select on all tables in schema app from app_user');
  expect((await seen()).map(({ ruleId }) => ruleId)).toEqual(['activity-literals', 'context-spoofable']);

  await world.sql('alter role app_user bypassrls');
  expect(await seen()).toEqual([]);
});
