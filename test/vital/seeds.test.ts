import type { ClientBase } from 'pg';
import { expect } from 'vitest';
import { test } from '../support/test.ts';
import { migrateVital, seedVital, tenants } from './vital.ts';

/** Rows that a tenant has, a table. */
async function rowsOf(client: ClientBase, tenant: string): Promise<Record<string, number>> {
  const { rows } = await client.query<{ relname: string; count: string }>(
    `select c.relname,
            (pg_catalog.xpath('/row/n/text()', pg_catalog.query_to_xml(
              pg_catalog.format('select count(*) as n from %s where tenant_id = %L', c.oid::regclass, $1::text),
              false, true, '')))[1]::text as count
       from pg_catalog.pg_class as c
       join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attname = 'tenant_id'
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
      order by 1`,
    [tenant],
  );
  return Object.fromEntries(rows.map(({ relname, count }) => [relname, Number(count)]));
}

test('each tenant gets rows of its own in every tenant table', async ({ database }) => {
  await migrateVital(database);
  await seedVital(database);
  for (const tenant of [tenants.startup, tenants.pharma]) {
    const rows = await rowsOf(database.client, tenant);
    expect(Object.keys(rows)).toHaveLength(14);
    expect(Object.entries(rows).filter(([, count]) => count === 0)).toEqual([]);
  }
});

test('each tenant gets the clones that the document names, and no others', async ({ database }) => {
  const { client } = database;
  await migrateVital(database);
  await seedVital(database);
  const distinct = async (sql: string, tenant: string): Promise<unknown[]> => {
    const { rows } = await client.query<Record<string, unknown>>(sql, [tenant]);
    return rows.flatMap((row) => Object.values(row));
  };
  const categories = 'select distinct category from public.tools where tenant_id = $1 order by 1';
  const functions = 'select distinct business_function from public.agents where tenant_id = $1 order by 1';
  expect(await distinct(categories, tenants.startup)).toEqual(['Clinical Trials', 'Digital Health', 'FDA']);
  expect(await distinct(functions, tenants.startup)).toEqual(['Clinical Operations', 'Regulatory Affairs']);
  expect(await distinct(categories, tenants.pharma)).toEqual(['Drug Development']);
  expect(await distinct(functions, tenants.pharma)).toEqual(['Drug Development', 'Regulatory Affairs']);
});

test('a second run adds nothing', async ({ database }) => {
  await migrateVital(database);
  const first = await seedVital(database);
  expect(first.map(({ rows }) => rows > 0)).toEqual([true, true]);
  const again = await seedVital(database);
  expect(again.map(({ rows }) => rows)).toEqual([0, 0]);
});

test('taking them out leaves nothing but the trace in the audit log', async ({ database }) => {
  const { client } = database;
  await migrateVital(database);
  const platform = await rowsOf(client, tenants.platform);
  await seedVital(database);
  await seedVital(database, true);
  for (const tenant of [tenants.startup, tenants.pharma]) {
    const rows = Object.entries(await rowsOf(client, tenant)).filter(([, count]) => count > 0);
    expect(rows.map(([table]) => table)).toEqual(['audit_log']);
  }
  expect(await rowsOf(client, tenants.platform)).toEqual(platform);
});

test('what a tenant has built on a clone keeps the clone', async ({ database }) => {
  const { client } = database;
  await migrateVital(database);
  await seedVital(database);
  const before = await rowsOf(client, tenants.startup);
  await client.query(
    `insert into public.chat_sessions (tenant_id, user_id, agent_id, title)
     select tenant_id, user_id, agent_id, 'later' from public.chat_sessions where tenant_id = $1`,
    [tenants.startup],
  );
  await expect(seedVital(database, true)).rejects.toThrow('foreign key');
  expect(await rowsOf(client, tenants.startup)).toMatchObject({ agents: before['agents'], users: before['users'] });
});
