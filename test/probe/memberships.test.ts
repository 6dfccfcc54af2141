import { describe, expect } from 'vitest';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import type { Report } from '../../src/domain/report.ts';
import { compileIntent } from '../../src/intent/compile.ts';
import { contextAssignments } from '../../src/intent/context.ts';
import { parseModel } from '../../src/model/parse.ts';
import type { TestDatabase } from '../support/database.ts';
import { test } from '../support/test.ts';
import { buildWorld, found, type World } from './world.ts';

/** Users 1 to 30, members of two tenants each; user 28 has left tenant 10, and user 30 both. The eleventh tenant shares its rows. */
const schema = `
  create table tenants (id int primary key);
  insert into tenants select generate_series(1, 11);
  create table members (user_id bigint, tenant_id int references tenants, left_at date, primary key (user_id, tenant_id));
  insert into members select n, (n + k) % 10 + 1, case when n = 30 or (n = 28 and k = 1) then date '2020-01-01' end
    from generate_series(1, 30) n, generate_series(0, 1) k;
  create function me() returns bigint language sql stable as $$ select nullif(current_setting('app.user', true), '')::bigint $$;
  create function mine() returns setof int language sql stable security definer
    as $$ select tenant_id from public.members where user_id = me() and left_at is null $$;
  create table notes (id int primary key, tenant_id int, user_id bigint, body text);
  insert into notes select n, nullif(n % 12, 0), case when n % 5 = 0 or n % 12 = 0 then n % 31 end, 'x' from generate_series(1, 600) n;
  create table words (id int primary key, note_id int references notes);
  insert into words select n, n % 600 + 1 from generate_series(1, 1200) n;
  create table plans (id int primary key, tenant_id int);
  insert into plans select n, n % 11 + 1 from generate_series(1, 300) n;
  create table steps (id int primary key, plan_id int references plans);
  insert into steps select n, n % 300 + 1 from generate_series(1, 600) n;
  alter table members enable row level security;
  alter table notes enable row level security;
  alter table words enable row level security;
  alter table plans enable row level security;
  alter table steps enable row level security;
  create policy own on members using (tenant_id in (select mine()) or user_id = (select me()));
  create policy own on notes using (tenant_id in (select mine()) or user_id = (select me()) or tenant_id = 11 and (select me()) is not null);
  create policy own on words using (note_id in (select id from notes));
  create policy own on plans using (tenant_id in (select mine()));
  create policy own on steps using (plan_id in (select id from plans))`;

const modelOf = (world: World) =>
  parseModel(
    `
context: { setting: app.user, type: bigint }
tenants: { table: public.tenants, key: id, type: integer, platform: 11 }
membership: { table: public.members, user: user_id, tenant: tenant_id, when: left_at is null }
roles: { app: [${world.app}] }
tables:
  public.members: { tenancy: row, column: tenant_id, user: user_id }
  public.notes: { tenancy: row, column: tenant_id, user: user_id, share: { rows: platform, access: read } }
  public.words: { tenancy: row, through: notes }
  public.plans: { tenancy: row, column: tenant_id }
  public.steps: { tenancy: row, through: plans }
`,
    'rowhouse.yaml',
  );

interface Looked {
  readonly report: Report;
  /** How often what users should see was asked for each of them. */
  readonly each: number;
  /** How often rows were looked for that explain a difference. */
  readonly examined: number;
}

async function look(world: World, database: TestDatabase, once: boolean): Promise<Looked> {
  const model = modelOf(world);
  const snapshot = await readSnapshot(database.client);
  const intent = compileIntent(model, snapshot);
  const client = await database.connect();
  const asked: string[] = [];
  const query = client.query.bind(client) as (...values: unknown[]) => unknown;
  Object.assign(client, {
    query: (...values: unknown[]): unknown => {
      asked.push(String(values[0]));
      return query(...values);
    },
  });
  const report = await world.verify(
    once ? intent : { ...intent, memberships: null },
    { membership: true, contextOf: (subject) => contextAssignments(model, subject) },
    client,
    snapshot,
  );
  const count = (part: string): number => asked.filter((sql) => sql.includes(part)).length;
  return { report, each: count('using context[1]'), examined: count('as bucket') };
}

describe('what users should see', () => {
  test.for([
    ['nothing', 'select', []],
    [
      'a row of another tenant, in the place of a shared one, for one user',
      `create policy hidden on notes as restrictive for select using (id <> 11 or (select me()) <> 7);
      create policy leak on notes for select using (id = 3 and (select me()) = 7)`,
      [
        'foreign-row-visible public.notes',
        'foreign-row-visible public.words',
        'policy-hides-own public.notes',
        'policy-hides-own public.words',
      ],
    ],
    [
      `another user's own row`,
      `create policy leak on notes for select using (id = 10 and (select me()) = 21)`,
      ['foreign-row-visible public.notes', 'foreign-row-visible public.words'],
    ],
    [
      'its own row is missing, whose tenant it is no member of',
      `create policy hidden on notes as restrictive for select using (user_id is distinct from 10 or tenant_id in (select mine()))`,
      ['policy-hides-own public.notes', 'policy-hides-own public.words'],
    ],
    [
      'what a membership that has ended showed',
      `create policy leak on plans for select using (tenant_id = 10 and (select me()) = 28)`,
      ['foreign-row-visible public.plans', 'foreign-row-visible public.steps'],
    ],
    [
      'a row of a parent of another tenant',
      `create policy leak on steps for select using (id = 3 and (select me()) = 21)`,
      ['foreign-row-visible public.steps'],
    ],
  ] as const)('%s is found, as by a look for each of them', async ([, sql, wanted], { database }) => {
    const world = await buildWorld(database, schema, sql);
    const once = await look(world, database, true);
    const each = await look(world, database, false);
    expect(found(once.report)).toEqual(wanted);
    expect({ ...once.report, durationMs: 0 }).toEqual({ ...each.report, durationMs: 0 });
    if (wanted.length === 0) {
      expect(once.report).toMatchObject({ outcome: 'clean', coverage: { tenants: 29 } });
      expect(once.examined).toBe(0);
    }
    // Words may be a user's own by way of their note.
    expect([once.each, each.each]).toEqual([1, 5]);
  });
});
