import { describe, expect } from 'vitest';
import { once } from 'node:events';
import { readLogicalSnapshot } from '../../src/catalog/logical-snapshot.ts';
import { jsonOf, test } from './support.ts';

describe('migrate', () => {
  test('prints its result to stdout and its progress to stderr', async ({ project, rowhouse }) => {
    await project.migration('0001_a', '-- rowhouse: phase expand\ncreate table a ();', 'drop table a;');

    const up = await rowhouse.run('migrate');
    expect(up).toMatchObject({ code: 0, stdout: expect.stringMatching(/^1 migration applied in .+\.\n$/) as string });
    expect(up.stderr).toMatch(/✓ 0001_a +expand +\d+/);
    expect(await rowhouse.run('migrate')).toMatchObject({ code: 0, stdout: 'Nothing is pending.\n', stderr: '' });
    const down = await rowhouse.run('rollback', '--all', '--yes');
    expect(down).toMatchObject({ code: 0, stdout: expect.stringMatching(/^1 migration undone in .+\.\n$/) as string });
    expect(down.stderr).toMatch(/↩ 0001_a/);
  });

  test('prints JSON for machines', async ({ project, rowhouse }) => {
    await project.migration('0001_a', 'create table a ();', 'drop table a;');

    expect(jsonOf(await rowhouse.run('migrate', '--json'))).toEqual({ applied: ['0001_a'] });
    expect(jsonOf(await rowhouse.run('status', '--json'))).toEqual({
      entries: [{ id: '0001_a', state: 'applied', phase: null, tag: null, appliedAt: expect.any(String) as string }],
      pending: 0,
      drift: false,
      running: null,
    });
    expect(jsonOf(await rowhouse.run('history', '--json'))).toEqual([
      expect.objectContaining({ id: 1, name: '0001_a', direction: 'up', outcome: 'done', error: null }),
    ]);
    expect(jsonOf(await rowhouse.run('unlock', '--json'))).toEqual({ holder: null, terminated: false });
    expect(jsonOf(await rowhouse.run('rollback', '--yes', '--json'))).toEqual({
      undone: ['0001_a'],
      exportedTo: null,
      kept: [],
      removed: [],
    });
  });

  test('an error shows file, line and caret, or is JSON', async ({ project, rowhouse }) => {
    await project.migration('0001_a', 'select 1;\nselect ü;');

    const plain = await rowhouse.run('migrate');
    expect(plain).toMatchObject({ code: 3, stdout: '' });
    expect(plain.stderr).toBe(
      [
        'error migrations/0001_a.sql:2: column "ü" does not exist (SQLSTATE 42703)',
        '  2 | select ü;',
        '    |        ^',
        '',
      ].join('\n'),
    );
    const json = await rowhouse.run('migrate', '--json');
    expect(json).toMatchObject({ code: 3, stderr: '' });
    expect(jsonOf(json)).toEqual({
      error: {
        code: 'statement-failed',
        message: 'migrations/0001_a.sql:2: column "ü" does not exist (SQLSTATE 42703)',
        detail: '2 | select ü;\n  |        ^',
      },
    });
  });

  test('a target that is none lists the tags', async ({ project, rowhouse }) => {
    await project.migration('0001_a', '-- rowhouse: tag first\nselect 1;');

    const { code, stderr } = await rowhouse.run('migrate', '--to', '@last');

    expect(code).toBe(2);
    expect(stderr).toContain('(@first)');
  });

  test('without a project it says so', async ({ project, rowhouse }) => {
    await project.remove('rowhouse.yaml');

    const { code, stderr } = await rowhouse.run('migrate');

    expect(code).toBe(2);
    expect(stderr).toContain('rowhouse init');
  });
});

describe('--dry-run', () => {
  test('of migrate prints the SQL and writes nothing', async ({ database, project, rowhouse }) => {
    await project.migration('0001_a', 'create table a ();');
    const before = await readLogicalSnapshot(database.client);

    const { code, stdout, stderr } = await rowhouse.run('migrate', '--dry-run');

    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: '-- migrations/0001_a.sql\ncreate table a ();\n',
      stderr: '1 file would run. Nothing was written.\n',
    });
    expect(await readLogicalSnapshot(database.client)).toEqual(before);
    expect((await database.client.query("select to_regnamespace('rowhouse') as made")).rows).toEqual([{ made: null }]);
    expect(jsonOf(await rowhouse.run('migrate', '--dry-run', '--json'))).toMatchObject({
      dryRun: true,
      files: [{ path: 'migrations/0001_a.sql', phase: null }],
    });
  });

  test('works on a database that can only be read', async ({ database, project, rowhouse }) => {
    await project.migration('0001_a', 'create table a ();', 'drop table a;');
    await rowhouse.run('migrate');
    await database.client.query(`alter database ${database.name} set default_transaction_read_only = on`);

    for (const args of [['migrate', '--dry-run'], ['rollback', '--dry-run'], ['status'], ['history']]) {
      expect(await rowhouse.run(...args), args.join(' ')).toMatchObject({ code: 0 });
    }
  });
});

describe('drift', () => {
  test('of every kind is listed, shown and refused', async ({ project, rowhouse }) => {
    await project.migration('0001_edited', 'create table a ();');
    await project.migration('0003_deleted', 'create table b ();');
    await project.migration('0005_same', 'create table c ();');
    await rowhouse.run('migrate');
    await project.migration('0001_edited', 'create table a (b int);');
    await project.migration('0002_inserted', 'create table d ();');
    await project.migration('0006_pending', 'create table e ();');
    await project.remove('migrations/0003_deleted.sql');
    await project.remove('rollbacks/0003_deleted.sql');

    const { code, stderr } = await rowhouse.run('migrate');

    expect(code).toBe(4);
    expect(stderr).toContain('migrations/0001_edited.sql: was edited after it was applied');
    expect(stderr).toContain('migrations/0002_inserted.sql: is not applied, though a later file is');
    expect(stderr).toContain('migrations/0003_deleted.sql: was applied or begun, and the file is gone');
    const status = await rowhouse.run('status', '--json');
    expect(status.code).toBe(4);
    expect(jsonOf(status)).toMatchObject({
      drift: true,
      pending: 1,
      entries: [
        { id: '0001_edited', state: 'edited' },
        { id: '0002_inserted', state: 'inserted', appliedAt: null },
        { id: '0003_deleted', state: 'deleted' },
        { id: '0005_same', state: 'applied' },
        { id: '0006_pending', state: 'pending', appliedAt: null },
      ],
    });
    expect((await rowhouse.run('rollback', '--all', '--yes')).code).toBe(4);
  });

  test('status --check tells what is pending', async ({ project, rowhouse }) => {
    await project.migration('0001_a', 'select 1;');
    expect(await rowhouse.run('status')).toMatchObject({ code: 0 });
    expect(await rowhouse.run('status', '--check')).toMatchObject({ code: 7 });
    await rowhouse.run('migrate');
    expect(await rowhouse.run('status', '--check')).toMatchObject({ code: 0 });
  });

  test('repair shows the difference, and accepts it only when told to', async ({ project, rowhouse }) => {
    await project.migration('0001_a', 'create table a ();\n-- old words\n');
    await rowhouse.run('migrate');
    await project.migration('0001_a', 'create table a ();\n-- new words\n');

    const asked = await rowhouse.run('repair');
    expect(asked.code).toBe(2);
    expect(asked.stderr).toContain('--- migrations/0001_a.sql\tas applied');
    expect(asked.stderr).toContain('\n--- old words\n+-- new words\n');
    expect(asked.stderr).toContain('--yes');
    expect((await rowhouse.run('status')).code).toBe(4);

    expect(await rowhouse.run('repair', '--yes')).toMatchObject({
      code: 0,
      stdout: 'Accepted: migrations/0001_a.sql.\n',
    });
    expect((await rowhouse.run('status', '--check')).code).toBe(0);
    expect(jsonOf(await rowhouse.run('repair', '--json'))).toEqual({ accepted: [] });
  });

  test('repair lets an edited backfill go on that stopped half-way', async ({ database, project, rowhouse }) => {
    const { client } = database;
    await client.query('create table t (id int primary key, n int); insert into t select generate_series(1, 6)');
    const fill = (value: string) => `-- rowhouse: backfill\nupdate t set n = ${value};`;
    await project.migration('0001_fill', fill('case id when 4 then 1 / (id - 4) else 1 end'));
    expect((await rowhouse.run('migrate', '--batch-size', '2')).code).toBe(3);
    await project.migration('0001_fill', fill('2'));

    expect((await rowhouse.run('migrate')).code).toBe(4);
    const repaired = await rowhouse.run('repair', '--yes');
    expect(repaired).toMatchObject({ code: 0, stdout: 'Accepted: migrations/0001_fill.sql.\n' });
    expect(repaired.stderr).toContain('+update t set n = 2;');
    expect((await rowhouse.run('migrate')).code).toBe(0);

    const { rows } = await client.query<{ n: number }>('select n from t order by id');
    expect(rows.map((row) => row.n)).toEqual([1, 1, 2, 2, 2, 2]);
  });
});

test('baseline records what the database has, and migrate goes on after it', async ({
  database,
  project,
  rowhouse,
}) => {
  await database.client.query('create table a (); create table b ()');
  for (const name of ['a', 'b', 'c']) {
    await project.migration(`000${'abc'.indexOf(name) + 1}_${name}`, `create table ${name} ();`, `drop table ${name};`);
  }
  expect((await rowhouse.run('baseline', '--to', '2')).code).toBe(2);

  expect(await rowhouse.run('baseline', '--to', '2', '--yes')).toMatchObject({
    code: 0,
    stdout: '2 migrations recorded.\n',
  });
  expect(jsonOf(await rowhouse.run('migrate', '--json'))).toEqual({ applied: ['0003_c'] });
  expect(jsonOf(await rowhouse.run('rollback', '--all', '--yes', '--json'))).toMatchObject({
    undone: ['0003_c', '0002_b', '0001_a'],
  });
});

describe('a run under way', () => {
  const sleeps = 'create table half (); select pg_sleep(600);';

  test('keeps another one out, and unlock shows and ends it', async ({ database, project, rowhouse }) => {
    await project.migration('0001_a', sleeps);
    const first = rowhouse.start('migrate');
    await expect.poll(async () => (await rowhouse.run('unlock')).stdout).toContain('pg_sleep');

    const second = await rowhouse.run('migrate', '--lock-wait', '1ms');
    expect(second.code).toBe(5);
    expect(second.stderr).toContain('rowhouse migrate');
    const refused = await rowhouse.run('unlock', '--terminate');
    expect(refused.code).toBe(2);
    expect((await rowhouse.run('unlock', '--terminate', '--yes')).code).toBe(0);

    expect((await first.result).code).toBe(3);
    expect((await database.client.query("select to_regclass('half') as half")).rows).toEqual([{ half: null }]);
  });

  test.for(['SIGINT', 'SIGTERM'] as const)(
    '%s cancels it in good order',
    async (signal, { database, project, rowhouse }) => {
      await project.migration('0001_a', sleeps);
      const run = rowhouse.start('migrate');
      await expect.poll(async () => (await rowhouse.run('unlock')).stdout).toContain('pg_sleep');

      run.child.kill(signal);

      const { code, stderr } = await run.result;
      expect(code).toBe(130);
      expect(stderr).toMatch(/Cancelled in migrations\/\d+_\w+\.sql\./);
      const sessions =
        "select from pg_stat_activity where application_name like 'rowhouse%' and datname = current_database()";
      await expect.poll(async () => (await database.client.query(sessions)).rowCount).toBe(0);
      await project.migration('0001_a', 'create table half ();');
      expect((await rowhouse.run('migrate')).code).toBe(0);
    },
  );
});

test('a reader that closes early is no failure', async ({ project, rowhouse }) => {
  await project.migration('0001_a', `select '${'x'.repeat(5_000_000)}';`);
  const { child, result } = rowhouse.start('migrate', '--dry-run');
  await once(child.stdout, 'data');

  child.stdout.destroy();

  const { code, stderr } = await result;
  expect(code).toBe(0);
  expect(stderr).not.toContain('EPIPE');
});

test('a backfill that stopped tells how far it is and how it is set, and no more how fast it goes', async ({
  database,
  project,
  rowhouse,
}) => {
  await database.client.query(
    'create table t (id integer primary key, n integer check (n <> 3)); insert into t (id) select generate_series(1, 5)',
  );
  await project.migration('0001_fill', '-- rowhouse: backfill\nupdate t set n = id where n is null');

  const run = await rowhouse.run('migrate');
  expect(run.code).toBe(3);
  expect(run.stderr).toContain('1 row was refused; all others are done.\n  (id) = (3): ');
  expect((await rowhouse.run('backfill', 'set', '--load', '60', '--batch-size', '2')).stdout).toBe(
    'Changed: 0001_fill.\n',
  );
  const { stdout } = await rowhouse.run('backfill', 'status');
  expect(stdout).toMatch(
    /^0001_fill: public\.t by pages, passes: 1\n {2}4 rows in \d+ batches, \d+ %, 1 refused; told at /,
  );
  expect(stdout).toMatch(
    /\n {2}as set: 2 rows a batch, 60 % of the time\n {2}refused \(3\): new row .+ violates .+\nNo run is under way\.\n$/,
  );
  expect(stdout).not.toContain('rows/s');
  expect((await rowhouse.run('backfill', 'pause', '0002_none')).code).toBe(2);
  const finalized = await rowhouse.run('backfill', 'finalize');
  expect(finalized).toMatchObject({ code: 7, stdout: expect.stringContaining('unfinished: 0001_fill') as string });
});
