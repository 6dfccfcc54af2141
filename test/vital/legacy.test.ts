import { createHash } from 'node:crypto';
import type { ClientBase } from 'pg';
import { expect } from 'vitest';
import { loadLegacyVital } from '../../src/demo/vital.ts';
import { quoteIdent } from '../../src/sql/ident.ts';
import { createTestDatabase } from '../support/database.ts';
import { test } from '../support/test.ts';
import { scale } from './vital.ts';

async function tablesOf(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ relname: string }>(
    `select relname from pg_catalog.pg_class
      where relnamespace = 'public'::regnamespace and relkind = 'r' order by relname`,
  );
  return rows.map((row) => row.relname);
}

/** Rows and a hash of all of them, a table. */
async function contentsOf(client: ClientBase): Promise<Record<string, { count: number; hash: string }>> {
  const contents: Record<string, { count: number; hash: string }> = {};
  for (const table of await tablesOf(client)) {
    const { rows } = await client.query<{ text: string }>(
      `select t::text as text from public.${quoteIdent(table)} as t order by t::text collate "C"`,
    );
    const hash = createHash('sha256');
    for (const { text } of rows) hash.update(text).update('\n');
    contents[table] = { count: rows.length, hash: hash.digest('hex') };
  }
  return contents;
}

test('the same scale gives the same rows in every database', async ({ database }) => {
  const other = await createTestDatabase();
  try {
    await loadLegacyVital(database.client, scale);
    // Neither the time zone of a session nor what it did before may show in the rows.
    await other.client.query("set timezone = 'Asia/Kolkata'");
    await loadLegacyVital(other.client, scale);
    await other.client.query('reset timezone');
    expect(await contentsOf(other.client)).toEqual(await contentsOf(database.client));
  } finally {
    await other.drop();
  }
});

test('every table has rows, and a larger scale has more of them', async ({ database }) => {
  await loadLegacyVital(database.client, scale);
  const counts = Object.values(await contentsOf(database.client)).map(({ count }) => count);
  expect(counts).toHaveLength(15);
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(8);

  const larger = await createTestDatabase();
  try {
    await loadLegacyVital(larger.client, 4 * scale);
    const { rows } = await larger.client.query<{ count: string }>('select count(*) from public.chat_messages');
    expect(Number(rows[0]?.count)).toBeGreaterThan(3 * 996);
  } finally {
    await larger.drop();
  }
});

test('the rows hold every constraint that the load did not check', async ({ database }) => {
  const { client } = database;
  await loadLegacyVital(client, scale);
  const { rows } = await client.query<{ relation: string; name: string; definition: string }>(
    `select conrelid::regclass::text as relation, pg_catalog.quote_ident(conname) as name,
            pg_catalog.pg_get_constraintdef(oid) as definition
       from pg_catalog.pg_constraint
      where connamespace = 'public'::regnamespace and contype = 'f'
      order by 1, 2`,
  );
  expect(rows.length).toBeGreaterThan(15);
  for (const { relation, name, definition } of rows) {
    await client.query(`alter table ${relation} drop constraint ${name}`);
    await client.query(`alter table ${relation} add constraint ${name} ${definition}`);
  }
});

test('everything belongs to the owner, and its triggers fire again after the load', async ({ database }) => {
  const { client } = database;
  await loadLegacyVital(client, scale);
  const { rows: strangers } = await client.query(
    `select relname from pg_catalog.pg_class
      where relnamespace = 'public'::regnamespace and relowner <> 'vital_owner'::regrole`,
  );
  expect(strangers).toEqual([]);

  const { rows } = await client.query<{ touched: boolean }>(
    `update public.agents set name = name || '!' where slug = 'agent-1' returning updated_at = now() as touched`,
  );
  expect(rows).toEqual([{ touched: true }]);
  const { rows: audit } = await client.query(
    `select table_name, action from public.audit_log where changed_at > now() - interval '1 hour'`,
  );
  expect(audit).toEqual([{ table_name: 'agents', action: 'UPDATE' }]);

  const { rows: jobs } = await client.query<{ reference: string }>(
    `insert into public.jobs_to_be_done (persona_id, statement)
     select id, 'one more' from public.personas limit 1 returning reference`,
  );
  expect(jobs).toEqual([{ reference: 'JTBD-00000051' }]);
});
