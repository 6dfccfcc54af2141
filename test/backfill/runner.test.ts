import type pg from 'pg';
import { describe, expect } from 'vitest';
import { RowhouseError } from '../../src/domain/errors.ts';
import { test } from '../support/test.ts';
import { backfill, column, path } from './support.ts';

const counting = 'update t set n = n + 1';

function countable(client: pg.ClientBase): Promise<unknown> {
  return client.query(`
    create table t (id integer primary key, n integer not null default 0, updated_at text not null default 'then');
    insert into t (id) select generate_series(1, 6)`);
}

async function errorOf(run: Promise<unknown>): Promise<RowhouseError> {
  const error = await run.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof RowhouseError) return error;
  throw new Error('There was no RowhouseError.', { cause: error });
}

describe('a checkpoint', () => {
  test('commits with its batch', async ({ database }) => {
    await countable(database.client);
    await backfill(database.url, counting, { stopAfter: 2 });

    const { rows } = await database.client.query(
      `select b.relation, b.key, p.last_key, p.end_key, p.rows_done::int, p.batches::int
         from rowhouse.backfill as b
         join rowhouse.backfill_part as p using (name, direction)`,
    );
    expect(rows).toEqual([
      { relation: 'public.t', key: ['id integer'], last_key: ['4'], end_key: ['6'], rows_done: 4, batches: 2 },
    ]);
    expect(await column(database.client, 't', 'n', 'id')).toEqual([1, 1, 1, 1, 0, 0]);
  });

  test('stops a file that was edited meanwhile', async ({ database }) => {
    await countable(database.client);
    await backfill(database.url, counting, { stopAfter: 1 });

    const error = await errorOf(backfill(database.url, 'update t set n = 7'));

    expect(error).toMatchObject({ kind: 'drift', code: 'backfill-edited' });
    expect(error.message).toContain('was edited after 2 rows were done');
    expect(await column(database.client, 't', 'n', 'id')).toEqual([1, 1, 0, 0, 0, 0]);
  });

  test('takes its batch with it where it cannot be written', async ({ database }) => {
    const { client } = database;
    await countable(client);
    await backfill(database.url, counting, { stopAfter: 1 });
    await client.query('alter table rowhouse.backfill_part add constraint only_one check (batches = 1)');

    expect((await errorOf(backfill(database.url, counting))).message).toContain('only_one');
    expect(await column(client, 't', 'n', 'id')).toEqual([1, 1, 0, 0, 0, 0]);
  });

  test('does not move where its batch fails', async ({ database }) => {
    const { client } = database;
    await countable(client);
    await client.query('alter table t add constraint small check (id <> 4 or n = 0)');

    const error = await errorOf(backfill(database.url, counting));

    expect(error).toMatchObject({ kind: 'database', code: 'database-failed' });
    expect(error.message).toMatch(
      /^migrations\/0001_fill\.sql: the batch after 2 up to 4 \(id\): new row for relation "t" violates check constraint "small"/,
    );
    expect(error.detail).toContain('DETAIL: Failing row contains');
    expect(await column(client, 't', 'n', 'id')).toEqual([1, 1, 0, 0, 0, 0]);
    // Mended, it goes on where it was.
    await client.query('alter table t drop constraint small');
    expect(await backfill(database.url, counting)).toMatchObject({ rows: 6, resumedAfter: 2 });
    expect(await column(client, 't', 'n', 'id')).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test.for<[what: string, change: (database: string) => string, now: string]>([
    ['has another type', () => 'alter table t alter id type text', 'public.t by id text'],
    [
      'is another column',
      () => 'alter table t drop constraint t_pkey, add unique (n), alter id drop not null',
      'public.t by n integer',
    ],
    [
      'is one of another table',
      (name) => `create schema s; alter table t set schema s; alter database ${name} set search_path = s`,
      's.t by id integer',
    ],
  ])('refuses to go on where the key $0', async ([, change, now], { database }) => {
    const { client } = database;
    await client.query(`create table t (id integer primary key, n integer not null, tenant integer);
      insert into t select g, g from generate_series(1, 12) g`);
    const body = 'update t set tenant = 1';
    await backfill(database.url, body, { stopAfter: 1 });
    await client.query(change(database.name));

    expect(await errorOf(backfill(database.url, body))).toMatchObject({
      kind: 'drift',
      code: 'backfill-changed',
      message: `${path}: began over public.t by id integer, and now goes over ${now}.`,
    });
  });

  test('of the way back is not that of the way there', async ({ database }) => {
    const { client } = database;
    await countable(client);
    await backfill(database.url, counting, { stopAfter: 2 });

    expect(await backfill(database.url, 'update t set n = 0', { direction: 'down' })).toMatchObject({
      rows: 6,
      resumedAfter: null,
    });
    expect(await column(client, 't', 'n', 'id')).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe('an error in the body', () => {
  test.for<[what: string, body: string, message: string, detail: string]>([
    [
      'an unknown column',
      `-- a comment\nupdate t set n = 'Ü😀'::text::int + missing`,
      `${path}:2: column "missing" does not exist (SQLSTATE 42703)`,
      `2 | update t set n = 'Ü😀'::text::int + missing\n  |                                    ^`,
    ],
    [
      'a type that does not fit, behind a range',
      'update t set n = 1\nwhere id > :from and id <= :to\n  and n = now()',
      `${path}:3: operator does not exist: integer = timestamp with time zone (SQLSTATE 42883)`,
      '3 |   and n = now()\n  |         ^',
    ],
  ])(
    'is shown with its place before the first batch, even in an empty table: %s',
    async ([, body, message, detail], { database }) => {
      await database.client.query('create table t (id integer primary key, n integer)');
      expect(await errorOf(backfill(database.url, body))).toMatchObject({ kind: 'database', message, detail });
    },
  );

  test('that only its rows bring out names the batch', async ({ database }) => {
    await countable(database.client);
    const error = await errorOf(backfill(database.url, 'update t set n = 1 / (id - 5)'));
    expect(error.message).toBe(`${path}: the batch after 4 up to 6 (id): division by zero (SQLSTATE 22012)`);
    expect(await column(database.client, 't', 'n', 'id')).toEqual([0, 0, 0, -1, 0, 0]);
  });
});

describe('triggers', () => {
  const touch = `
    create function touch() returns trigger language plpgsql as $$ begin new.updated_at := 'now'; return new; end $$;
    create function note() returns trigger language plpgsql as $$ begin return null; end $$;`;

  test('that would fire are named, and those that ask whether a backfill runs stay quiet', async ({ database }) => {
    const { client } = database;
    await countable(client);
    await client.query(`${touch}
      create trigger quiet before update on t for each row
        when (current_setting('rowhouse.backfill', true) is distinct from 'on') execute function touch();
      create trigger "Loud one" after update on t for each row execute function note();
      create trigger per_statement after update of n, id on t execute function note();
      create trigger of_another_column before update of updated_at on t for each row execute function touch();
      create trigger fills before insert or update on t for each row when (new.n is null) execute function touch();
      create trigger on_insert before insert on t for each row execute function touch();
      create trigger disabled before update on t for each row execute function touch();
      alter table t disable trigger disabled`);

    const { warnings } = await backfill(database.url, counting, { fires: ['fires nowhere'] });

    expect(warnings.map((warning) => warning.replace(/ fires;.*/, ''))).toEqual([
      'the trigger Loud one on public.t',
      'the trigger per_statement on public.t',
    ]);
    expect(await column(client, 't', 'distinct updated_at', '1')).toEqual(['then']);
    // Outside of the backfill it does what it did.
    await client.query('update t set id = id');
    expect(await column(client, 't', 'distinct updated_at', '1')).toEqual(['now']);
  });

  test('that shall fire by the word of the file are not named', async ({ database }) => {
    await countable(database.client);
    await database.client.query(`${touch} create trigger "Loud one" after update on t execute function note()`);

    const { warnings } = await backfill(database.url, counting, { fires: ['Loud one'] });

    expect(warnings).toEqual([]);
  });

  test('of a partition are named too', async ({ database }) => {
    await database.client.query(`${touch}
      create table t (id integer primary key, n integer, updated_at text) partition by range (id);
      create table t_one partition of t for values from (0) to (10);
      create trigger on_partition before update on t_one for each row execute function touch();
      create trigger on_parent before update on t for each row execute function touch()`);

    const { warnings } = await backfill(database.url, 'update t set n = 1');

    expect(warnings.map((warning) => warning.split(' ')[2])).toEqual(['on_parent', 'on_partition']);
  });
});

describe('a lock that another session holds', () => {
  test('is tried again, with its holder named, and then the backfill goes on', async ({ database }) => {
    await countable(database.client);
    const other = await database.connect();
    const { pid } = (await other.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0] ?? { pid: 0 };
    await other.query('begin');
    await other.query('update t set n = n where id = 4');

    const run = await backfill(database.url, counting, {
      lockAttempts: 20,
      lockTimeoutMs: 500,
      // On a busy machine the first tries may end before anyone has seen who blocks them.
      onRetry: ({ blockers }) => {
        if (blockers.length > 0) void other.query('commit');
      },
    });

    expect(run.rows).toBe(6);
    expect(run.retries[0]).toMatchObject({ reason: 'a lock was not to be had in time', attempt: 2 });
    expect(run.retries.at(-1)?.blockers.map((blocker) => blocker.pid)).toEqual([pid]);
    expect(await column(database.client, 't', 'n', 'id')).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test.for([
    ['a row', 'select from t where id = 4 for update', [1, 1, 0, 0, 0, 0]],
    ['the table', 'lock table t in access exclusive mode', [0, 0, 0, 0, 0, 0]],
  ] as const)(
    'on $0 ends the run when it never comes, with nothing half done',
    async ([, lock, after], { database }) => {
      await countable(database.client);
      const other = await database.connect();
      await other.query('begin');
      await other.query(lock);

      const error = await errorOf(backfill(database.url, counting, { lockAttempts: 2, lockTimeoutMs: 50 }));

      expect(error).toMatchObject({ kind: 'database', code: 'lock-timeout' });
      expect(error.detail).toContain(path);
      await other.query('rollback');
      expect(await column(database.client, 't', 'n', 'id')).toEqual(after);
      expect((await backfill(database.url, counting)).rows).toBe(6);
      expect(await column(database.client, 't', 'n', 'id')).toEqual([1, 1, 1, 1, 1, 1]);
    },
  );
});

describe('row-level security', () => {
  test('that binds the runner is an error and not a backfill of no rows', async ({ database }) => {
    const { client } = database;
    const owner = database.uniqueRole('owner');
    await client.query(`
      create role ${owner} login password 'secret';
      grant create on database ${database.name} to ${owner};
      grant create on schema public to ${owner};
      set role ${owner};
      create table t (id integer primary key, n integer not null default 0);
      insert into t (id) select generate_series(1, 6);
      alter table t enable row level security, force row level security;
      reset role`);
    const url = database.urlFor({ user: owner, password: 'secret' });

    const error = await errorOf(backfill(url, counting));

    expect(error).toMatchObject({
      kind: 'database',
      hint: 'Run as a role that owns the objects and that row-level security does not bind.',
    });
    expect(error.message).toContain('query would be affected by row-level security policy for table "t"');
    expect((await client.query('select from rowhouse.backfill')).rowCount).toBe(0);
    // As long as it is not forced, its owner may.
    await client.query('alter table t no force row level security');
    expect((await backfill(url, counting)).rows).toBe(6);
  });
});
