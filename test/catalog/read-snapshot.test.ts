import { describe, expect } from 'vitest';
import {
  descendantsOf,
  findColumn,
  findRelation,
  foreignKeysOf,
  nameOf,
  primaryKeyOf,
  readsOf,
} from '../../src/catalog/lookup.ts';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import type { CatalogSnapshot, Relation } from '../../src/catalog/snapshot.ts';
import { quoteIdent } from '../../src/sql/ident.ts';
import { serverMajor, test } from '../support/test.ts';

function relation(snapshot: CatalogSnapshot, schema: string, name: string): Relation {
  const found = findRelation(snapshot, { schema, name });
  if (found === undefined) throw new Error(`The snapshot has no ${schema}.${name}.`);
  return found;
}

const names = (relations: readonly Relation[]): string[] => relations.map((r) => nameOf(r).name);

describe('readSnapshot', () => {
  test('relations of every kind, and no others', async ({ database: { client } }) => {
    await client.query(`
      create schema "a.b"; create schema ext; create schema rowhouse;
      create table "a.b"."Täble" (id int);
      create table "a.b".parted (id int) partition by range (id);
      create view "a.b".v as select 1 as one;
      create materialized view "a.b".m as select 1 as one;
      create sequence "a.b".s;
      create type "a.b".composite as (a int);
      create table rowhouse.history (id int);
      create temporary table passing (id int);
      create extension pg_stat_statements schema ext;
    `);
    const { relations } = await readSnapshot(client);
    expect(relations.map((r) => [r.nspname, r.relname, r.relkind])).toEqual([
      ['a.b', 'Täble', 'r'],
      ['a.b', 'm', 'm'],
      ['a.b', 'parted', 'p'],
      ['a.b', 'v', 'v'],
    ]);
  });

  test('columns as they are now', async ({ database: { client } }) => {
    await client.query(`
      create schema other;
      create domain other.amount as numeric(10, 2);
      create table public.t (
        gone int, id bigint generated always as identity, "Na me" varchar(20) not null default 'x',
        twice int generated always as (1 + 1) stored, total other.amount, at timestamptz default now()
      );
      alter table public.t drop gone;
      set search_path = other, public;
    `);
    const { columns } = relation(await readSnapshot(client), 'public', 't');
    expect(
      columns.map((c) => [c.attname, c.attnum, c.type, c.attnotnull, c.attidentity, c.attgenerated, c.default]),
    ).toEqual([
      ['id', 2, 'bigint', true, 'a', '', null],
      ['Na me', 3, 'character varying(20)', true, '', '', `'x'::character varying`],
      ['twice', 4, 'integer', false, '', 's', '(1 + 1)'],
      ['total', 5, 'other.amount', false, '', '', null],
      ['at', 6, 'timestamp with time zone', false, '', '', 'now()'],
    ]);
  });

  test('row security, policies and their roles', async ({ database }) => {
    const role = database.uniqueRole('reader');
    await database.client.query(`
      create role ${quoteIdent(role)};
      create table public.t (id int);
      create table public.plain (id int);
      alter table public.t enable row level security; alter table public.t force row level security;
      create policy b on public.t as restrictive for update to ${quoteIdent(role)} using (id > 1) with check (id > 2);
      create policy a on public.t for insert with check (true);
      create view public.v with (security_barrier = true) as select id from public.t;
    `);
    const snapshot = await readSnapshot(database.client);
    const table = relation(snapshot, 'public', 't');
    expect(table).toMatchObject({ relrowsecurity: true, relforcerowsecurity: true });
    expect(relation(snapshot, 'public', 'plain')).toMatchObject({ relrowsecurity: false, relforcerowsecurity: false });
    expect(relation(snapshot, 'public', 'v').reloptions).toEqual(['security_barrier=true']);
    const polrelid = table.oid;
    expect(snapshot.policies).toEqual([
      {
        polname: 'a',
        polrelid,
        polpermissive: true,
        polcmd: 'a',
        polroles: ['public'],
        polqual: null,
        polwithcheck: 'true',
        dependsOn: [],
        callsFunctions: [],
      },
      {
        polname: 'b',
        polrelid,
        polpermissive: false,
        polcmd: 'w',
        polroles: [role],
        polqual: '(id > 1)',
        polwithcheck: '(id > 2)',
        dependsOn: [],
        callsFunctions: [],
      },
    ]);
  });

  test('what policies and views read and call', async ({ database }) => {
    await database.client.query(`
      create table public.t (id int);
      create table public.members (id int);
      create function public.is_member(int) returns bool language sql stable as $$ select true $$;
      create policy p on public.t using (exists (select from public.members m where m.id = t.id) and public.is_member(id));
      create view public.v as select id from public.t where public.is_member(id);
    `);
    const snapshot = await readSnapshot(database.client);
    const members = relation(snapshot, 'public', 'members').oid;
    const [routine] = snapshot.functions;
    expect(snapshot.policies).toMatchObject([{ dependsOn: [members], callsFunctions: [routine?.oid] }]);
    expect(relation(snapshot, 'public', 'v')).toMatchObject({
      definition: expect.stringContaining('WHERE public.is_member(') as string,
      callsFunctions: [routine?.oid],
    });
  });

  test('functions, as they are called, and what they are allowed', async ({ database }) => {
    await database.client.query(`
      create table public.t (id int);
      create function public.f(a int, b text default '') returns setof public.t language sql stable strict security definer
        set search_path = '' as $$ select * from public.t $$;
      create function public.atomic() returns bigint language sql begin atomic select count(*) from public.t; end;
      revoke execute on function public.f(int, text) from public;
    `);
    const snapshot = await readSnapshot(database.client);
    expect(snapshot.functions).toMatchObject([
      {
        signature: 'public.atomic()',
        provolatile: 'v',
        prosrc: expect.stringMatching(/BEGIN ATOMIC[^]*public\.t/) as string,
        dependsOn: [relation(snapshot, 'public', 't').oid],
        proacl: ['=X/postgres', 'postgres=X/postgres'],
      },
      {
        signature: 'public.f(integer,text)',
        prosecdef: true,
        proisstrict: true,
        provolatile: 's',
        proretset: true,
        proconfig: ['search_path=""'],
        prosrc: ' select * from public.t ',
        rettype: 'public.t',
        argtypes: ['integer', 'text'],
        pronargdefaults: 1,
        proacl: ['postgres=X/postgres'],
      },
    ]);
  });

  test('indexes, rules, sequences, and grants on columns', async ({ database }) => {
    const role = database.uniqueRole('app');
    await database.client.query(`
      create role ${quoteIdent(role)};
      create table public.t (id int generated always as identity primary key, a text, b text);
      create unique index by_lower on public.t (lower(a), b) where a is not null;
      create table public.log (id int);
      create rule r as on insert to public.t do also insert into public.log values (new.id);
      grant select (a) on public.t to ${quoteIdent(role)};
      grant usage on schema public to ${quoteIdent(role)};
    `);
    const snapshot = await readSnapshot(database.client);
    const table = relation(snapshot, 'public', 't');
    expect(snapshot.indexes).toMatchObject([
      { relname: 'by_lower', indisunique: true, indisprimary: false, columns: [null, 'b'], indpred: '(a IS NOT NULL)' },
      { relname: 't_pkey', indisprimary: true, columns: ['id'], amname: 'btree' },
    ]);
    expect(snapshot.rules).toMatchObject([
      { rulename: 'r', ev_class: table.oid, ev_type: '3', dependsOn: [relation(snapshot, 'public', 'log').oid] },
    ]);
    expect(snapshot.sequences).toMatchObject([
      { relname: 't_id_seq', ownedByRelation: table.oid, ownedByColumn: 'id' },
    ]);
    expect(table.columns.map(({ attname, attacl }) => [attname, attacl])).toEqual([
      ['id', []],
      ['a', [`${role}=r/postgres`]],
      ['b', []],
    ]);
    expect(snapshot.schemas.find(({ nspname }) => nspname === 'public')?.nspacl).toContain(
      `${role}=U/${snapshot.schemas.find(({ nspname }) => nspname === 'public')?.nspowner ?? ''}`,
    );
  });

  test('what sessions start with, what will be granted, and what is published', async ({ database }) => {
    const role = database.uniqueRole('app');
    await database.client.query(`
      create role ${quoteIdent(role)};
      create table public.t (id int);
      alter role ${quoteIdent(role)} set app.tenant = 'a';
      alter role ${quoteIdent(role)} in database ${quoteIdent(database.name)} set app.tenant = 'b';
      alter default privileges in schema public grant select on tables to ${quoteIdent(role)};
      create publication chosen for table public.t;
    `);
    const snapshot = await readSnapshot(database.client);
    expect(snapshot.roleSettings.filter(({ rolname }) => rolname === role)).toEqual([
      { rolname: role, thisDatabase: false, setconfig: ['app.tenant=a'] },
      { rolname: role, thisDatabase: true, setconfig: ['app.tenant=b'] },
    ]);
    expect(snapshot.defaultPrivileges).toEqual([
      { defaclrole: 'postgres', nspname: 'public', defaclobjtype: 'r', defaclacl: [`${role}=r/postgres`] },
    ]);
    expect(snapshot.publications).toEqual([{ pubname: 'chosen', nspname: 'public', relname: 't', rowfilter: null }]);
  });

  test('domains and enums', async ({ database: { client } }) => {
    await client.query(`
      create type public.mood as enum ('sad', 'happy');
      create domain public.price as numeric(10, 2) not null check (value > 0);
      create table public.not_a_type (id int);
    `);
    expect((await readSnapshot(client)).types).toEqual([
      {
        nspname: 'public',
        typname: 'mood',
        typtype: 'e',
        basetype: null,
        typnotnull: false,
        labels: ['sad', 'happy'],
        checks: [],
      },
      {
        nspname: 'public',
        typname: 'price',
        typtype: 'd',
        basetype: 'numeric(10,2)',
        typnotnull: true,
        labels: [],
        checks: [expect.stringContaining('VALUE > ') as string],
      },
    ]);
  });

  test('constraints with their columns in order', async ({ database: { client } }) => {
    await client.query(`
      create table public.parent (b int, a int, primary key (a, b));
      create table public.child (x int, y int, foreign key (y, x) references public.parent (a, b) on delete cascade deferrable);
      alter table public.child add constraint positive check (x > 0) not valid;
    `);
    const snapshot = await readSnapshot(client);
    const parent = relation(snapshot, 'public', 'parent');
    const child = relation(snapshot, 'public', 'child');
    expect(primaryKeyOf(snapshot, parent)).toEqual(['a', 'b']);
    expect(primaryKeyOf(snapshot, child)).toEqual([]);
    expect(foreignKeysOf(snapshot, child, parent)).toEqual(foreignKeysOf(snapshot, child));
    expect(foreignKeysOf(snapshot, child, child)).toEqual([]);
    expect(foreignKeysOf(snapshot, child)).toMatchObject([
      {
        columns: ['y', 'x'],
        confcolumns: ['a', 'b'],
        confrelid: parent.oid,
        confdeltype: 'c',
        condeferrable: true,
        convalidated: true,
      },
    ]);
    expect(snapshot.constraints.filter((c) => c.conname === 'positive')).toMatchObject([
      {
        contype: 'c',
        columns: ['x'],
        convalidated: false,
        definition: 'CHECK ((x > 0)) NOT VALID',
        confrelid: null,
        confcolumns: [],
      },
    ]);
  });

  test('triggers of users, with the rights of their functions', async ({ database: { client } }) => {
    await client.query(`
      create table public.parent (id int primary key);
      create table public.t (id int references public.parent);
      create function public.f() returns trigger language plpgsql security definer as $$ begin return new; end $$;
      create trigger tr before insert or update on public.t for each row execute function public.f();
      alter table public.t disable trigger tr;
    `);
    expect((await readSnapshot(client)).triggers).toMatchObject([
      { tgname: 'tr', tgtype: 1 + 2 + 4 + 16, tgenabled: 'D', function: 'public.f()', prosecdef: true },
    ]);
  });

  test('roles, and what they are members of', async ({ database }) => {
    const [group, member] = [database.uniqueRole('group'), database.uniqueRole('member')];
    await database.client.query(`
      create role ${quoteIdent(group)} bypassrls;
      create role ${quoteIdent(member)} noinherit login;
      grant ${quoteIdent(group)}, pg_read_all_data to ${quoteIdent(member)};
    `);
    const { roles } = await readSnapshot(database.client);
    expect(roles.find((role) => role.rolname === group)).toMatchObject({
      rolbypassrls: true,
      rolcanlogin: false,
      memberOf: [],
    });
    expect(roles.find((role) => role.rolname === member)).toMatchObject({
      rolinherit: false,
      rolcanlogin: true,
      memberOf: [
        { rolname: group, inherit: false, set: true },
        { rolname: 'pg_read_all_data', inherit: false, set: true },
      ],
    });
  });

  test.skipIf(serverMajor < 16)(
    'what a grant says of INHERIT and SET, over what the role says',
    async ({ database }) => {
      const [group, member] = [database.uniqueRole('group'), database.uniqueRole('member')];
      await database.client.query(`
      create role ${quoteIdent(group)};
      create role ${quoteIdent(member)} inherit;
      grant ${quoteIdent(group)} to ${quoteIdent(member)} with inherit false, set false;
    `);
      const { roles } = await readSnapshot(database.client);
      expect(roles.find((role) => role.rolname === member)?.memberOf).toEqual([
        { rolname: group, inherit: false, set: false, admin: false },
      ]);
    },
  );

  test('within a transaction it sees what that sees, and leaves it and its settings as they were', async ({
    database: { client },
  }) => {
    await client.query('begin; create table public.inside (id int); set local search_path = public');
    expect(names((await readSnapshot(client)).relations)).toEqual(['inside']);
    expect((await client.query('show search_path')).rows).toEqual([{ search_path: 'public' }]);
    expect(client.getTransactionStatus()).toBe('T');
    await client.query('rollback');
    expect((await readSnapshot(client)).relations).toEqual([]);
    expect(client.getTransactionStatus()).toBe('I');
  });

  test('in a transaction that has failed it says so, and leaves the end of it to the caller', async ({
    database: { client },
  }) => {
    await client.query('begin');
    await expect(client.query('select 1 / 0')).rejects.toThrow();
    await expect(readSnapshot(client)).rejects.toThrow(/current transaction is aborted/);
    expect(client.getTransactionStatus()).toBe('E');
  });

  test('a constant number of queries', async ({ database: { client } }) => {
    const count = async (): Promise<number> => {
      let queries = 0;
      const counting = new Proxy(client, {
        get: (target, key) => {
          if (key === 'query') queries += 1;
          const member: unknown = Reflect.get(target, key);
          return typeof member === 'function' ? (member.bind(target) as unknown) : member;
        },
      });
      await readSnapshot(counting);
      return queries;
    };
    const empty = await count();
    await client.query(
      'create table public.a (id int primary key); create table public.b (id int references public.a)',
    );
    expect(await count()).toBe(empty);
  });
});

describe('lookup', () => {
  test('descendants and what a view reads, at any depth', async ({ database: { client } }) => {
    await client.query(`
      create table public.root (id int) partition by range (id);
      create table public.mid partition of public.root for values from (0) to (10) partition by range (id);
      create table public.leaf partition of public.mid for values from (0) to (5);
      create table public.alone (id int);
      create view public.inner_view as select id from public.root;
      create view public.outer_view as select i.id from public.inner_view i join public.alone using (id);
    `);
    const snapshot = await readSnapshot(client);
    const of = (name: string): Relation => relation(snapshot, 'public', name);
    expect(names(descendantsOf(snapshot, of('root')))).toEqual(['mid', 'leaf']);
    expect(descendantsOf(snapshot, of('alone'))).toEqual([]);
    expect(readsOf(snapshot, of('outer_view'))).toEqual(
      new Set([of('inner_view').oid, of('root').oid, of('alone').oid]),
    );
    expect(readsOf(snapshot, of('alone'))).toEqual(new Set());
  });

  test('what is not there', async ({ database: { client } }) => {
    await client.query('create table public.t (id int)');
    const snapshot = await readSnapshot(client);
    expect(findRelation(snapshot, { schema: 'public', name: 'T' })).toBeUndefined();
    expect(findColumn(relation(snapshot, 'public', 't'), 'Id')).toBeUndefined();
  });
});
