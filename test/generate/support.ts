import type pg from 'pg';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import { generateRows, type Generated, type GenerateOptions } from '../../src/generate/generate-rows.ts';
import { compileIntent } from '../../src/intent/compile.ts';
import { parseModel } from '../../src/model/parse.ts';

/** A model of tenants in `public.tenants`, with these lines under `tables`. */
export function modelWith(...tables: readonly string[]): string {
  return `
context: { setting: app.tenant, type: uuid }
tenants: { table: public.tenants, key: id }
roles: { app: app }
tables:
  public.tenants: { tenancy: root }
${tables.map((line) => `  ${line}`).join('\n')}
`;
}

/** The table of tenants of that model, and what policies and triggers ask for the tenant of a session. */
export const tenantsSql = `
  create table tenants (id uuid primary key, name text not null);
  create function ctx() returns uuid language sql stable
    as $$ select nullif(current_setting('app.tenant', true), '')::uuid $$;`;

/** Generates rows in a transaction that stays open, so that tests can look at them. */
export async function generate(
  client: pg.Client,
  sql: string,
  model: string,
  options: GenerateOptions = {},
): Promise<Generated> {
  await client.query(sql);
  const parsed = parseModel(model, 'rowhouse.yaml');
  const snapshot = await readSnapshot(client);
  await client.query('begin; set local row_security = off');
  return await generateRows(client, parsed, snapshot, compileIntent(parsed, snapshot), options);
}

/** What could not be made, as `relation: reason`. */
export function obstacles({ obstacles: found }: Generated): readonly string[] {
  return found.map(({ relation, reason }) => `${relation.schema}.${relation.name}: ${reason}`);
}

/** The rows of a query. */
export async function rowsOf(client: pg.Client, sql: string): Promise<readonly Record<string, unknown>[]> {
  return (await client.query<Record<string, unknown>>(sql)).rows;
}

/** The number that a query counts. */
export async function count(client: pg.Client, sql: string): Promise<number> {
  const { rows } = await client.query<{ count: string }>(`select count(*) from ${sql}`);
  return Number(rows[0]?.count);
}
