import { describe, expect, test } from 'vitest';
import { resolveConnection } from '../../src/postgres/connect.ts';

const url = (name: string) => `postgres://${name}@localhost/db`;

describe('the database is chosen by', () => {
  test.for([
    [
      'the option',
      { flag: url('flag'), env: { DATABASE_URL: url('env'), PGHOST: 'pg' }, file: url('file') },
      '--database-url',
    ],
    ['DATABASE_URL', { env: { DATABASE_URL: url('env'), PGHOST: 'pg' }, file: url('file') }, 'DATABASE_URL'],
    ['PGHOST', { env: { PGHOST: 'pg' }, file: url('file') }, 'PG*'],
    ['PGDATABASE', { env: { DATABASE_URL: '', PGDATABASE: 'db' }, file: url('file') }, 'PG*'],
    ['the model', { env: { PGPASSWORD: 'alone', PGHOST: '' }, file: url('file') }, 'rowhouse.yaml'],
  ] as const)('%s', ([, options, source]) => {
    expect(resolveConnection(options).source).toBe(source);
  });
});

test.for([
  ['nothing', {}, 'no-database'],
  ['a service file, which the driver does not read', { PGSERVICE: 'live' }, 'no-database'],
  ['another protocol', { DATABASE_URL: 'mysql://u:secret@localhost/db' }, 'database-url-invalid'],
  ['what is no URL', { DATABASE_URL: 'host=localhost password=secret' }, 'database-url-invalid'],
] as const)('%s is refused, without repeating it', ([, env, code]) => {
  try {
    resolveConnection({ env });
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ kind: 'usage', code });
    expect(JSON.stringify([error, String(error)])).not.toContain('secret');
  }
});
