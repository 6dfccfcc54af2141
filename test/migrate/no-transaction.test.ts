import { describe, expect } from 'vitest';
import type pg from 'pg';
import { status } from '../../src/app/status.ts';
import { eventsOf, failureOf, test } from './support.ts';

const header = '-- rowhouse: no-transaction\n';
const file = (...statements: string[]) => `${header}${statements.map((statement) => `${statement};\n`).join('')}`;
const note = (n: number | string) => `insert into noted values ('${n}')`;

async function noted(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ all: string }>(`select string_agg(n, ' ' order by n) as all from noted`);
  return rows[0]?.all ?? '';
}

async function isValid(client: pg.Client, index: string): Promise<boolean | undefined> {
  const { rows } = await client.query<{ valid: boolean }>(
    'select indisvalid as valid from pg_index where indexrelid = to_regclass($1)',
    [index],
  );
  return rows[0]?.valid;
}

const withNotes = test.extend<{ notes: pg.Client }>({
  notes: async ({ database }, use) => {
    await database.client.query('create table noted (n text); create table t (a int); insert into t values (1), (1)');
    await use(database.client);
  },
});

describe('after an error in statement 3 of 5', () => {
  const broken = file(note(1), note(2), 'select 1/0', note(4), note(5));

  withNotes(
    'it goes on with statement 3, edited from there on, and runs each once',
    async ({ notes, project, rowhouse }) => {
      await project.migration('0001_five', broken);
      const error = await failureOf(rowhouse.migrate());
      expect(error.message).toContain('migrations/0001_five.sql:4: division by zero');
      expect(await noted(notes)).toBe('1 2');
      expect((await status(await rowhouse.request())).entries[0]?.state).toBe('partial');

      await project.migration('0001_five', file(note(1), note(2), note('3 mended'), note(4), note(5), note(6)));
      expect(await rowhouse.migrate()).toEqual(['0001_five']);

      expect(await noted(notes)).toBe('1 2 3 mended 4 5 6');
      expect(eventsOf(rowhouse, 'resumed')).toEqual([{ type: 'resumed', name: '0001_five', from: 'statement 3 of 6' }]);
      expect((await notes.query('select from rowhouse.progress')).rowCount).toBe(0);
    },
  );

  withNotes.for([
    ['a statement that has run', file(note(1), note('two'), note(3), note(4), note(5))],
    ['a statement more before it', file(note(0), note(1), note(2), note(3))],
    ['fewer statements than have run', file(note(1))],
    ['one transaction', broken.replace(header, '').replace('select 1/0', note(3))],
  ] as const)('it is refused with %s', async ([, edited], { notes, project, rowhouse }) => {
    await project.migration('0001_five', broken);
    await failureOf(rowhouse.migrate());
    await project.migration('0001_five', edited);

    expect(await failureOf(rowhouse.migrate())).toMatchObject({ kind: 'drift', code: 'executed-part-edited' });
    expect(await noted(notes)).toBe('1 2');
  });

  withNotes(
    'comments and spaces between the statements that have run may change',
    async ({ notes, project, rowhouse }) => {
      await project.migration('0001_five', broken);
      await failureOf(rowhouse.migrate());
      await project.migration('0001_five', `${header}-- first\n${note(1)};\n\n\n${note(2)} ;\n-- third\n${note(3)}`);

      await rowhouse.migrate();

      expect(await noted(notes)).toBe('1 2 3');
    },
  );

  withNotes('what the file has SET before holds again', async ({ notes, project, rowhouse }) => {
    await notes.query('create schema other; create table other.noted (n text)');
    const set = 'set search_path = other, public';
    await project.migration('0001_path', file(set, 'vacuum public.t', 'select 1/0', note(4)));
    await failureOf(rowhouse.migrate());
    await project.migration('0001_path', file(set, 'vacuum public.t', note(3), note(4)));

    await rowhouse.migrate();

    expect(await noted(notes)).toBe('');
    expect((await notes.query('select n from other.noted order by n')).rows).toEqual([{ n: '3' }, { n: '4' }]);
  });

  withNotes('it can be undone by its rollback', async ({ notes, project, rowhouse }) => {
    await project.migration('0001_five', broken, 'delete from noted;');
    await failureOf(rowhouse.migrate());

    await rowhouse.rollback();

    expect(await noted(notes)).toBe('');
    expect((await status(await rowhouse.request())).entries[0]?.state).toBe('pending');
    await project.migration('0001_five', file(note(1)));
    await rowhouse.migrate();
    expect(await noted(notes)).toBe('1');
  });

  withNotes('a file that is gone is drift', async ({ project, rowhouse, notes }) => {
    await project.migration('0001_five', broken);
    await failureOf(rowhouse.migrate());
    await project.remove('migrations/0001_five.sql');
    await project.remove('rollbacks/0001_five.sql');

    expect((await failureOf(rowhouse.migrate())).detail).toContain('0001_five.sql: was applied or begun');
    expect(await noted(notes)).toBe('1 2');
  });
});

describe('after a rollback that stopped half-way', () => {
  withNotes.for([
    ['of an applied file', file(note('up'))],
    ['of a half-done file', file(note('up'), 'select 1/0')],
  ] as const)('%s, nothing goes up before it is finished', async ([, up], { notes, project, rowhouse }) => {
    await project.migration('0001_both', up, file(note('down'), 'select 1/0'));
    await rowhouse.migrate().catch(() => undefined);
    await failureOf(rowhouse.rollback());

    const error = await failureOf(rowhouse.migrate());

    expect(error).toMatchObject({ kind: 'database', code: 'rollback-unfinished' });
    expect(error.hint).toContain('rowhouse rollback');
    await project.write({ 'rollbacks/0001_both.sql': file(note('down'), note('down 2')) });
    await rowhouse.rollback();
    expect(await noted(notes)).toBe('down down 2 up');
    expect((await status(await rowhouse.request())).entries[0]?.state).toBe('pending');
  });
});

describe('CREATE INDEX CONCURRENTLY', () => {
  const build = 'create unique index concurrently "t;a" on t (a)';

  withNotes('left INVALID by duplicates is built again when they are gone', async ({ notes, project, rowhouse }) => {
    await project.migration('0001_index', file(build, note(2)));
    const error = await failureOf(rowhouse.migrate());
    expect(error.detail).toContain('Key (a)=(1) is duplicated.');
    expect(await isValid(notes, '"t;a"')).toBe(false);

    await notes.query('delete from t where ctid = (select min(ctid) from t)');
    await rowhouse.migrate();

    expect(await isValid(notes, '"t;a"')).toBe(true);
    expect(eventsOf(rowhouse, 'index-rebuilt')).toEqual([{ type: 'index-rebuilt', name: '0001_index', index: 't;a' }]);
    expect(await noted(notes)).toBe('2');
  });

  withNotes(
    'in a schema that the search path does not name is found again too',
    async ({ notes, project, rowhouse }) => {
      await notes.query('create schema other; create table other.u (a int); insert into other.u values (1), (1)');
      await project.migration('0001_index', file('create unique index concurrently u_a on other.u (a)'));
      await failureOf(rowhouse.migrate());
      await notes.query('truncate other.u');

      await rowhouse.migrate();

      expect(await isValid(notes, 'other.u_a')).toBe(true);
    },
  );

  withNotes('that was finished and not recorded is accepted', async ({ notes, project, rowhouse }) => {
    await project.migration('0001_index', file('create index concurrently t_a on t (a)', note(2)));
    await project.migration('0002_rest', note('rest'));
    await rowhouse.migrate();
    // As it is when the run dies between the end of the build and its checkpoint.
    await notes.query(`
      delete from rowhouse.migrations; truncate noted;
      insert into rowhouse.progress (name, direction, statements_done, prefix_hash, in_flight)
      values ('0001_index', 'up', 0, encode(sha256(''), 'hex'), 0)`);

    await rowhouse.migrate();

    expect(await isValid(notes, 't_a')).toBe(true);
    expect(await noted(notes)).toBe('2 rest');
  });

  withNotes(
    'is not taken for finished where another index had its name before',
    async ({ notes, project, rowhouse }) => {
      await notes.query('create index t_a on t ((a + 1))');
      await project.migration('0001_index', file('create index concurrently t_a on t (a)'));

      for (const attempt of [1, 2]) {
        expect((await failureOf(rowhouse.migrate())).message, `attempt ${attempt}`).toContain('already exists');
      }
    },
  );

  withNotes(
    'DROP INDEX CONCURRENTLY that was finished and not recorded is accepted',
    async ({ notes, project, rowhouse }) => {
      await notes.query('create index t_a on t (a)');
      await project.migration('0001_drop', file('drop index concurrently t_a', note(2)));
      await rowhouse.migrate();
      await notes.query(`
      delete from rowhouse.migrations; truncate noted;
      insert into rowhouse.progress (name, direction, statements_done, prefix_hash, in_flight)
      values ('0001_drop', 'up', 0, encode(sha256(''), 'hex'), 0)`);

      await rowhouse.migrate();

      expect(await noted(notes)).toBe('2');
    },
  );

  withNotes('ends at its deadline, and is built by the next run', async ({ database, notes, project, rowhouse }) => {
    const build = file('create index concurrently t_a on t (a)');
    await project.migration('0001_index', `-- rowhouse: deadline 200ms\n${build}`);
    const reader = await database.connect();
    await reader.query('begin isolation level repeatable read; select from t');

    const error = await failureOf(rowhouse.migrate());

    expect(error.message).toContain('statement timeout');
    expect(error.hint).toContain('deadline');
    await reader.query('rollback');
    await project.migration('0001_index', build);
    await rowhouse.migrate();
    expect(await isValid(notes, 't_a')).toBe(true);
  });

  withNotes(
    'waits for a session with an old snapshot to end, and tells which',
    async ({ database, notes, project, rowhouse }) => {
      await project.migration('0001_index', file('create index concurrently t_a on t (a)'));
      const reader = await database.connect();
      await reader.query('begin isolation level repeatable read; select from t');

      const { rows } = await reader.query<{ pid: number }>('select pg_backend_pid() as pid');

      const run = rowhouse.migrate();
      await expect
        .poll(() => eventsOf(rowhouse, 'index-progress'))
        .toContainEqual({
          type: 'index-progress',
          name: '0001_index',
          index: 't_a',
          phase: 'waiting for old snapshots',
          fraction: null,
          waitsFor: rows[0]?.pid,
        });
      expect(await isValid(notes, 't_a')).toBe(false);
      await reader.query('rollback');

      expect(await run).toEqual(['0001_index']);
      expect(await isValid(notes, 't_a')).toBe(true);
    },
  );
});

withNotes('a DO block may commit', async ({ notes, project, rowhouse }) => {
  await project.migration(
    '0001_do',
    file(`do $$ begin for i in 1..3 loop insert into noted values (i); commit; end loop; end $$`),
  );

  await rowhouse.migrate();

  expect(await noted(notes)).toBe('1 2 3');
});
