import { describe, expect } from 'vitest';
import { test } from '../support/test.ts';
import {
  alpha,
  beta,
  buildWorld,
  findingOf,
  found,
  intentOf,
  notesSchema,
  relationIntent,
  undecided,
} from './world.ts';

const only = { writes: true, relations: ['public.people'] };
const owned = {
  foreign: '(t.tenant_id = $1::uuid) is not true',
  unwritable: '(t.tenant_id = $1::uuid) is not true',
  shared: 'false',
};
const people = relationIntent('public.people', owned);

/** People of two tenants, behind a sound wall; `columns` are theirs beside id, tenant and name. */
function peopleSchema(columns: string, values: readonly [string, string]): string {
  return `create table people (id int primary key, tenant_id uuid not null, name text, ${columns});
    insert into people overriding system value values (1, '${alpha}', 'a', ${values[0]}), (2, '${beta}', 'b', ${values[1]});
    alter table people enable row level security;
    create policy own on people using (tenant_id = (select ctx()))`;
}

test('a natural key without the tenant; with it, nothing is told', async ({ database }) => {
  const world = await buildWorld(database, notesSchema, peopleSchema('email text', [`'a@x'`, `'b@x'`]));
  await world.sql('revoke all on notes from :app; create unique index people_email on people (lower(email))');
  const report = await world.verify(intentOf(people), only);
  expect(found(report).filter((name) => !name.startsWith('upsert'))).toEqual(['unique-oracle public.people']);
  expect(findingOf(report, 'unique-oracle')).toMatchObject({
    severity: 'warning',
    message: expect.stringContaining('learns from the key people_email which values of email others have') as string,
  });
  await world.sql('revoke insert on people from :app');
  await world.sql(`insert into people values (3, '${alpha}', 'aa', 'aa@x')`);
  expect(found(await world.verify(intentOf(people), only))).toEqual(['unique-oracle public.people']);
  await world.sql('drop index people_email; create unique index on people (tenant_id, lower(email))');
  const clean = await world.verify(intentOf(people), only);
  expect([found(clean), undecided(clean)]).toEqual([[], []]);
});

describe('what nobody guesses, or what is no secret', () => {
  test.for([
    ['a random id', 'code uuid unique default gen_random_uuid()', ['default', 'default']],
    ['a counted id', 'code int unique generated always as identity', ['1', '2']],
    ['a token with a default', `token text unique default md5(random()::text)`, [`'x'`, `'y'`]],
    [
      'an exclusion with the tenant',
      `seat int4range, exclude using gist (seat with &&) where (name is null)`,
      [`'[1,2)'`, `'[1,2)'`],
    ],
  ] as const)('%s', async ([, columns, values], { database }) => {
    const world = await buildWorld(database, notesSchema, peopleSchema(columns, values));
    await world.sql('revoke all on notes from :app');
    const report = await world.verify(intentOf(people), only);
    expect([found(report), undecided(report)]).toEqual([[], []]);
  });

  test('a key that the model declares, whatever the server lets ON CONFLICT see', async ({ database }) => {
    const world = await buildWorld(database, notesSchema, peopleSchema('email text unique', [`'a@x'`, `'b@x'`]));
    await world.sql('revoke all on notes from :app');
    const intent = intentOf({ ...people, oracles: [['email']] });
    expect(found(await world.verify(intentOf(people), only))).toContain('unique-oracle public.people');
    expect(await world.verify(intent, only)).toMatchObject({ outcome: 'clean', inconclusive: [] });
  });
});
