import type { ClientBase } from 'pg';
import { describe, expect } from 'vitest';
import { test } from '../support/test.ts';
import { migrateOn, migrateVital, tenants } from './vital.ts';

/** As the application did before the conversion: as the owner, without a context. Rolled back. */
async function asOldApp<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query('begin');
  try {
    await client.query('set local role vital_owner');
    return await work();
  } finally {
    await client.query('rollback');
  }
}

async function column(client: ClientBase, sql: string): Promise<unknown[]> {
  const { rows } = await client.query<Record<string, unknown>>(sql);
  return rows.flatMap((row) => Object.values(row));
}

/** Where one may stop to deploy, and old code must go on working. */
const stops = ['0010', '@tenant-structure', '0035'];

describe.each(stops)('old code at %s', (stop) => {
  test("writes rows that become the platform's", async ({ database }) => {
    const { client } = database;
    await migrateVital(database, stop);
    await asOldApp(client, async () => {
      await client.query(`
        insert into public.tools (slug, name) values ('old', 'Old');
        insert into public.agents (slug, name, business_function, system_prompt) values ('old', 'Old', 'x', 'y');
        insert into public.agent_tools (agent_id, tool_id)
          select a.id, t.id from public.agents as a, public.tools as t where a.slug = 'old' and t.slug = 'old';
        insert into public.chat_sessions (user_id, agent_id, title)
          select u.id, a.id, 'old' from public.users as u, public.agents as a
          where u.email = 'user1@vital.example' and a.slug = 'old';
        insert into public.chat_messages (session_id, position, role, content)
          select id, 1, 'user', 'hello' from public.chat_sessions where title = 'old'`);
      const owners = await column(
        client,
        `select tenant_id from public.tools where slug = 'old'
         union all select tenant_id from public.agents where slug = 'old'
         union all select l.tenant_id from public.agent_tools as l join public.agents as a on a.id = l.agent_id and a.slug = 'old'
         union all select tenant_id from public.chat_sessions where title = 'old'
         union all select tenant_id from public.chat_messages where content = 'hello'
         union all select tenant_id from public.audit_log where new_row ->> 'slug' = 'old'`,
      );
      expect(owners).toEqual(Array.from({ length: 6 }, () => tenants.platform));
      expect(
        await column(
          client,
          `select pg_sequence_last_value('public.tools_contextless_writes')
           union all select pg_sequence_last_value('public.chat_messages_contextless_writes')
           union all select pg_sequence_last_value('public.knowledge_contextless_writes')`,
        ),
      ).toEqual(['1', '1', null]);
    });
  });

  test('changes rows that the backfill may not have reached', async ({ database }) => {
    const { client } = database;
    await migrateVital(database, stop);
    await asOldApp(client, async () => {
      const owners = await column(
        client,
        `update public.chat_messages set content = 'edited' where position = 2 returning tenant_id`,
      );
      expect(owners.length).toBeGreaterThan(50);
      expect(new Set(owners)).toEqual(new Set([tenants.platform]));
      expect(
        await column(
          client,
          `update public.prompts set title = 'edited' where slug = 'prompt-1' returning updated_at = now()`,
        ),
      ).toEqual([true]);
      expect(
        await column(client, `select count(*) from public.audit_log where new_row ->> 'title' = 'edited'`),
      ).toEqual(['1']);
    });
  });
});

test('a message takes the tenant of its session, and a job that of its persona', async ({ database }) => {
  const { client } = database;
  await migrateVital(database, '0010');
  await client.query(`
    update public.chat_sessions set tenant_id = '${tenants.pharma}' where title = 'Conversation 1';
    update public.personas set tenant_id = '${tenants.pharma}' where slug = 'persona-1'`);
  await asOldApp(client, async () => {
    expect(
      await column(
        client,
        `insert into public.chat_messages (session_id, position, role, content)
         select id, 99, 'user', 'hello' from public.chat_sessions where title = 'Conversation 1' returning tenant_id`,
      ),
    ).toEqual([tenants.pharma]);
    expect(
      await column(
        client,
        `insert into public.jobs_to_be_done (persona_id, statement)
         select id, 'x' from public.personas where slug = 'persona-1' returning tenant_id`,
      ),
    ).toEqual([tenants.pharma]);
  });
});

test('a backfill is no edit: it touches neither updated_at nor the audit log', async ({ database }) => {
  const { client } = database;
  await migrateVital(database, '0010');
  const trace = `
    select md5(string_agg(t.id || t.updated_at::text, ',' order by t.id)) from public.agents as t
    union all select count(*)::text from public.audit_log`;
  const before = await column(client, trace);
  await migrateOn(database, '@tenant-structure');
  expect(await column(client, trace)).toEqual(before);
  expect(await column(client, 'select count(*) from public.agents where tenant_id is null')).toEqual(['0']);
});

describe('tools.category', () => {
  const category = `select category from public.tools where slug = 'tool-1'`;

  test('follows category_id for code that writes nothing else', async ({ database }) => {
    const { client } = database;
    await migrateVital(database, '@tenant-structure');
    expect(await column(client, category)).toEqual(['Core']);
    await asOldApp(client, async () => {
      await client.query(
        `update public.tools set category_id = (select id from public.tool_categories where name = 'FDA') where slug = 'tool-1'`,
      );
      expect(await column(client, category)).toEqual(['FDA']);
      await client.query(`update public.tools set category_id = null where slug = 'tool-1'`);
      expect(await column(client, category)).toEqual([null]);
    });
  });

  test('follows a rename, and one that could not reach every tool is refused', async ({ database }) => {
    const { client } = database;
    await migrateVital(database);
    const rename = `update public.tool_categories set name = 'Basics' where name = 'Core'`;
    await expect(asOldApp(client, () => client.query(rename))).rejects.toThrow('row-level security');
    await client.query('begin');
    await client.query('set local role vital_etl');
    await client.query(rename);
    expect(await column(client, category)).toEqual(['Basics']);
    await client.query('rollback');
  });

  test('a tool that is added during a rename gets the new name', async ({ database }) => {
    const { client } = database;
    await migrateVital(database, '@tenant-structure');
    const other = await database.connect();
    await client.query('begin');
    await client.query(`update public.tool_categories set name = 'Basics' where name = 'Core'`);
    const added = other.query(
      `insert into public.tools (slug, name, category_id)
       select 'late', 'Late', id from public.tool_categories where name = 'Core'`,
    );
    await expect
      .poll(() =>
        column(
          client,
          `select count(*) from pg_catalog.pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'`,
        ),
      )
      .toEqual(['1']);
    await client.query('commit');
    await added;
    expect(await column(client, `select category from public.tools where slug = 'late'`)).toEqual(['Basics']);
  });
});
