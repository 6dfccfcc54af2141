import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { relationAccess, type RelationAccess } from '../../src/access/matrix.ts';
import type { Command } from '../../src/access/policies.ts';
import { closureOf } from '../../src/access/role-closure.ts';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import type { CatalogSnapshot, Relation } from '../../src/catalog/snapshot.ts';
import { evaluate, type RowValues, type Situation } from '../../src/prove/evaluate.ts';
import { tableTarget } from '../../src/prove/target.ts';
import { newRow, type Value } from '../../src/prove/term.ts';
import { Translator } from '../../src/prove/translate.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { serverMajor } from '../support/test.ts';
import { firstSeed, times } from './scale.ts';

/*
 * Policies of all kinds, commands and roles, on tables with one row: what each form of each command does to it on the server must
 * be what the conditions of our logic add up to. `formOf` below is the table "Policies Applied by Command Type" of
 * https://www.postgresql.org/docs/current/sql-createpolicy.html.
 */

const sets = 50 * times;
const settings = { 'app.tenant': '1', 'app.user': '7' };

interface Drawn {
  readonly kind: 'permissive' | 'restrictive';
  readonly command: 'all' | Command;
  readonly to: 'public' | 'app' | 'team' | 'other';
  readonly using: string;
  readonly check: string | null;
}

interface DrawnSet {
  readonly policies: readonly Drawn[];
  readonly runs: 'app' | 'owner' | 'exempt';
  readonly forced: boolean;
  readonly enabled: boolean;
}

const conditions = fc.oneof(
  fc.constantFrom(
    "tenant = current_setting('app.tenant', true)::int",
    'c.is_mine(tenant)',
    'tenant in (select m.tenant from c.members m)',
    'exists (select from c.members m where m.tenant = t.tenant and m.admin)',
    "kind = 'open'",
    'kind is null',
    'tenant is distinct from 2',
    "kind <> 'shut'",
    "current_user <> 'nobody'",
    'true',
    'false',
  ),
  fc
    .tuple(fc.constantFrom("kind = 'open'", 'tenant = 1', 'tenant is null'), fc.constantFrom('and', 'or'))
    .map(([one, how]) => `(${one} ${how} tenant in (select c.tenants()))`),
);

const policy: fc.Arbitrary<Drawn> = fc.record({
  kind: fc.constantFrom('permissive', 'permissive', 'permissive', 'restrictive'),
  command: fc.constantFrom('all', 'all', 'select', 'insert', 'update', 'delete'),
  to: fc.constantFrom('public', 'app', 'app', 'team', 'other'),
  using: conditions,
  check: fc.option(conditions),
});

const drawn: fc.Arbitrary<DrawnSet> = fc.record({
  policies: fc.array(policy, { minLength: 1, maxLength: 6 }),
  runs: fc.constantFrom('app', 'app', 'app', 'app', 'owner', 'exempt'),
  forced: fc.boolean(),
  enabled: fc.constantFrom(true, true, true, true, true, false),
});

/** The row that is there, and what a command makes of it or beside it. */
const rows: readonly RowValues[] = (
  [
    [1, 'open'],
    [1, 'shut'],
    [2, 'open'],
    [2, null],
    [null, 'open'],
    [3, 'shut'],
  ] as const
).map(
  ([tenant, kind]) =>
    new Map<string, Value>([
      ['tenant', tenant === null ? null : BigInt(tenant)],
      ['kind', kind],
    ]),
);

const forms = {
  select: 'select id from T',
  lock: 'select id from T for update',
  update: `update T set tenant = N, kind = K`,
  'update where': `update T set tenant = N, kind = K where id = 1`,
  'update returning': `update T set tenant = N, kind = K returning id`,
  delete: `delete from T`,
  'delete where': `delete from T where id = 1`,
  insert: `insert into T values (2, N, K)`,
  'insert returning': `insert into T values (2, N, K) returning id`,
  'do nothing': `insert into T values (1, N, K) on conflict do nothing`,
  'do update': `insert into T values (1, N, K) on conflict (id) do update set tenant = excluded.tenant, kind = excluded.kind`,
  'merge update': `merge into T using (values (1)) s (id) on t.id = s.id when matched then update set tenant = N, kind = K`,
  'merge delete': `merge into T using (values (1)) s (id) on t.id = s.id when matched then delete`,
  'merge insert': `merge into T using (values (2)) s (id) on t.id = s.id when not matched then insert values (2, N, K)`,
} as const;
type Form = keyof typeof forms;

/** What the policies say of the row that is there, and of the new one. */
interface Conditions {
  readonly seen: { readonly old: boolean; readonly new: boolean };
  readonly updated: { readonly old: boolean; readonly new: boolean };
  readonly deleted: boolean;
  readonly inserted: boolean;
}

type Outcome = 'done' | 'nothing' | 'refused';

/** What a form comes to: a row that is filtered out is left alone, and a check that fails ends the statement. */
function formOf(form: Form, { seen, updated, deleted, inserted }: Conditions): Outcome {
  const of = (filter: boolean, check = true): Outcome => (filter ? (check ? 'done' : 'refused') : 'nothing');
  switch (form) {
    case 'select':
      return of(seen.old);
    case 'lock':
      return of(seen.old && updated.old);
    case 'update':
      return of(updated.old, updated.new);
    case 'update where':
    case 'update returning':
      return of(updated.old && seen.old, updated.new && seen.new);
    case 'delete':
      return of(deleted);
    case 'delete where':
      return of(deleted && seen.old);
    case 'insert':
      return of(true, inserted);
    case 'insert returning':
      return of(true, inserted && seen.new);
    case 'do nothing':
      return of(inserted) === 'done' ? 'nothing' : 'refused';
    case 'do update':
      return of(true, inserted && seen.new && updated.old && seen.old && updated.new);
    case 'merge update':
      return of(seen.old, updated.old && updated.new && seen.new);
    case 'merge delete':
      return of(seen.old, deleted);
    case 'merge insert':
      return of(true, inserted);
  }
}

const tried = (Object.keys(forms) as Form[]).filter((form) => serverMajor >= 15 || !form.startsWith('merge'));

let database: TestDatabase;
let snapshot: CatalogSnapshot;
let drawnSets: readonly DrawnSet[];
let roles: Readonly<Record<string, string>>;

beforeAll(async () => {
  database = await createTestDatabase();
  const { client } = database;
  roles = Object.fromEntries(
    ['app', 'team', 'other', 'owner', 'exempt'].map((role) => [role, database.uniqueRole(role)]),
  );
  const { app, team, other, owner, exempt } = roles;
  await client.query(`create role ${team}; create role ${other}; create role ${owner}; create role ${app} in role ${team};
    create role ${exempt} bypassrls in role ${app}; create schema c authorization ${owner}; grant usage on schema c to public;
    set role ${owner};
    create table c.members ("user" int not null, tenant int, admin boolean);
    insert into c.members values (7, 1, true), (7, 3, null), (8, 2, true);
    alter table c.members enable row level security;
    create policy own on c.members for select using ("user" = current_setting('app.user', true)::int);
    grant select on c.members to public;
    create function c.is_mine(id int) returns boolean language sql stable strict return id = nullif(current_setting('app.tenant', true), '')::int;
    create function c.tenants() returns setof int language sql stable security definer set search_path = pg_catalog, pg_temp
      as $$ select m.tenant from c.members m where m."user" = current_setting('app.user')::int $$;
    reset role;
    create function c.attempt(name text, who text, "values" text, statement text) returns text language plpgsql as $$
    declare n bigint;
    begin
      execute format('insert into %s values %s', name, "values");
      execute format('set local role %I', who);
      execute statement;
      get diagnostics n = row_count;
      raise exception '%', case when n = 0 then 'nothing' else 'done' end using errcode = 'RH001';
    exception
      when sqlstate 'RH001' then return sqlerrm;
      when insufficient_privilege then
        return case when sqlerrm like '%row-level security%' then 'refused' else sqlerrm end;
      when others then return sqlerrm;
    end $$`);
  for (const [name, value] of Object.entries(settings))
    await client.query('select pg_catalog.set_config($1, $2, false)', [name, value]);
  drawnSets = fc.sample(drawn, { numRuns: sets, seed: firstSeed });
  await client.query(drawnSets.map(tableSql).join('\n'));
  snapshot = await readSnapshot(client);
});

afterAll(() => database.drop());

function tableSql({ policies, forced, enabled }: DrawnSet, number: number): string {
  const table = `c.t${number}`;
  return [
    `create table ${table} (id int primary key, tenant int, kind text); alter table ${table} owner to ${roles['owner'] ?? ''};`,
    `grant select, insert, update, delete on ${table} to ${roles['app'] ?? ''};`,
    ...(enabled ? [`alter table ${table} enable row level security;`] : []),
    ...(forced ? [`alter table ${table} force row level security;`] : []),
    ...policies.map(({ kind, command, to, using, check }, index) => {
      const of = (text: string): string => `(${text.replaceAll('t.tenant', `t${number}.tenant`)})`;
      const parts = [
        ...(command === 'insert' ? [] : [`using ${of(using)}`]),
        ...(command === 'insert' ? [`with check ${of(check ?? using)}`] : []),
        ...(check !== null && (command === 'all' || command === 'update') ? [`with check ${of(check)}`] : []),
      ];
      return `create policy p${index} on ${table} as ${kind} for ${command} to ${roles[to] ?? to} ${parts.join(' ')};`;
    }),
  ].join(' ');
}

/** What our logic says of the old row and the new one. */
function conditionsOf(access: RelationAccess, role: string, old: RowValues, made: RowValues): Conditions {
  const target = tableTarget(new Translator(snapshot), access, role);
  const members = relation('members');
  const situation: Situation = {
    snapshot,
    subject: null,
    settings: new Map(Object.entries(settings)),
    tables: new Map([[members.oid, membersRows]]),
  };
  const holds = (command: Command, part: 'using' | 'check', values: RowValues): boolean => {
    const row = newRow(access.relation);
    const result = evaluate(situation, target.passes(command, part, row), new Map([[row, values]]));
    if (result.kind !== 'value' || result.mayRaise)
      throw new TypeError(`${command} ${part}: ${JSON.stringify(result)}`);
    return result.value === true;
  };
  return {
    seen: { old: holds('select', 'using', old), new: holds('select', 'using', made) },
    updated: { old: holds('update', 'using', old), new: holds('update', 'check', made) },
    deleted: holds('delete', 'using', old),
    inserted: holds('insert', 'check', made),
  };
}

const membersRows: readonly RowValues[] = (
  [
    [7, 1, true],
    [7, 3, null],
    [8, 2, true],
  ] as const
).map(
  ([user, tenant, admin]) =>
    new Map<string, Value>([
      ['user', BigInt(user)],
      ['tenant', BigInt(tenant)],
      ['admin', admin],
    ]),
);

function relation(name: string): Relation {
  const found = snapshot.relations.find(({ relname }) => relname === name);
  if (found === undefined) throw new TypeError(name);
  return found;
}

test('each form of each command does what the policies add up to', async () => {
  const cases = drawnSets.flatMap((set, number) => {
    const role = roles[set.runs] ?? '';
    const table = relation(`t${number}`);
    const access = relationAccess(snapshot, closureOf(snapshot, role), table);
    return rows.flatMap((old, at) => {
      // Each row becomes another one.
      const made = rows[(at + 1 + (number % (rows.length - 1))) % rows.length] ?? old;
      const expected = conditionsOf(access, role, old, made);
      return tried.map((form) => ({
        name: `c.t${number}`,
        role,
        values: `(1, ${literal(old.get('tenant'))}, ${literal(old.get('kind'))})`,
        statement: forms[form]
          .replace('T', `c.t${number} as t`)
          .replaceAll('N', literal(made.get('tenant')))
          .replaceAll('K', literal(made.get('kind'))),
        expected: formOf(form, expected),
        about: () => `${form}: ${tableSql(set, number)}`,
      }));
    });
  });
  const columns = [
    cases.map(({ name }) => name),
    cases.map(({ role }) => role),
    cases.map(({ values }) => values),
    cases.map(({ statement }) => statement),
  ];
  const { rows: found } = await database.client.query<{ outcome: string }>(
    `select c.attempt(name, who, "values", statement) as outcome
      from unnest($1::text[], $2::text[], $3::text[], $4::text[]) with ordinality as u (name, who, "values", statement, position) order by position`,
    columns,
  );
  const wrong = cases.flatMap(({ expected, about, values, statement }, index) => {
    const outcome = found[index]?.outcome;
    return outcome === expected ? [] : [`${outcome ?? ''}, not ${expected}, of ${values} by ${statement}; ${about()}`];
  });
  expect(wrong.slice(0, 5)).toEqual([]);
  const outcomes = new Set(cases.map(({ expected }) => expected));
  expect([...outcomes].sort()).toEqual(['done', 'nothing', 'refused']);
});

function literal(value: Value | undefined): string {
  if (value === null || value === undefined) return 'null';
  return typeof value === 'string' ? `'${value}'` : String(value);
}
