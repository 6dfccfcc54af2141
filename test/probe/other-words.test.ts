import { describe, expect } from 'vitest';
import { serverMajor, test } from '../support/test.ts';
import { alpha, beta, buildWorld, findingOf, found, notesSchema, soundPolicies, undecided } from './world.ts';

const writes = { writes: true };

/** A wall that stands for whoever does not say `words`: only the same thing said otherwise passes it. */
function except(words: string, command: string): string {
  const body =
    command === 'insert' ? `with check (current_query() ilike '${words}')` : `using (current_query() ilike '${words}')`;
  return `create policy words on notes for ${command} ${body};
    create policy words_seen on notes for select using (current_query() ilike '${words}')`;
}

describe('what plain statements do not reach is said otherwise', () => {
  test.for([
    ['update', '%returning%', 'policy-wrong-command'],
    ['delete', '%returning%', 'policy-wrong-command'],
    ['insert', '%returning%', 'policy-check-weaker'],
    ['update', 'merge%', 'policy-wrong-command'],
    ['delete', 'merge%', 'policy-wrong-command'],
    ['insert', 'merge%', 'policy-check-weaker'],
  ] as const)('%s by %s', async ([command, words, rule], { database, skip }) => {
    if (words.startsWith('merge') && serverMajor < 15) skip();
    const world = await buildWorld(database, notesSchema, soundPolicies, except(words, command));
    const finding = findingOf(await world.verify(undefined, writes), rule);
    expect(finding.message).toMatch(new RegExp(words.replaceAll('%', '.*')));
  });
});

test('very many own rows are not all written, and every row of others is aimed at', async ({ database }) => {
  const world = await buildWorld(
    database,
    notesSchema,
    soundPolicies,
    `insert into notes select n, case when n % 20 = 0 then '${beta}' else '${alpha}' end::uuid, n::text from generate_series(10, 3000) n`,
  );
  const report = await world.verify(undefined, writes);
  expect([found(report), undecided(report)]).toEqual([[], []]);
  await world.sql(`create policy one on notes for delete using (body = '2980')`);
  expect(findingOf(await world.verify(undefined, writes), 'policy-wrong-command').message).toContain('1 row of other');
});
