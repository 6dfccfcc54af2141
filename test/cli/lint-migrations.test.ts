import { expect } from 'vitest';
import type { MigrationsReport } from '../../src/domain/report.ts';
import { jsonOf, test } from './support.ts';

test('lint --migrations: files alone, what they allow, and where the database stands', async ({
  project,
  rowhouse,
}) => {
  await project.remove('rowhouse.yaml');
  await project.migration('0001_orders', '-- rowhouse: tag orders\ncreate table public.orders (id bigint, note text);');
  await project.migration('0002_index', '\ncreate index orders_note on public.orders (note);');
  const lint = (...args: string[]) => rowhouse.run('lint', '--migrations', ...args);

  const found = await lint('--json');
  expect(found).toMatchObject({ code: 1, stderr: '' });
  const report = jsonOf(found) as MigrationsReport;
  expect(report).toMatchObject({ schemaVersion: 1, outcome: 'leaks', coverage: { files: 4, statements: 2 } });
  expect(report.findings).toMatchObject([
    {
      ruleId: 'index-not-concurrent',
      severity: 'warning',
      object: 'migrations/0002_index.sql',
      location: { file: 'migrations/0002_index.sql', line: 2 },
    },
  ]);
  const text = await lint();
  expect(text.stdout).toContain('warning migrations/0002_index.sql:2 index-not-concurrent');
  expect(text.stdout).toContain('HAZARDS: 1 warning in 1 file (4 files, 2 statements');
  expect((await lint('--fail-on', 'error')).code).toBe(0);

  expect((await lint('--format', 'github')).stdout).toMatch(
    /^::warning file=migrations\/0002_index\.sql,line=2,title=index-not-concurrent::public\.orders takes no writes until the index is built%0A/,
  );
  expect(jsonOf(await lint('--format', 'sarif'))).toMatchObject({
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { rules: [{ id: 'index-not-concurrent' }] } },
        results: [
          {
            ruleId: 'index-not-concurrent',
            level: 'warning',
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: 'migrations/0002_index.sql' },
                  region: { startLine: 2 },
                },
              },
            ],
          },
        ],
      },
    ],
  });

  // Neither has run: the table is new. Then the first has: it is in use.
  expect((await lint('--pending')).code).toBe(0);
  expect((await lint('--since', '0')).code).toBe(0);
  const since = await lint('--since', '@orders', '--json');
  expect(since.code).toBe(1);
  expect((jsonOf(since) as MigrationsReport).coverage.files).toBe(2);
  expect((await lint('--since', '9')).stderr).toContain('--since 9: there is no such migration or tag.');
  expect((await lint('--since', '1', '--pending')).code).toBe(2);
  expect((await rowhouse.run('lint', '--pending')).code).toBe(2);

  await project.write({
    'migrations/0002_index.sql': `-- rowhouse: allow index-not-concurrent the table is empty
-- rowhouse: allow bulk-write nothing of it is here
create index orders_note on public.orders (note);
do $$ begin end $$;`,
  });
  const allowed = await lint('--json');
  expect(allowed.code).toBe(0);
  expect(jsonOf(allowed)).toMatchObject({
    findings: [],
    waived: [{ finding: { ruleId: 'index-not-concurrent' }, reason: 'the table is empty' }],
    idleWaivers: [{ ruleId: 'bulk-write', object: 'migrations/0002_index.sql:2', isFound: false }],
    coverage: { unseen: ['migrations/0002_index.sql:4'] },
  });

  await project.write({
    'migrations/0002_index.sql': `-- rowhouse: allow index-not-concurent the table is empty
-- rowhouse: allow bulk-write
select from;; selec 1;`,
  });
  const refused = await lint();
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain(
    'migrations/0002_index.sql:2: allow needs a rule and the reason why what it finds may stay',
  );
  await project.write({
    'migrations/0002_index.sql': '-- rowhouse: allow index-not-concurent the table is empty\nselec 1;',
  });
  const misspelt = await lint();
  expect(misspelt.stderr).toContain('2 problems');
  expect(misspelt.stderr).toContain(
    '0002_index.sql:1: there is no rule index-not-concurent (did you mean index-not-concurrent?) of migrations',
  );
});

test('lint --migrations: what runs already is judged no more, and the database says what its tables are', async ({
  database,
  project,
  rowhouse,
}) => {
  await project.migration('0001_orders', 'create table public.orders (id bigint, note text);');
  expect((await rowhouse.run('migrate', '--yes')).code).toBe(0);
  await database.client.query(`
    create table public."Old" (id integer unique, title varchar(20), present text, number integer not null, code text unique);
    alter table public."Old" add constraint there check (present is not null);
    create unique index old_number on public."Old" (number);
    create function public.slug() returns text language sql stable return 'x';
    create table public.parts (id integer) partition by list (id);
    create index parts_id on public.parts (id)`);
  const free = `alter table "Old" alter title type text, alter present set not null;
    alter table "Old" add primary key using index old_number;
    alter table public."Old" add column slug text default slug();
    delete from "Old" where code = 'x';
    alter table parts add foreign key (id) references "Old" (id);
    drop index parts_id;`;
  await project.migration('0002_free', free);
  const lenient = '-- rowhouse: no-transaction\ncreate index concurrently if not exists';
  await project.migration('0003_no_index', `${lenient} orders_id on public.orders (id);`);
  await project.migration('0004_index', `${lenient} old_number on public."Old" (number);`);
  const lint = (...args: string[]) => rowhouse.run('lint', '--migrations', '--json', '--fail-on', 'warning', ...args);
  const pending = await lint('--pending');
  expect(pending.code).toBe(0);
  expect((jsonOf(pending) as MigrationsReport).findings).toMatchObject([
    { ruleId: 'concurrent-if-not-exists', object: 'migrations/0004_index.sql' },
  ]);
  expect((jsonOf(pending) as MigrationsReport).coverage.files).toBe(6);
  // Who asks no database has to take each for the worse.
  const rules = (jsonOf(await lint()) as MigrationsReport).findings.map(({ ruleId }) => ruleId);
  expect(rules.filter((id) => id !== 'several-tables-locked')).toEqual([
    'changing-column-type',
    'set-not-null-unchecked',
    'volatile-column-default',
    'bulk-write',
    'foreign-key-validated-at-once',
    'drop-index-not-concurrent',
    'concurrent-if-not-exists',
    'concurrent-if-not-exists',
  ]);
  await database.client.query('alter table "Old" drop constraint there; alter table "Old" alter number drop not null');
  const costly = jsonOf(await lint('--pending')) as MigrationsReport;
  expect(costly.findings.filter(({ severity }) => severity !== 'info')).toMatchObject([
    { ruleId: 'set-not-null-unchecked', evidence: { about: '"Old".present' } },
    { ruleId: 'set-not-null-unchecked', evidence: { about: '"Old".number' } },
  ]);
});

test("this repository's own files have nothing that keeps anybody waiting", async ({ rowhouse }) => {
  const own = await rowhouse.run('lint', '--migrations', '--project', process.cwd(), '--json');
  expect(own.code).toBe(0);
  expect((jsonOf(own) as MigrationsReport).idleWaivers).toEqual([]);
});
