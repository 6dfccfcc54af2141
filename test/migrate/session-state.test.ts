import { expect } from 'vitest';
import { test } from './support.ts';

/** What a file leaves in its session, and what the next one must not see of it. */
const leftovers: readonly (readonly [string, string, string])[] = [
  ['a setting', "set my.setting = 'left'", "coalesce(current_setting('my.setting', true), '')"],
  ['a search path', 'set search_path = pg_catalog', "current_setting('search_path')"],
  ['a role', 'set role pg_monitor', 'current_user'],
  ['a session authorization', 'set session authorization pg_monitor', 'session_user'],
  ['row_security', 'set row_security = on', "current_setting('row_security')"],
  ['a timeout', "set statement_timeout = '1h'", "current_setting('statement_timeout')"],
  ['a temporary table', 'create temporary table t (n int)', "to_regclass('t')::text"],
];

const headers = ['', '-- rowhouse: no-transaction\n'];

test.for(headers.flatMap((header) => leftovers.map((entry) => [header, ...entry] as const)))(
  '%jof a file before: %s',
  async ([header, , statement, seen], { database, project, rowhouse }) => {
    await database.client.query('create table public.seen (file text, value text)');
    const note = (file: string) => `insert into public.seen values ('${file}', ${seen});`;
    await project.migration('0001_before', note('before'));
    await project.migration('0002_leaves', `${header}select 1; ${statement}; select 2;`);
    await project.migration('0003_after', note('after'));

    await rowhouse.migrate();

    const { rows } = await database.client.query<{ value: string }>('select value from public.seen order by file desc');
    expect(rows).toHaveLength(2);
    expect(rows[1]?.value).toBe(rows[0]?.value);
  },
);

test('a run sees an error and not a part of the rows, where row-level security binds its role', async ({
  database,
  project,
  rowhouse,
}) => {
  const owner = database.uniqueRole('owner');
  await database.client.query(`
    create role ${owner} login password 'secret';
    grant create on database ${database.name} to ${owner};
    create table t (n int); alter table t owner to ${owner};
    insert into t values (1);
    alter table t enable row level security; alter table t force row level security`);
  await project.migration('0001_update', 'update t set n = 2;');
  const url = database.urlFor({ user: owner, password: 'secret' });

  const run = rowhouse.migrate({}, { connection: { url, source: '--database-url' } });

  await expect(run).rejects.toThrow('query would be affected by row-level security policy');
});
