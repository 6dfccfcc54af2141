import type { ClientBase } from 'pg';
import { beforeAll, afterAll, describe, expect } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { test } from '../support/test.ts';
import { asApp, migrateVital, seedVital, tenants } from './vital.ts';

const { platform, startup, pharma } = tenants;

/** Refused by a policy, and not for want of a privilege. */
const byPolicy = expect.objectContaining({
  code: '42501',
  message: expect.stringContaining('row-level security') as string,
}) as unknown;
const byForeignKey = expect.objectContaining({ code: '23503' }) as unknown;

let database: TestDatabase;
let client: ClientBase;

beforeAll(async () => {
  database = await createTestDatabase();
  ({ client } = database);
  await migrateVital(database);
  await seedVital(database);
});

afterAll(async () => {
  await database.drop();
});

/** The id of some row of a tenant, read as a superuser. */
async function idIn(table: string, tenant: string): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `select id from public.${table} where tenant_id = $1 order by id limit 1`,
    [tenant],
  );
  return rows[0]?.id ?? '';
}

/** Runs one statement as the application. @returns the rows it changed */
function change(tenant: string | null, sql: string, values: unknown[] = []): Promise<number | null> {
  return asApp(client, tenant, async () => (await client.query(sql, values)).rowCount);
}

describe('a chat session', () => {
  const open = `insert into public.chat_sessions (user_id, agent_id, title) values ($1, $2, 'new')`;

  test.for([
    { agents: 'its own', of: startup },
    { agents: "the platform's", of: platform },
  ])('is held with an agent of $agents', async ({ of }) => {
    const values = [await idIn('users', startup), await idIn('agents', of)];
    await expect(change(startup, open, values)).resolves.toBe(1);
  });

  test('cannot be held with an agent of another tenant, nor be moved to one', async () => {
    const foreign = await idIn('agents', pharma);
    await expect(change(startup, open, [await idIn('users', startup), foreign])).rejects.toEqual(byPolicy);
    await expect(change(startup, 'update public.chat_sessions set agent_id = $1', [foreign])).rejects.toEqual(byPolicy);
  });

  test('tells a foreign agent from none no more than a missing one', async () => {
    const missing = '99999999-9999-4999-8999-999999999999';
    await expect(change(startup, open, [await idIn('users', startup), missing])).rejects.toEqual(byPolicy);
  });

  test.for([pharma, platform])('belongs to a user of its own tenant, not of %s', async (of) => {
    const values = [await idIn('users', of), await idIn('agents', platform)];
    await expect(change(startup, open, values)).rejects.toEqual(byForeignKey);
  });
});

test('a message goes into a session of its own tenant', async () => {
  const write = `insert into public.chat_messages (session_id, position, role, content) values ($1, $2, 'user', 'new')`;
  await expect(change(startup, write, [await idIn('chat_sessions', startup), 50])).resolves.toBe(1);
  // Taken or free, the answer is the same: the key does not tell which positions another tenant has.
  const foreign = await idIn('chat_sessions', pharma);
  await expect(change(startup, write, [foreign, 1])).rejects.toEqual(byForeignKey);
  await expect(change(startup, write, [foreign, 50])).rejects.toEqual(byForeignKey);
});

describe('the tools of an agent', () => {
  const link = 'insert into public.agent_tools (agent_id, tool_id) values ($1, $2) on conflict do nothing';

  test("may be the platform's, on an agent of one's own", async () => {
    await expect(
      change(startup, link, [await idIn('agents', startup), await idIn('tools', platform)]),
    ).resolves.not.toBeNull();
  });

  test.for([
    { agent: platform, tool: startup },
    { agent: pharma, tool: platform },
    { agent: startup, tool: pharma },
  ])('stay within the wall: $agent with $tool', async ({ agent, tool }) => {
    await expect(change(startup, link, [await idIn('agents', agent), await idIn('tools', tool)])).rejects.toEqual(
      byPolicy,
    );
  });
});

test.for([
  {
    table: 'prompts',
    sql: "insert into public.prompts (slug, title, body, agent_id) values ('n', 'n', 'n', $1)",
    parent: 'agents',
  },
  {
    table: 'personas',
    sql: "insert into public.personas (slug, name, department_id) values ('n', 'n', $1)",
    parent: 'org_departments',
  },
  {
    table: 'personas',
    sql: "insert into public.personas (slug, name, level_id) values ('n', 'n', $1)",
    parent: 'organizational_levels',
  },
  {
    table: 'users',
    sql: "insert into public.users (email, display_name, department_id) values ('n', 'n', $1)",
    parent: 'org_departments',
  },
  {
    table: 'knowledge',
    sql: "insert into public.knowledge (slug, title, content, domain, function_id) values ('n', 'n', 'n', 'n', $1)",
    parent: 'suite_functions',
  },
  {
    table: 'org_departments',
    sql: "insert into public.org_departments (slug, name, function_id) values ('n', 'n', $1)",
    parent: 'suite_functions',
  },
  {
    table: 'agents',
    sql: "insert into public.agents (slug, name, business_function, system_prompt, function_id) values ('n', 'n', 'n', 'n', $1)",
    parent: 'suite_functions',
  },
  {
    table: 'jobs_to_be_done',
    sql: "insert into public.jobs_to_be_done (statement, persona_id) values ('n', $1)",
    parent: 'personas',
  },
])('$table points at $parent of its own tenant or of the platform alone', async ({ sql, parent }) => {
  await expect(change(startup, sql, [await idIn(parent, startup)])).resolves.toBe(1);
  await expect(change(startup, sql, [await idIn(parent, platform)])).resolves.toBe(1);
  await expect(change(startup, sql, [await idIn(parent, pharma)])).rejects.toEqual(byPolicy);
});

describe('shared rows', () => {
  test("are the platform's to change", async () => {
    const rename = 'update public.tools set name = name where tenant_id = $1';
    await expect(change(platform, rename, [platform])).resolves.toBe(60);
    await expect(change(startup, rename, [platform])).resolves.toBe(0);
    await expect(change(startup, 'delete from public.knowledge where tenant_id = $1', [platform])).resolves.toBe(0);
  });

  test('can be neither planted nor seized', async () => {
    const plant = "insert into public.tools (slug, name, tenant_id) values ('planted', 'planted', $1)";
    await expect(change(startup, plant, [platform])).rejects.toEqual(byPolicy);
    await expect(change(startup, 'update public.tools set tenant_id = $1', [startup])).rejects.toThrow(
      'permission denied',
    );
  });

  test("are nobody's without a tenant", async () => {
    for (const context of [null, '']) {
      const rows = await asApp(client, context, async () => (await client.query('select from public.tools')).rowCount);
      expect(rows).toBe(0);
    }
    await expect(asApp(client, 'garbage', () => client.query('select from public.tools'))).rejects.toThrow('uuid');
  });
});

test('natural keys are unique within a tenant, and do not tell what another has', async () => {
  const add = `insert into public.tools (slug, name) values ($1, 'n')`;
  const { rows } = await client.query<{ slug: string }>('select slug from public.tools where tenant_id = $1', [pharma]);
  const { rows: own } = await client.query<{ slug: string }>('select slug from public.tools where tenant_id = $1', [
    startup,
  ]);
  const foreignOnly = rows.find(({ slug }) => !own.some((tool) => tool.slug === slug))?.slug;
  expect(foreignOnly).toBeDefined();
  await expect(change(startup, add, [foreignOnly])).resolves.toBe(1);
  await expect(change(startup, add, [own[0]?.slug])).rejects.toMatchObject({ code: '23505' });
});

test('an audit row belongs to the tenant whose row was changed', async () => {
  const seen = await asApp(client, startup, async () => {
    await client.query("update public.agents set description = 'changed by its tenant'");
    const { rows } = await client.query<{ tenant_id: string }>(
      "select distinct tenant_id from public.audit_log where new_row ->> 'description' = 'changed by its tenant'",
    );
    return rows;
  });
  expect(seen).toEqual([{ tenant_id: startup }]);
  const forge = "insert into public.audit_log (tenant_id, table_name, row_id, action) values ($1, 'x', $1, 'INSERT')";
  await expect(change(startup, forge, [pharma])).rejects.toEqual(byPolicy);
  await expect(change(startup, 'delete from public.audit_log')).rejects.toThrow('permission denied');
});

test('the owner is bound too, and sees nothing without a context', async () => {
  await client.query('begin');
  await client.query('set local role vital_owner');
  const { rowCount } = await client.query('select from public.tools');
  await client.query('rollback');
  expect(rowCount).toBe(0);
});

test('the sequence of references tells the application nothing', async () => {
  await expect(change(startup, "select pg_catalog.nextval('public.job_reference_seq')")).rejects.toThrow(
    'permission denied',
  );
  const { rows } = await asApp(client, startup, () =>
    client.query<{ last_value: string | null }>(
      "select last_value from pg_catalog.pg_sequences where sequencename = 'job_reference_seq'",
    ),
  );
  expect(rows).toEqual([{ last_value: null }]);
});
