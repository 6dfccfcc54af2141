import { describe, expect } from 'vitest';
import { checkStatements, loadMigrations } from '../../src/migrate/project.ts';
import { parseSqlFile, statementsOf } from '../../src/migrate/sql-file.ts';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failureOf, test } from './support.ts';

/** What is wrong with running a file, as lines of `line: message`. */
function problemsOf(source: string): string[] {
  return statementsOf(parseSqlFile('migrations/0001_a.sql', source)).problems.map(
    ({ line, message }) => `${line}: ${message}`,
  );
}

describe('a folder of migrations', () => {
  test('is read in the order of the numbers, with the way back of each', async ({ project }) => {
    await project.migration('0010_ten', 'select 10;', 'select -10;');
    await project.migration('0009_nine', 'select 9;', 'select -9;');
    await project.migration('10000_many', '-- rowhouse: phase contract\nselect 10000;');

    const migrations = await loadMigrations(project.directory);

    expect(migrations.map(({ id, phase }) => [id, phase])).toEqual([
      ['0009_nine', null],
      ['0010_ten', null],
      ['10000_many', 'contract'],
    ]);
    expect(migrations.map(({ down }) => down?.source).slice(0, 2)).toEqual(['select -9;', 'select -10;']);
  });

  test('may be absent or empty, and hold what is not SQL', async ({ project }) => {
    expect(await loadMigrations(project.directory)).toEqual([]);
    await project.write({ 'migrations/README.md': 'hello' });
    expect(await loadMigrations(project.directory)).toEqual([]);
  });

  test('is refused with every problem at once', async ({ project }) => {
    await project.migration('0001_a', '-- rowhouse: tag start\n-- rowhouse: lock-timout 1s\nselect 1;');
    await project.migration('0002_a', '-- rowhouse: tag start\n-- rowhouse: phase expnd\nselect 1;');
    await project.migration('0002_b', '-- rowhouse: irreversible because\nselect 1;');
    await project.migration('0002_c', 'select 1;\n-- rowhouse: no-transaction\n');
    await project.migration('0003_Bad-Name', 'select 1;');
    await project.write({
      'migrations/0004_no_way_back.sql': 'select 1;',
      'migrations/0005_no_reason.sql': '-- rowhouse: irreversible\nselect 1;',
      'rollbacks/0006_orphan.sql': 'select 1;',
    });
    await writeFile(join(project.directory, 'migrations/0007_latin1.sql'), Buffer.from("select 'h\xe9'", 'latin1'));
    await project.write({ 'migrations/0008_nul.sql': 'select 1;\0 select 2;' });

    const error = await failureOf(loadMigrations(project.directory));

    expect(error).toMatchObject({ kind: 'configuration', code: 'project-invalid' });
    expect(error.message).toContain('14 problems');
    expect(error.detail?.split('\n')).toEqual([
      'migrations/0003_Bad-Name.sql: a file is named NNNN_name.sql, of a-z, 0-9 and _ (such as 0001_tenants.sql)',
      'migrations/0007_latin1.sql: is not text in UTF-8: save it as UTF-8',
      'migrations/0008_nul.sql: holds a NUL byte',
      'rollbacks/0003_Bad-Name.sql: a file is named NNNN_name.sql, of a-z, 0-9 and _ (such as 0001_tenants.sql)',
      'migrations/0001_a.sql:2: unknown header key "lock-timout"; did you mean "lock-timeout"?',
      'migrations/0002_a.sql:2: phase is expand, backfill, contract, not "expnd"',
      'migrations/0002_b.sql: is called irreversible, yet rollbacks/0002_b.sql exists: keep one of them',
      'migrations/0002_c.sql:2: a header line must stand before the first statement',
      'migrations/0004_no_way_back.sql: rollbacks/0004_no_way_back.sql is missing: write it, or say why not with `-- rowhouse: irreversible REASON`',
      'migrations/0005_no_reason.sql:1: irreversible needs its reason',
      'rollbacks/0006_orphan.sql: no migrations/0006_orphan.sql belongs to it',
      'migrations/0002_b.sql: migrations/0002_a.sql has the same number. Rename the one that no database has applied, with its rollback, for instance to 0006_b.sql',
      'migrations/0002_c.sql: migrations/0002_b.sql has the same number. Rename the one that no database has applied, with its rollback, for instance to 0007_c.sql',
      'migrations/0002_a.sql: the tag start is taken by migrations/0001_a.sql',
    ]);
  });

  test('is refused where a file of that name stands, or a folder with the name of a file', async ({ project }) => {
    await mkdir(join(project.directory, 'migrations/0001_folder.sql'), { recursive: true });
    expect((await failureOf(loadMigrations(project.directory))).detail).toBe(
      'migrations/0001_folder.sql: cannot be read (EISDIR)',
    );
    await project.write({ rollbacks: 'a file' });
    expect((await failureOf(loadMigrations(project.directory))).detail).toBe(
      'rollbacks: cannot be read as a folder (ENOTDIR)',
    );
  });
});

describe('the header', () => {
  test.for([
    ['-- rowhouse: tag V1', '1: a tag is made of a-z, 0-9, _ and -'],
    ['-- rowhouse: no-transaction yes', '1: this key takes no value, found "yes"'],
    ['-- rowhouse: lock-timeout 5', '1: "5" is no duration: write 500ms, 2s, 30min or 1h'],
    ['-- rowhouse: deadline soon', '1: "soon" is no duration: write 500ms, 2s, 30min or 1h'],
    ['-- rowhouse: tenant', "1: tenant needs the tenant's id"],
    ['-- rowhouse: fires', '1: fires needs the names of triggers'],
    ['-- rowhouse: xyzzyxyzzy 1', '1: unknown header key "xyzzyxyzzy"'],
    ['-- rowhouse: constructor', '1: unknown header key "constructor"'],
    ['-- rowhouse:', '1: unknown header key ""'],
    ['/* first */\n-- rowhouse: backfill', '2: a header line must stand before the first statement'],
    [
      '-- rowhouse: backfill\n-- rowhouse: no-transaction',
      '1: a backfill runs in transactions of its own: remove no-transaction',
    ],
  ] as const)('%j is refused', ([source, problem]) => {
    expect(problemsOf(source)).toEqual([problem]);
  });

  test('names triggers, separated by commas', () => {
    const { header } = parseSqlFile('migrations/0001_a.sql', '-- rowhouse: fires note, Loud one\nselect 1;');

    expect(header.fires).toEqual(['note', 'Loud one']);
  });

  test('is read among other comments, whatever its spacing', () => {
    const source = '\uFEFF-- Why.\r\n\r\n  --rowhouse:phase   expand  \r\n-- rowhouse: lock-timeout 2 s\r\nselect 1;';

    expect(parseSqlFile('migrations/0001_a.sql', source).header).toMatchObject({
      phase: 'expand',
      lockTimeoutMs: 2000,
      noTransaction: false,
    });
  });
});

describe('statements', () => {
  test.for([
    ['begin;\nselect 1;\ncommit;', ['1: the file holds its own BEGIN', '3: the file holds its own BEGIN']],
    ['select 1;\nrollback', ['2: the file holds its own BEGIN']],
    ['copy t from stdin;', ['1: COPY FROM STDIN has no input here']],
    ['select 1;\ncreate index concurrently i on t (a);', ['2: this statement cannot run inside a transaction']],
    ['drop index concurrently i', ['1: this statement cannot run inside a transaction']],
    ['vacuum t', ['1: this statement cannot run inside a transaction']],
    ['reindex schema public', ['1: this statement cannot run inside a transaction']],
    ['reindex table concurrently t', ['1: this statement cannot run inside a transaction']],
    ['cluster', ['1: this statement cannot run inside a transaction']],
    ['discard all', ['1: this statement cannot run inside a transaction']],
    ['create database d', ['1: this statement cannot run inside a transaction']],
    ['alter table p detach partition c concurrently', ['1: this statement cannot run inside a transaction']],
    ['-- rowhouse: no-transaction\ncreate index concurrently on t (a)', ['2: give the index a name']],
    ['select 1;\nselect from from t;', ['2: syntax error at or near "from"']],
  ] as const)('%j is refused', ([source, starts]) => {
    const problems = problemsOf(source);
    expect(problems).toHaveLength(starts.length);
    starts.forEach((start, index) => {
      expect(problems[index]).toContain(start);
    });
  });

  test.for([
    'savepoint a; rollback to a; release a;',
    'copy t to stdout',
    'reindex table t',
    'cluster t',
    'analyze t',
    'create index i on t (a)',
    '-- rowhouse: no-transaction\ncreate index concurrently i on t (a); vacuum t',
    '-- nothing but a comment\n/* and ; another */',
    '',
    ';;',
  ])('%j may run', (source) => {
    expect(problemsOf(source)).toEqual([]);
  });

  test('a problem shows its line, with a caret under the place', () => {
    const file = parseSqlFile('migrations/0001_a.sql', "select 'é😀';\r\n\tselect 'ü' fromm t wher;");
    let detail = '';
    try {
      checkStatements([file]);
    } catch (error) {
      detail = (error as { detail: string }).detail;
    }
    expect(detail).toBe(
      [
        'migrations/0001_a.sql:2: syntax error at or near "t"',
        "    2 | \tselect 'ü' fromm t wher;",
        '      | \t                 ^',
      ].join('\n'),
    );
  });

  test('are split where PostgreSQL splits them', () => {
    const statements = [
      "select 'a;b', E'it\\'s;', \"na;me\", U&'\\0041;'",
      'do $body$ begin perform $$;$$; end; $body$',
      "/* ; /* nested ; */ */ insert into größe (straße) values ('ß;')",
      "-- a comment ; here\n select '日本;語'",
    ];

    const { statements: split } = statementsOf(parseSqlFile('migrations/0001_a.sql', `${statements.join(' ;\n')};\n;`));

    expect(split.map(({ text }) => text)).toEqual([
      statements[0],
      statements[1],
      "insert into größe (straße) values ('ß;')",
      "select '日本;語'",
    ]);
  });
});

describe('the checksum', () => {
  const lf = "create table t ();\nselect 'a';\n";
  const checksum = (text: string) => parseSqlFile('migrations/0001_a.sql', text).checksum;

  test.for([
    ['CRLF', lf.replaceAll('\n', '\r\n')],
    ['a BOM', `\uFEFF${lf}`],
    ['both', `\uFEFF${lf.replaceAll('\n', '\r\n')}`],
  ] as const)('does not see %s', ([, text]) => {
    expect(checksum(text)).toBe(checksum(lf));
  });

  test.for([`${lf} `, lf.replace('a', 'b'), lf.toUpperCase(), `-- a comment\n${lf}`])(
    'sees any other change',
    (text) => {
      expect(checksum(text)).not.toBe(checksum(lf));
    },
  );
});
