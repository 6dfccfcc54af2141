import { expect } from 'vitest';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import { readPrivileges } from '../../src/probe/privileges.ts';
import { ProbeSession } from '../../src/probe/session.ts';
import { Tally } from '../../src/probe/tally.ts';
import { targetsOf } from '../../src/probe/target.ts';
import { TimeLimit } from '../../src/probe/time-limit.ts';
import { observeWrites } from '../../src/probe/write/observe.ts';
import { test } from '../support/test.ts';
import { alpha, beta, buildWorld, intentOf, notesSchema, relationIntent, soundPolicies } from './world.ts';

test('writes are told from rows that the same transaction made before, and nothing of them stays', async ({
  database,
}) => {
  const world = await buildWorld(database, notesSchema, soundPolicies, 'truncate notes');
  const { client } = database;
  const intent = intentOf(relationIntent('public.notes'));
  const observe = async () => {
    const snapshot = await readSnapshot(client);
    const privileges = await readPrivileges(client, snapshot, world.app);
    const [observed] = await observeWrites({
      session: new ProbeSession(client, 'postgres', world.app),
      intent,
      snapshot,
      privileges,
      targets: targetsOf(intent, snapshot, privileges),
      unmodelled: [],
      unmanaged: new Set(),
      subjects: [alpha, beta],
      membership: false,
      noun: 'tenant',
      contextOf: (subject) => ({ 'app.tenant': subject }),
      writeSettings: {},
      queries: null,
      listedCalls: [],
      helpers: [],
      blocks: true,
      limits: { statementTimeoutMs: 60_000 },
      timeLimit: new TimeLimit(60_000),
      estimate: () => undefined,
      tally: new Tally(),
      progress: () => undefined,
    });
    return observed;
  };
  await client.query('begin isolation level repeatable read');
  await client.query(`insert into notes values (1, '${alpha}', 'a'), (2, '${beta}', 'b')`);
  await client.query(`savepoint later; insert into notes values (3, '${alpha}', 'aa'), (4, '${beta}', 'bb')`);
  const sound = await observe();
  expect(sound).toMatchObject({ effects: [], obstacles: [] });
  expect(sound?.reached).toBeGreaterThan(8);
  await client.query('create policy loose on notes for update using (true)');
  const effects = (await observe())?.effects.filter(({ kind }) => kind === 'update');
  expect(effects?.map(({ foreign }) => foreign)).toEqual([2, 2]);
  const { rows } = await client.query<{ user: string; rows: string }>(
    'select current_user as user, count(*) as rows from notes',
  );
  expect(rows).toEqual([{ user: 'postgres', rows: '4' }]);
  await client.query('rollback');
});
