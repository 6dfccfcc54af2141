import { expect } from 'vitest';
import { conflicts, lockModes } from '../../src/sql/lock-mode.ts';
import { test } from '../support/test.ts';

test('which modes keep each other out is as PostgreSQL has it', async ({ database }) => {
  await database.client.query('create table t ()');
  const inWords = (mode: string) => mode.replace(/(?<=[a-z])(?=[A-Z])/g, ' ');
  const [holder, asker] = [await database.connect(), await database.connect()];
  for (const held of lockModes) {
    await holder.query(`begin; lock table t in ${inWords(held)} mode`);
    for (const wanted of lockModes) {
      await asker.query('begin');
      const refused = await asker.query(`lock table t in ${inWords(wanted)} mode nowait`).then(
        () => false,
        () => true,
      );
      await asker.query('rollback');
      expect([held, wanted, conflicts(held, wanted)]).toEqual([held, wanted, refused]);
    }
    await holder.query('rollback');
  }
});
