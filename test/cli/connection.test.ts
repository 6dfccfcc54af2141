import { createServer, type AddressInfo } from 'node:net';
import { describe, expect } from 'vitest';
import { runCli } from '../support/cli.ts';
import { test } from './support.ts';

/** A port on which nothing listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const password = 'p@ss:w/rd%?#';
const encoded = encodeURIComponent(password);

describe('what cannot be reached', () => {
  test.for([
    ['no URL', () => null, 2, 'No database given'],
    ['a URL of something else', () => `https://me:${encoded}@localhost/db`, 2, 'is not one of PostgreSQL'],
    ['no URL at all', () => `me:${password}@localhost`, 2, 'is not one of PostgreSQL'],
    ['a lone % in the password', () => `postgres://me:100%${password}@localhost/db`, 2, 'The database URL from'],
    ['a port that is none', () => `postgres://me:${encoded}@localhost:99999/db`, 2, 'is not one of PostgreSQL'],
    [
      'a certificate that is not there',
      () => `postgres://me:${encoded}@localhost/db?sslmode=verify-full&sslrootcert=/no/such.pem`,
      2,
      '/no/such.pem',
    ],
    [
      'a server that is down',
      (_: URL, port: number) => `postgres://me:${encoded}@127.0.0.1:${port}/db`,
      3,
      'No server',
    ],
    ['a host that is none', () => `postgres://me:${encoded}@host.invalid/db`, 3, 'Cannot connect to me@host.invalid'],
    [
      'a database that is none',
      (url: URL) => {
        url.pathname = '/no_such_database';
        return url.href;
      },
      3,
      'Create the database, or correct its name',
    ],
    [
      'a user that is none',
      (url: URL) => {
        url.username = 'no_such_user';
        url.password = encoded;
        return url.href;
      },
      3,
      'Cannot connect to no_such_user@',
    ],
  ] as const)('%s', async ([, urlOf, exit, message], { database, project }) => {
    const url = urlOf(new URL(database.url), await freePort());
    for (const json of [[], ['--json']]) {
      const { code, stdout, stderr } = await runCli(['status', ...json], {
        cwd: project.directory,
        env: url === null ? {} : { DATABASE_URL: url },
      });

      expect(code, stderr).toBe(exit);
      expect(json.length === 0 ? stderr : stdout).toContain(message);
      for (const secret of [password, encoded]) expect(stdout + stderr).not.toContain(secret);
      if (json.length > 0) expect(JSON.parse(stdout)).toHaveProperty('error.code');
    }
  });
});

test('a wrong password is not echoed', async ({ database, project }) => {
  const role = database.uniqueRole('login');
  await database.client.query(`create role ${role} login password 'right'`);
  const url = database.urlFor({ user: role, password });
  for (const args of [['status'], ['migrate', '--json'], ['status', '--database-url', url]]) {
    const { code, stdout, stderr } = await runCli(args, { cwd: project.directory, env: { DATABASE_URL: url } });

    expect(code).toBe(3);
    expect(stdout + stderr).toContain('The server refused the password');
    for (const secret of [password, encoded]) expect(stdout + stderr).not.toContain(secret);
  }
});

describe('of several databases it takes that of', () => {
  const wrong = 'postgres://nobody@127.0.0.1:1/wrong';

  /** The PG* variables that say what a URL says. */
  function variablesOf(address: string): Record<string, string> {
    const url = new URL(address);
    return {
      PGHOST: url.hostname,
      PGPORT: url.port,
      PGUSER: decodeURIComponent(url.username),
      PGPASSWORD: decodeURIComponent(url.password),
      PGDATABASE: url.pathname.slice(1),
    };
  }

  test.for([
    ['the option', 'right', wrong, wrong, wrong, '--database-url'],
    ['DATABASE_URL', null, 'right', wrong, wrong, 'DATABASE_URL'],
    ['the PG* variables', null, null, 'right', wrong, 'PG*'],
    ['the model', null, null, null, 'right', 'rowhouse.yaml'],
  ] as const)('%s', async ([, option, variable, libpq, model, source], { database, project }) => {
    const run = async (url: string) => {
      const chosen = (value: string | null) => (value === 'right' ? url : value);
      await project.write({
        'rowhouse.yaml': `
database: { url: '${chosen(model) ?? ''}' }
context: { setting: app.current_tenant, type: uuid }
tenants: { table: public.tenants, key: id }
roles: { app: [rowhouse_test_app] }
tables:
  public.tenants: { tenancy: root }
`,
      });
      const flag = chosen(option);
      return runCli(['status', ...(flag === null ? [] : ['--database-url', flag])], {
        cwd: project.directory,
        env: {
          ...(variable === null ? {} : { DATABASE_URL: chosen(variable) ?? '' }),
          ...(libpq === null ? {} : variablesOf(chosen(libpq) ?? '')),
        },
      });
    };

    expect(await run(database.url)).toMatchObject({ code: 0, stdout: 'The project has no migrations.\n' });
    const missing = new URL(database.url);
    missing.pathname = '/no_such_database';
    const { code, stderr } = await run(missing.href);
    expect(code).toBe(3);
    expect(stderr).toContain(`/no_such_database (from ${source})`);
  });
});

describe('a role that lacks a privilege', () => {
  test.for([
    ['to create the schema of the history', '', 'the history of this database makes a schema'],
    ['to own a table', 'grant create on database', 'migrations/0001_a.sql:1 changes public.t, which belongs to'],
  ] as const)('%s is told so, before and by the server', async ([, grant, message], { database, project }) => {
    const role = database.uniqueRole('weak');
    await database.client.query(`create role ${role} login password 'secret'; create table t (a int)`);
    if (grant !== '') await database.client.query(`${grant} ${database.name} to ${role}`);
    await project.migration('0001_a', 'alter table t add b int;');
    const url = database.urlFor({ user: role, password: 'secret' });

    const run = ['migrate', '--database-url', url];
    const before = await runCli(run, { cwd: project.directory });
    expect(before.code).toBe(3);
    expect(before.stderr).toContain(message);

    const { code, stderr } = await runCli([...run, '--skip-checks', 'privileges'], { cwd: project.directory });

    expect(code).toBe(3);
    expect(stderr).toContain('SQLSTATE 42501');
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test.for(['status', 'history', 'migrate', 'unlock'])(
    'on what another role has made: %s',
    async (command, { database, project, rowhouse }) => {
      const role = database.uniqueRole('other');
      await database.client.query(`create role ${role} login password 'secret'`);
      await project.migration('0001_a', 'create table t ();');
      expect((await rowhouse.run('migrate')).code).toBe(0);
      const url = database.urlFor({ user: role, password: 'secret' });

      const { code, stderr } = await runCli([command, '--database-url', url], { cwd: project.directory });

      if (command === 'unlock') {
        expect(code).toBe(0);
        return;
      }
      expect(code).toBe(3);
      expect(stderr).toContain('permission denied for schema rowhouse');
      expect(stderr).not.toMatch(/^ +at /m);
    },
  );
});
