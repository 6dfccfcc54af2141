import { afterAll, beforeAll, expect, test } from 'vitest';
import { proveLayer } from '../../src/app/prove-layer.ts';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import { compileIntent } from '../../src/intent/compile.ts';
import { buildLintWorld, type LintWorld } from '../lint/support.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { serverMajor } from '../support/test.ts';
import { notProved, proveIn, sharedSolver } from './support.ts';

const solver = sharedSolver();
let database: TestDatabase;
let world: LintWorld;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await buildLintWorld(database);
});

afterAll(() => database.drop());

interface Change {
  readonly sql: string;
  readonly model?: string;
  readonly since?: number;
}

/** What is not proved any more when the sound world is changed. */
async function after({ sql, model = '' }: Change): Promise<readonly string[]> {
  let found: readonly string[] = [];
  await world.within(async () => {
    await world.sql(sql);
    found = notProved(await proveIn(database, world.modelWith(model), solver));
  });
  return found;
}

const own = 'tenant_id = (select app.current_tenant())';
const byCommand = (commands: Readonly<Record<string, string>>): string =>
  [
    'drop policy own on app.notes;',
    ...Object.entries(commands).map(
      ([command, rest]) => `create policy "${command}" on app.notes for ${command} ${rest};`,
    ),
  ].join(' ');
const seen = { select: `using (${own})` };
const allNotes = 'views: { app.all_notes: { of: app.notes } }';
const onView = 'grant select, insert, update, delete on app.all_notes to app_user';
const threads = (...schemas: readonly string[]): string =>
  `alter table app.tenants add column schema_name name; ${schemas
    .map(
      (schema) => `create schema ${schema} create table threads (id int); grant usage on schema ${schema} to app_user;
      grant select, insert on ${schema}.threads to app_user;`,
    )
    .join(' ')}`;
const threadsModel = 'tenants: { schema: schema_name }\ntables: { tenant_a.threads: { tenancy: schema } }';
const all = (view: string): readonly string[] => [
  `refuted sees ${view}`,
  `refuted sees ${view} nobody`,
  `refuted makes ${view}`,
  `refuted makes ${view} nobody`,
  `refuted changes ${view}`,
  `refuted changes ${view} nobody`,
  `refuted tells ${view}`,
  `refuted tells ${view} nobody`,
  `refuted moves ${view}`,
  `refuted removes ${view}`,
  `refuted removes ${view} nobody`,
];

const changes: Readonly<Record<string, readonly [change: Change, expected: readonly string[]]>> = {
  'an UPDATE that is always refused': [
    { sql: byCommand({ ...seen, update: `using (${own}) with check (${own} and body is null)` }) },
    ['refuted refuses app.notes'],
  ],
  'an INSERT that is always refused': [
    { sql: byCommand({ ...seen, insert: `with check (${own} and tenant_id is null)` }) },
    ['refuted refuses app.notes'],
  ],
  'a DELETE that finds only what SELECT hides': [
    {
      sql: byCommand({ select: `using (${own} and body = 'a')`, delete: `using (${own} and body = 'b')` }),
    },
    ['refuted hides app.notes', 'refuted refuses app.notes'],
  ],
  'some rows that may not be deleted, on purpose': [
    { sql: byCommand({ ...seen, delete: `using (${own} and body = 'draft')` }) },
    [],
  ],
  'commands that are closed on purpose': [
    {
      sql: `create policy kept on app.notes as restrictive for delete using (false);
        ${byCommand({ ...seen, update: `using (false)` })}`,
    },
    [],
  ],
  'a refused UPDATE that tells of foreign rows': [
    { sql: byCommand({ ...seen, update: `using (true) with check (${own})` }) },
    ['refuted tells app.notes', 'refuted tells app.notes nobody'],
  ],
  'a refused UPDATE that tells of rows that all see': [
    {
      sql: `drop policy own on app.tools; create policy own on app.tools for select using (${own});
        create policy edit on app.tools for update using (
          (${own} or tenant_id = '00000000-0000-0000-0000-000000000001') and app.current_tenant() is not null) with check (${own})`,
    },
    [],
  ],
  'an INSERT of columns that do not say whose the row is': [
    {
      sql: `${byCommand({ ...seen, insert: 'with check (true)' })} alter table app.notes alter tenant_id set default app.current_tenant();
        revoke insert on app.notes from app_user; grant insert (id, body) on app.notes to app_user`,
    },
    [],
  ],
  'an INSERT of such columns, into which a trigger writes whose it is': [
    {
      sql: `${byCommand({ ...seen, insert: 'with check (true)' })} alter table app.notes alter tenant_id set default app.current_tenant();
        revoke insert on app.notes from app_user; grant insert (id, body) on app.notes to app_user;
        create function app.fill() returns trigger language plpgsql as 'begin return new; end';
        create trigger fill before insert on app.notes for each row execute function app.fill()`,
    },
    ['refuted makes app.notes', 'refuted makes app.notes nobody'],
  ],
  'a view with the rights of one whom nothing binds': [
    { sql: `create view app.all_notes as select * from app.notes; ${onView}`, model: allNotes },
    all('app.all_notes'),
  ],
  'a view with the rights of an owner whom the policies bind': [
    {
      sql: `create view app.all_notes as select * from app.notes; alter view app.all_notes owner to app_owner; ${onView}`,
      model: allNotes,
    },
    [],
  ],
  'a view that filters, and lets be written what it does not show': [
    { sql: `create view app.all_notes as select * from app.notes where ${own}; ${onView}`, model: allNotes },
    ['refuted makes app.all_notes', 'refuted makes app.all_notes nobody', 'refuted moves app.all_notes'],
  ],
  'a view that filters what is written too, over another': [
    {
      sql: `create view app.inner_notes as select id as key, tenant_id, body from app.notes where ${own};
        create view app.all_notes with (check_option = cascaded) as select key as id, tenant_id, body from app.inner_notes; ${onView}`,
      model: allNotes,
    },
    [],
  ],
  'a view whose own filter alone is checked': [
    {
      sql: `create view app.inner_notes as select * from app.notes where ${own};
        create view app.all_notes with (check_option = local) as select * from app.inner_notes where body is not null; ${onView}`,
      model: allNotes,
    },
    ['refuted makes app.all_notes', 'refuted makes app.all_notes nobody', 'refuted moves app.all_notes'],
  ],
  'a view that cannot be written through, whatever is granted': [
    { sql: `create view app.all_notes as select distinct * from app.notes where ${own}; ${onView}`, model: allNotes },
    [],
  ],
  'a view with a trigger that writes instead': [
    {
      sql: `create view app.all_notes as select * from app.notes where ${own}; grant select, insert on app.all_notes to app_user;
        create function app.put() returns trigger language plpgsql as 'begin return new; end';
        create trigger put instead of insert on app.all_notes for each row execute function app.put()`,
      model: allNotes,
    },
    ['unknown makes app.all_notes'],
  ],
  'a view of the caller that the model does not name': [
    { sql: `create view app.all_notes with (security_invoker) as select * from app.notes; ${onView}`, since: 15 },
    [],
  ],
  'a view with rights of its own that the model does not name': [
    {
      sql: `create view app.all_notes as select body from app.notes; grant select, delete on app.all_notes to app_user`,
    },
    [
      'unknown sees app.all_notes',
      'unknown sees app.all_notes nobody',
      'refuted removes app.all_notes',
      'refuted removes app.all_notes nobody',
    ],
  ],
  'such a view that shows nothing foreign': [
    {
      sql: `create view app.all_notes as select body from app.notes where ${own}; ${onView.replace('insert, update, ', '')}`,
    },
    [],
  ],
  'such a view that asks of a table in its condition': [
    {
      sql: `create view app.some as select code from app.countries where exists (select from app.notes where body = code);
        grant select on app.some to app_user`,
    },
    ['unknown sees app.some'],
  ],
  'a materialized view': [
    {
      sql: 'create materialized view app.counts as select tenant_id from app.notes; grant select on app.counts to app_user',
    },
    ['unknown sees app.counts'],
  ],
  'a policy for the user, under a view with the rights of another': [
    {
      sql: `alter table app.notes add owner text; alter policy own on app.notes using (owner = current_user and ${own});
        create policy whoever on app.notes for select to app_owner using (current_user <> 'nobody');
        create view app.all_notes as select * from app.notes; alter view app.all_notes owner to app_owner;
        grant select on app.all_notes to app_user`,
      model: `${allNotes}\ntables: { app.notes: { tenancy: row, column: tenant_id, complete: false, reason: of users } }`,
    },
    ['refuted sees app.all_notes', 'refuted sees app.all_notes nobody'],
  ],
  "a role that reaches one tenant's schema": [{ sql: threads('tenant_a'), model: threadsModel }, []],
  "a role that reaches two tenants' schemas": [
    { sql: threads('tenant_a', 'tenant_b'), model: threadsModel },
    ['a', 'b'].flatMap((name) => [
      `refuted sees tenant_${name}.threads`,
      `refuted sees tenant_${name}.threads nobody`,
      `refuted makes tenant_${name}.threads`,
      `refuted makes tenant_${name}.threads nobody`,
    ]),
  ],
};

for (const [name, [change, expected]] of Object.entries(changes)) {
  test.skipIf(serverMajor < (change.since ?? 14))(`what is claimed: ${name}`, async () => {
    expect((await after(change)).toSorted()).toEqual([...expected].sort());
  });
}

test('what the server does is an error, and a refusal that lets nothing be seen a warning', async () => {
  await world.sql(`${byCommand({ ...seen, insert: `with check (${own} and tenant_id is null)`, delete: 'using (true)' })}
    create policy edit on app.notes for update using (true) with check (${own} and body is null);
    create table app.offers (tenant_id uuid not null, until timestamptz); alter table app.offers enable row level security;
    create policy own on app.offers using (tenant_id = (select app.current_tenant()) or until > now() - interval '2 days');
    grant select on app.offers to app_user;
    create view app.all_tools as select name as called, tenant_id, id from app.tools; grant all on app.all_tools to app_user`);
  const snapshot = await readSnapshot(database.client);
  const model = world.modelWith(
    'views: { app.all_tools: { of: app.tools } }\ntables: { app.offers: { tenancy: row, column: tenant_id } }',
  );
  const layer = await proveLayer({
    snapshot,
    model,
    intent: compileIntent(model, snapshot),
    scratch: { url: database.url, source: '--database-url' },
    timeLimitMs: 60_000,
  });
  expect(layer.inconclusive).toEqual([]);
  const told = layer.findings.map(({ severity, ruleId, message, evidence }) => {
    const [deed] = /can \w+ (a|no|one of its) rows?|learns|sees/.exec(message) ?? [];
    return `${severity} ${ruleId} ${deed ?? ''} ${String(evidence['replayed'])}`;
  });
  expect(layer.findings.find(({ object }) => object === 'app.offers')?.message).toMatch(
    /with .*until = '20(29|30)-.*\+00'.* when now\(\) is '2030-01-01 00:00:00\+00'$/,
  );
  expect(told.sort()).toEqual([
    'error foreign-row-visible sees true',
    'error foreign-row-visible sees true',
    'error policy-check-weaker can insert a row true',
    'error policy-check-weaker can make one of its rows true',
    'error policy-shared-writable can delete a row true',
    'error policy-shared-writable can update a row true',
    'error policy-wrong-command can delete a row true',
    'warning policy-hides-own can insert no row true',
    'warning policy-hides-own can update no row true',
    'warning policy-wrong-command learns true',
  ]);
});
