import { expect } from 'vitest';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import type { CatalogSnapshot, Relation } from '../../src/catalog/snapshot.ts';
import { compileIntent } from '../../src/intent/compile.ts';
import { lintInput, type LintInput } from '../../src/lint/input.ts';
import { scopeOf, type Scope } from '../../src/lint/scope.ts';
import { parseModel } from '../../src/model/parse.ts';
import type { TestDatabase } from '../support/database.ts';
import { test } from '../support/test.ts';

const a = '00000000-0000-0000-0000-00000000000a';
const b = '00000000-0000-0000-0000-00000000000b';
const platform = '00000000-0000-0000-0000-000000000001';
const ctx = `nullif(current_setting('app.tenant', true), '')::uuid`;

/** A column that only some of its rows have, conditions that share, a share of the platform, and rows without an owner. */
const world = (role: string): string => `create role ${role};
create table tenants (id uuid primary key);
insert into tenants values ('${a}'), ('${b}'), ('${platform}');
create function ctx() returns uuid language sql stable return ${ctx};
create function ctx_text() returns uuid language sql stable as $$ select ${ctx} $$;
create function ctx_plpgsql() returns uuid language plpgsql stable as $$ begin return ${ctx}; end $$;
create function owns(tenant uuid) returns boolean language sql stable as $$ select tenant = ctx() $$;
create function owns_loosely(tenant uuid) returns boolean language sql stable as $$ select coalesce(tenant = ctx(), true) $$;
create function second(uuid, uuid) returns boolean language sql stable as $$ select $2 = ctx() $$;
create function always() returns boolean language sql stable as $$ select true $$;
create table members (tenant_id uuid, login text);
insert into members values ('${a}', current_user);
create table items (
  id int generated always as identity, tenant_id uuid, is_public boolean not null, status text not null, name text,
  starts timestamptz not null default 'yesterday'
);
insert into items (tenant_id, is_public, status, name)
  select t, p, s, n
  from unnest(array['${a}', '${b}', '${platform}', null]::uuid[]) t, unnest(array[true, false]) p,
    unnest(array['draft', 'open', 'done']) s, unnest(array['x', null]) n;
grant select on all tables in schema public to ${role};
`;

const models = {
  private: '{ tenancy: row, column: tenant_id }',
  platform: '{ tenancy: row, column: tenant_id, share: { rows: platform, access: read } }',
  public: '{ tenancy: row, column: tenant_id, nulls: shared, share: { when: is_public, access: read } }',
  conditions: `{ tenancy: row, column: tenant_id, share: { when: "status in ('open', 'done') or (is_public and name = 'x')" } }`,
} as const;

type Share = keyof typeof models;

const cases: readonly (readonly [Share, Scope, string])[] = [
  ['private', 'scoped', `tenant_id = ${ctx}`],
  ['private', 'scoped', `tenant_id = (select ${ctx})`],
  ['private', 'scoped', `(select ${ctx}) = tenant_id`],
  ['private', 'scoped', `tenant_id::text = current_setting('app.tenant', true)`],
  ['private', 'scoped', `tenant_id = current_setting('app.tenant')::uuid`],
  ['private', 'scoped', 'tenant_id = ctx()'],
  ['private', 'scoped', 'tenant_id = (select ctx_text())'],
  ['private', 'scoped', 'tenant_id = ctx_plpgsql()'],
  ['private', 'scoped', 'tenant_id in (select ctx())'],
  ['private', 'scoped', 'tenant_id = any (array[ctx()])'],
  ['private', 'scoped', 'owns(tenant_id)'],
  ['private', 'scoped', 'owns(tenant_id) is true'],
  ['private', 'scoped', 'second(id::text::uuid, tenant_id)'],
  ['private', 'scoped', `tenant_id = ctx() and is_public`],
  ['private', 'scoped', `(tenant_id = ctx() and is_public) or (tenant_id = ctx() and status = 'open')`],
  ['private', 'scoped', 'coalesce(tenant_id = ctx(), false)'],
  ['private', 'scoped', 'case when is_public then tenant_id = ctx() else false end'],
  ['private', 'scoped', 'case when tenant_id = ctx() then is_public end'],
  ['private', 'scoped', 'not (tenant_id is distinct from ctx()) and ctx() is not null'],
  ['private', 'scoped', 'not (tenant_id <> ctx())'],
  ['private', 'scoped', 'tenant_id is not null and tenant_id is not distinct from ctx()'],
  ['private', 'scoped', 'nullif(tenant_id = ctx(), false)'],
  ['private', 'scoped', 'false'],
  ['private', 'scoped', `tenant_id = ctx() and tenant_id <> '${platform}'`],
  ['private', 'scoped', 'tenant_id = ctx() or false'],
  ['private', 'open', 'true'],
  ['private', 'open', 'always()'],
  ['private', 'open', 'is_public'],
  ['private', 'open', `status = 'open'`],
  ['private', 'open', `status in ('open', 'done') and name is not null`],
  ['private', 'open', 'starts < now()'],
  ['private', 'open', `lower(status) like 'o%'`],
  ['private', 'open', `length(status) between 1 and 9`],
  ['private', 'open', 'tenant_id = ctx() or is_public'],
  ['private', 'open', 'tenant_id = ctx() or tenant_id is null'],
  ['private', 'open', 'tenant_id = ctx() or name is null'],
  ['private', 'open', 'tenant_id is not distinct from ctx()'],
  ['private', 'open', 'tenant_id = coalesce(ctx(), tenant_id)'],
  ['private', 'open', 'coalesce(tenant_id = ctx(), true)'],
  ['private', 'open', 'owns_loosely(tenant_id)'],
  ['private', 'open', '(tenant_id = ctx()) is not false'],
  ['private', 'open', 'ctx() is null or tenant_id = ctx()'],
  ['private', 'open', `coalesce(current_setting('app.tenant', true), '') = '' or tenant_id = ctx()`],
  ['private', 'open', `case when ctx() is null then true else tenant_id = ctx() end`],
  ['private', 'open', `tenant_id in (ctx(), '${platform}')`],
  ['private', 'open', `tenant_id = any (array[ctx(), '${platform}'::uuid])`],
  ['private', 'open', `tenant_id = any ('{${b},${platform}}'::uuid[])`],
  ['private', 'open', `tenant_id = coalesce(ctx(), '${b}')`],
  ['private', 'open', 'tenant_id <> ctx()'],
  ['private', 'open', 'not coalesce(tenant_id = ctx(), true)'],
  ['private', 'open', 'tenant_id is not null'],
  ['private', 'unknown', 'tenant_id in (select m.tenant_id from members m where m.login = current_user)'],
  ['private', 'unknown', 'exists (select from members m where m.tenant_id = items.tenant_id)'],
  ['private', 'unknown', `current_setting('app.other', true) is not null`],
  ['private', 'unknown', `tenant_id::text like current_setting('app.tenant', true)`],
  ['private', 'unknown', `left(tenant_id::text, 8) = left(ctx()::text, 8)`],
  ['private', 'unknown', `tenant_id::text = any (string_to_array(current_setting('app.tenant', true), ','))`],
  ['private', 'unknown', `ctx() = '${platform}' or tenant_id = ctx()`],
  ['platform', 'scoped', `tenant_id = ctx() or tenant_id = '${platform}'`],
  ['platform', 'scoped', `tenant_id in (ctx(), '${platform}')`],
  ['platform', 'scoped', `tenant_id = ctx() or (tenant_id = '${platform}' and ctx() is not null)`],
  ['platform', 'open', `tenant_id = ctx() or tenant_id = '${b}'`],
  ['platform', 'open', `tenant_id = ctx() or is_public`],
  ['public', 'scoped', 'tenant_id = ctx() or is_public'],
  ['public', 'scoped', 'tenant_id = ctx() or is_public = true or items.is_public is true'],
  ['public', 'scoped', `tenant_id = ctx() or (is_public and status = 'done')`],
  ['public', 'scoped', 'tenant_id = ctx() or tenant_id is null'],
  ['public', 'scoped', 'tenant_id is not distinct from ctx()'],
  ['public', 'open', 'tenant_id = ctx() or not is_public'],
  ['public', 'open', `tenant_id = ctx() or status = 'done'`],
  ['conditions', 'scoped', `tenant_id = ctx() or status in ('open', 'done')`],
  ['conditions', 'scoped', `tenant_id = ctx() or status = 'open'`],
  ['conditions', 'scoped', `tenant_id = ctx() or (name = 'x' and is_public)`],
  ['conditions', 'open', `tenant_id = ctx() or status = 'draft'`],
  ['conditions', 'open', `tenant_id = ctx() or is_public`],
  ['conditions', 'open', `tenant_id = ctx() or status in ('open', 'draft')`],
];

test('the scope of a boolean is what PostgreSQL answers over real rows and sessions', async ({ database }) => {
  const { inputs, snapshot } = await build(database);
  const items = named(snapshot, 'items');
  const wrong: string[] = [];
  for (const [index, [share, scope]] of cases.entries()) {
    const expression = snapshot.policies.find(({ polname }) => polname === `case ${index}`)?.polqual ?? '';
    const found = scopeOf(inputs[share], items, expression);
    const passing = await foreignRowsPassing(database, inputs[share], expression);
    const contradicts = (found === 'scoped' && passing > 0) || (found === 'open' && passing === 0);
    if (found !== scope || contradicts) wrong.push(`${share}: ${expression} is ${found}, and ${passing} rows pass`);
  }
  expect(wrong).toEqual([]);
});

async function build(database: TestDatabase): Promise<{ inputs: Record<Share, LintInput>; snapshot: CatalogSnapshot }> {
  const role = database.uniqueRole('app');
  await database.client.query(world(role));
  // They are judged as the catalog prints them.
  const policies = cases.map(
    ([, , expression], index) => `create policy "case ${index}" on items using (${expression})`,
  );
  await database.client.query(policies.join(';'));
  const snapshot = await readSnapshot(database.client);
  const inputOf = (items: string): LintInput => {
    const model = parseModel(
      `context: { setting: app.tenant, type: uuid }
tenants: { table: public.tenants, key: id, platform: ${platform} }
roles: { app: ${role} }
tables:
  public.tenants: { tenancy: root }
  public.items: ${items}
`,
      'rowhouse.yaml',
    );
    return lintInput(snapshot, model, compileIntent(model, snapshot), role);
  };
  const inputs = Object.fromEntries(Object.entries(models).map(([name, items]) => [name, inputOf(items)]));
  return { inputs: inputs as Record<Share, LintInput>, snapshot };
}

function named(snapshot: CatalogSnapshot, name: string): Relation {
  const relation = snapshot.relations.find(({ relname }) => relname === name);
  if (relation === undefined) throw new Error(`There is no ${name}.`);
  return relation;
}

/** How many foreign rows pass, over all contexts; an error is as good as none. */
async function foreignRowsPassing(database: TestDatabase, { intent }: LintInput, expression: string): Promise<number> {
  const { foreign } = intent.relations.find(({ name }) => name === 'items') ?? { foreign: 'true' };
  // A setting that was never made is another thing than an empty one.
  const client = await database.connect();
  let passing = 0;
  for (const context of [null, '', a, b]) {
    if (context !== null) await client.query(`select set_config('app.tenant', $1, false)`, [context]);
    const subject = context === a || context === b ? context : '00000000-0000-0000-0000-0000000000ff';
    const text = `select count(*)::int as n from public.items as t where ${foreign} and (select ${expression} from (select t.*) items)`;
    const counted = await client.query<{ n: number }>(text, [subject]).catch(() => ({ rows: [] }));
    passing += counted.rows[0]?.n ?? 0;
  }
  await client.end();
  return passing;
}
