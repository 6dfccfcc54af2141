import { describe, expect } from 'vitest';
import { steadyFunctions, volatileFunctions } from '../../src/sql/volatility.ts';
import type { TestDatabase } from '../support/database.ts';
import { serverMajor, test } from '../support/test.ts';
import { found } from './support.ts';

/** What the server says at DEBUG1 of the tables that a statement makes it read or write anew. */
async function workOf(database: TestDatabase, statement: string): Promise<readonly string[]> {
  const said: string[] = [];
  const listen = ({ message = '' }: { message?: string | undefined }): void => {
    const [work] = /^(rewriting|verifying|building index|validating foreign key)/.exec(message) ?? [];
    if (work !== undefined && !message.includes('pg_toast')) said.push(work);
  };
  database.client.on('notice', listen);
  await database.client.query('set client_min_messages = debug1');
  await database.client.query(statement);
  await database.client.query('set client_min_messages = notice');
  database.client.off('notice', listen);
  return said;
}

const types = [
  ['varchar(10)', 'varchar(20)'],
  ['varchar(10)', 'varchar'],
  ['varchar(10)', 'text'],
  ['varchar', 'text'],
  ['text', 'varchar'],
  ['varbit(4)', 'varbit(8)'],
  ['varbit(4)', 'varbit'],
  ['numeric(8,2)', 'numeric(10,2)'],
  ['numeric(8,2)', 'numeric'],
  ['timestamp(3)', 'timestamp(6)'],
  ['timestamp(3)', 'timestamp'],
  ['timestamptz(0)', 'timestamptz(3)'],
  ['time(0)', 'time(3)'],
  ['interval(0)', 'interval(3)'],
  ['interval(0)', 'interval'],
  ['cidr', 'inet'],
  ['xml', 'text'],
  ['integer', 'integer'],
  ['varchar(20)', 'varchar(10)'],
  ['text', 'varchar(10)'],
  ['numeric(8,2)', 'numeric(10,3)'],
  ['numeric(8,2)', 'numeric(6,2)'],
  ['numeric', 'numeric(8,2)'],
  ['timestamp(6)', 'timestamp(3)'],
  ['timestamp', 'date'],
  ['char(4)', 'char(8)'],
  ['char(4)', 'text'],
  ['bit(4)', 'bit(8)'],
  ['integer', 'bigint'],
  ['inet', 'cidr'],
  ['integer[]', 'bigint[]'],
] as const;

describe('what a rule says is what the server does', () => {
  test('of types that change', async ({ database }) => {
    for (const [from, to] of types) {
      await database.client.query(`drop table if exists t; create table t (a ${from})`);
      const alter = `alter table t alter a type ${to} using a::${to}`;
      const works = (await workOf(database, alter)).length > 0;
      const files = { 'migrations/0001_a.sql': `create table t (a ${from});`, 'migrations/0002_b.sql': alter };
      expect([from, to, found(files).length > 0]).toEqual([from, to, works]);
    }
  });

  test('of columns and constraints that are added', async ({ database }) => {
    const free = [
      'add column a text default now()::text',
      "add column a uuid default nullif(current_setting('a.b', true), '')::uuid",
      'add column a integer references p (id)',
      "add column a jsonb not null default '{}'",
      'add constraint f foreign key (n) references p (id) not valid',
      'add constraint c check (n > 0) not valid',
      'add constraint u unique using index t_n',
      'alter n set not null',
      'add primary key using index t_n',
    ];
    const costly = [
      'add column a uuid default gen_random_uuid()',
      'add column a serial',
      'add column a integer generated always as identity',
      'add column a integer generated always as (n + 1) stored',
      'add column a integer unique',
      'add column a integer check (a > 0)',
      'add column a integer default 1 references p (id)',
      'add constraint f foreign key (n) references p (id)',
      'add constraint c check (n > 0)',
      'add constraint u unique (n)',
      'alter m set not null',
      'add primary key using index t_m',
      'set unlogged',
    ];
    const before = `create table p (id integer primary key); create table t (id integer, n integer, m integer);
      alter table t add constraint present check (n is not null); create unique index t_n on t (n);
      create unique index t_m on t (m);`;
    await database.client.query(before);
    for (const [changes, expected] of [
      [free, false],
      [costly, true],
    ] as const) {
      for (const change of changes) {
        await database.client.query('begin');
        const works = (await workOf(database, `alter table t ${change}`)).length > 0;
        await database.client.query('rollback');
        const files = { 'migrations/0001_a.sql': before, 'migrations/0002_b.sql': `alter table t ${change};` };
        // Of the session's context it is the value that is wrong, not the work.
        const names = found(files).filter((name) => !name.startsWith('context-default-stamps-rows'));
        expect([change, works, names.length > 0]).toEqual([change, expected, expected]);
      }
    }
  });

  test('of functions in defaults', async ({ database }) => {
    // A time with a zone needs a date to tell its offset by, which older servers took from the clock.
    const { rows } = await database.client.query<{ name: string; volatile: boolean }>(
      `select proname as name, pg_catalog.bool_or(provolatile = 'v') as volatile
         from pg_catalog.pg_proc
        where pronamespace = 'pg_catalog'::pg_catalog.regnamespace and prokind = 'f'
          and not 'pg_catalog.timetz'::pg_catalog.regtype = any (proargtypes)
        group by 1`,
    );
    const isVolatile = new Map(rows.map(({ name, volatile }) => [name, volatile]));
    expect([...steadyFunctions].filter((name) => isVolatile.get(name) !== false)).toEqual([]);
    expect([...volatileFunctions].filter((name) => isVolatile.get(name) === false)).toEqual([]);
  });

  test.skipIf(serverMajor < 18)('of NOT NULL and generated columns that PostgreSQL 18 brings', async ({ database }) => {
    await database.client.query('create table t (n integer)');
    expect(await workOf(database, 'alter table t add constraint present not null n not valid')).toEqual([]);
    expect(await workOf(database, 'alter table t add column v integer generated always as (n + 1) virtual')).toEqual(
      [],
    );
    expect(await workOf(database, 'alter table t validate constraint present')).toEqual(['verifying']);
  });
});
