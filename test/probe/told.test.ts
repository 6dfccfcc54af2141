import { expect } from 'vitest';
import { askBlock, type Asked } from '../../src/probe/block.ts';
import { ProbeSession } from '../../src/probe/session.ts';
import { test } from '../support/test.ts';

/** So many that they are told once for several questions. */
const contexts = (from: number): readonly Asked[] =>
  Array.from({ length: 1000 }, (_, index) => {
    const subject = String(from + index);
    return { subject, settings: { 'app.tenant': subject } };
  });

test('a block goes through the contexts that it was asked for, whatever was rolled back meanwhile', async ({
  database,
}) => {
  const { client } = database;
  const app = database.uniqueRole('app');
  await client.query(`create role ${app}`);
  await client.query('begin');
  const { rows } = await client.query<{ role: string }>('select current_user as role');
  const session = new ProbeSession(client, rows[0]?.role ?? '', app);
  const question = {
    as: 'app',
    select: `select pg_catalog.current_setting('app.tenant')::int8, 0, 0::int8`,
    planner: {},
  } as const;
  const seen = async (from: number): Promise<readonly (bigint | null)[]> => {
    const answers = await askBlock(session, [question], contexts(from), { guarded: false, timeoutMs: 60_000 });
    if (!answers.ok) throw new Error(answers.failure.message);
    return answers.value.map((answer) => (answer.ok ? answer.value.rows : null));
  };
  const wanted = (from: number): readonly bigint[] => contexts(from).map(({ subject }) => BigInt(subject));
  expect(await seen(1)).toEqual(wanted(1));
  await client.query('savepoint before');
  expect(await seen(5001)).toEqual(wanted(5001));
  await client.query('rollback to savepoint before');
  expect(await seen(5001)).toEqual(wanted(5001));
  expect(await seen(5001)).toEqual(wanted(5001));
  await client.query('rollback; begin');
  expect(await seen(5001)).toEqual(wanted(5001));
  await client.query('rollback');
});
