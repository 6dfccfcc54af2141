import { expect, inject } from 'vitest';
import { accessMatrix } from '../../src/access/matrix.ts';
import { commands, effectivePredicate } from '../../src/access/policies.ts';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import { test } from '../support/test.ts';

test('permissive policies by OR, restrictive ones by AND, for the command and the role', async ({ database }) => {
  const [app, group, other] = [database.uniqueRole('app'), database.uniqueRole('group'), database.uniqueRole('other')];
  await database.client.query(`
    create role ${app}; create role ${group}; create role ${other}; grant ${group} to ${app};
    create table t (id int); alter table t enable row level security;
    create policy a on t using (id = 1);
    create policy b on t for update to ${group} using (id = 2) with check (id = 3);
    create policy c on t as restrictive for insert to ${app} with check (id = 4);
    create policy d on t to ${other} using (id = 5)`);
  const snapshot = await readSnapshot(database.client);
  const [access] = [...accessMatrix(snapshot, app).relations.values()];
  const predicates = commands.map((command) => [
    command,
    access && effectivePredicate(access.policies[command], 'using'),
    access && effectivePredicate(access.policies[command], 'check'),
  ]);
  expect(predicates).toEqual([
    ['select', '(((id = 1)))', '(((id = 1)))'],
    ['insert', '(((id = 1))) and (true)', '(((id = 1))) and ((id = 4))'],
    ['update', '(((id = 1)) or ((id = 2)))', '(((id = 1)) or ((id = 3)))'],
    ['delete', '(((id = 1)))', '(((id = 1)))'],
  ]);
});

test('no permissive policy lets nothing pass', async ({ database }) => {
  const app = database.uniqueRole('app');
  await database.client.query(`create role ${app}; create table t (id int); alter table t enable row level security;
    create policy floor on t as restrictive using (true)`);
  const [access] = [...accessMatrix(await readSnapshot(database.client), app).relations.values()];
  expect(access && effectivePredicate(access.policies.select, 'using')).toBe('false');
});

test('whom row-level security binds is what row_security_active says', async ({ database }) => {
  const { client } = database;
  const roles = ['app', 'owner', 'member', 'bypass', 'super'].map((name) => database.uniqueRole(name));
  const [app, owner, member, bypass, superuser] = roles;
  await client.query(`create role ${app}; create role ${owner}; create role ${member}; create role ${bypass} bypassrls;
    create role ${superuser} superuser; grant ${owner} to ${member};
    create table plain (id int); create table enabled (id int); create table forced (id int);
    alter table enabled enable row level security;
    alter table forced enable row level security; alter table forced force row level security;
    alter table plain owner to ${owner}; alter table enabled owner to ${owner}; alter table forced owner to ${owner}`);
  const snapshot = await readSnapshot(client);
  for (const role of roles) {
    for (const { relation, rowSecurity } of accessMatrix(snapshot, role).relations.values()) {
      await client.query(`set role ${role}`);
      const { rows } = await client.query<{ active: boolean }>(
        'select pg_catalog.row_security_active($1::oid) as active',
        [relation.oid],
      );
      await client.query('reset role');
      expect([role, relation.relname, rowSecurity === 'bound']).toEqual([role, relation.relname, rows[0]?.active]);
    }
  }
});

test.skipIf(inject('serverMajor') < 15)('through views, as whom each table is read', async ({ database }) => {
  const [app, owner] = [database.uniqueRole('app'), database.uniqueRole('owner')];
  await database.client.query(`create role ${app}; create role ${owner};
    create table t (id int); alter table t enable row level security; create table u (id int);
    create materialized view m as select id from u;
    create view invoker with (security_invoker = on) as select id from t;
    create view definer as select id from t; alter view definer owner to ${owner};
    create view over_definer with (security_invoker = true) as select id from definer;
    create view over_invoker as select id from invoker union select id from m; alter view over_invoker owner to ${owner}`);
  const snapshot = await readSnapshot(database.client);
  const matrix = accessMatrix(snapshot, app);
  const reaches = (name: string) =>
    [...matrix.relations.values()]
      .find(({ relation }) => relation.relname === name)
      ?.reaches.map(({ relation, as, through }) => [relation.relname, as, through.map((view) => view.relname)]);
  expect(reaches('invoker')).toEqual([['t', app, ['invoker']]]);
  expect(reaches('definer')).toEqual([['t', owner, ['definer']]]);
  expect(reaches('over_definer')).toEqual([['t', owner, ['over_definer', 'definer']]]);
  // An invoker view under a definer view reads as the role of the session.
  expect(reaches('over_invoker')).toEqual(
    expect.arrayContaining([
      ['t', app, ['over_invoker', 'invoker']],
      ['m', owner, ['over_invoker']],
    ]),
  );
  expect(reaches('t')).toEqual([]);
});
