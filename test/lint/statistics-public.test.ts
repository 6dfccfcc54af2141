import { expect } from 'vitest';
import { test } from '../support/test.ts';
import { buildLintWorld } from './support.ts';

test('whoever may read all statistics reads the statements of others, through a group too', async ({ database }) => {
  const world = await buildLintWorld(database);
  await world.sql('create role app_group; grant app_group to app_user');
  expect(await world.findings()).toEqual([]);
  await world.sql('grant pg_monitor to app_group');
  expect(await world.findings()).toMatchObject([{ ruleId: 'statistics-public', severity: 'warning' }]);
});
