import pg from 'pg';
import { describe, expect, inject, test } from 'vitest';
import { createTestDatabase } from './database.ts';

async function exists(kind: 'database' | 'role', name: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: inject('serverUrl') });
  await client.connect();
  try {
    const sql = {
      database: 'select from pg_catalog.pg_database where datname = $1',
      role: 'select from pg_catalog.pg_roles where rolname = $1',
    }[kind];
    return (await client.query(sql, [name])).rowCount === 1;
  } finally {
    await client.end();
  }
}

describe('a test database', () => {
  test('is empty, in UTF-8, and not shared with another one', async () => {
    const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    await one.client.query('create table only_here ()');

    const { rows } = await other.client.query(
      "select to_regclass('only_here') as leak, current_setting('server_encoding') as encoding",
    );

    expect(rows).toEqual([{ leak: null, encoding: 'UTF8' }]);
    await Promise.all([one.drop(), other.drop()]);
  });

  test('is gone after drop, also where the code under test left connections open', async () => {
    const database = await createTestDatabase();
    const forgotten = new pg.Client({ connectionString: database.url });
    const lost = new Promise((resolve) => forgotten.on('error', resolve));
    await forgotten.connect();

    await database.drop();

    await expect(lost).resolves.toMatchObject({ code: '57P01' });
    expect(await exists('database', database.name)).toBe(false);
  });

  test('takes its roles with it, whatever they own, were granted and granted themselves', async () => {
    const database = await createTestDatabase();
    const [owner, member, unused] = [
      database.uniqueRole('owner'),
      database.uniqueRole('member'),
      database.uniqueRole('unused'),
    ];
    await database.client.query(`
      create role ${owner} login password 'secret' createrole;
      create role ${member};
      grant create on database ${database.name} to ${owner};
      grant ${member} to ${owner} with admin option;
      create table thing ();
      alter table thing owner to ${owner};
      grant select on thing to ${member};
    `);
    const session = await database.connect({ user: owner, password: 'secret' });
    expect((await session.query('select current_user')).rows).toEqual([{ current_user: owner }]);

    await database.drop();

    expect(await Promise.all([owner, member, unused].map((role) => exists('role', role)))).toEqual([
      false,
      false,
      false,
    ]);
  });
});
