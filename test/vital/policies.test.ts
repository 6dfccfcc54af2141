import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientBase } from 'pg';
import { describe, expect } from 'vitest';
import { diffPolicies } from '../../src/app/policies-diff.ts';
import { loadDocumentSql } from '../../src/demo/vital.ts';
import { test } from '../support/test.ts';
import { migrateVital, requestFor, root } from './vital.ts';

const folder = join(root, 'policies');
const wanted = readdirSync(folder).sort();

/** What row-level security of `public` is, as PostgreSQL prints it. */
async function securityOf(client: ClientBase): Promise<unknown[]> {
  const { rows } = await client.query<Record<string, unknown>>(
    `select c.relname, c.relrowsecurity, c.relforcerowsecurity,
            p.polname, p.polcmd, p.polpermissive, p.polroles::text,
            pg_catalog.pg_get_expr(p.polqual, p.polrelid) as using,
            pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) as check
       from pg_catalog.pg_class as c
       left join pg_catalog.pg_policy as p on p.polrelid = c.oid
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
      order by c.relname, p.polname`,
  );
  return rows;
}

async function viewsOf(client: ClientBase): Promise<unknown[]> {
  const { rows } = await client.query<Record<string, unknown>>(
    `select relname, relowner::regrole::text as owner, reloptions, relacl::text as acl,
            pg_catalog.pg_get_viewdef(oid) as definition
       from pg_catalog.pg_class
      where relnamespace = 'public'::regnamespace and relkind = 'v'
      order by relname`,
  );
  return rows;
}

test('the migrations make exactly the policies that policies/ wants', async ({ database }) => {
  const { client } = database;
  await migrateVital(database);
  const live = await securityOf(client);
  expect((await diffPolicies(await requestFor(database))).differences).toEqual([]);

  await client.query('begin');
  const { rows: policies } = await client.query<{ drop: string }>(
    `select format('drop policy %I on %s', polname, polrelid::regclass) as drop from pg_catalog.pg_policy`,
  );
  expect(policies.length).toBeGreaterThan(50);
  for (const { drop } of policies) await client.query(drop);
  const { rows: tables } = await client.query<{ disable: string }>(
    `select format('alter table %s no force row level security, disable row level security', oid::regclass) as disable
       from pg_catalog.pg_class where relrowsecurity`,
  );
  for (const { disable } of tables) await client.query(disable);
  for (const file of wanted) await client.query(readFileSync(join(folder, file), 'utf8'));
  expect(await securityOf(client)).toEqual(live);
  await client.query('rollback');
});

test('every table but the shared categories has its policies', async ({ database }) => {
  await migrateVital(database);
  const { rows } = await database.client.query<{ file: string }>(
    `select 'public.' || relname || '.sql' as file from pg_catalog.pg_class
      where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'tool_categories'
      order by relname`,
  );
  expect(wanted).toEqual(rows.map((row) => row.file).sort());
});

describe.each([
  { name: 'policy', heal: 'heal-policy', read: securityOf },
  { name: 'view', heal: 'heal-view', read: viewsOf },
] as const)("the document's $name", ({ name, heal, read }) => {
  test('differs from ours, and is healed without a trace', async ({ database }) => {
    const { client } = database;
    await migrateVital(database);
    const ours = await read(client);
    await client.query(loadDocumentSql(name));
    expect(await read(client)).not.toEqual(ours);
    await client.query(loadDocumentSql(heal));
    expect(await read(client)).toEqual(ours);
  });
});
