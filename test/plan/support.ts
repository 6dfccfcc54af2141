import type pg from 'pg';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import type { Decision } from '../../src/plan/ownership/decision.ts';
import { findOwnership } from '../../src/plan/ownership/index.ts';
import { formatQualified, parseQualified, type QualifiedName } from '../../src/sql/ident.ts';

/** What the tables of a database are taken for, by their names without the schema where that is `public`. */
export async function decide(
  client: pg.Client,
  sql: string,
  ...roots: readonly string[]
): Promise<ReadonlyMap<string, Decision>> {
  await client.query(sql);
  const ownership = findOwnership(
    await readSnapshot(client),
    roots.map((text): QualifiedName => parseQualified(text) ?? { schema: 'public', name: text }),
  );
  return new Map(ownership.tables.map((decision) => [short(decision.table), decision]));
}

/** The same for tables beside one of tenants with an integer for a key. */
export async function decideBelowTenants(client: pg.Client, sql: string): Promise<ReadonlyMap<string, Decision>> {
  return await decide(client, `create table tenants (id int primary key); ${sql}`, 'public.tenants');
}

/** A decision in one line: `row organization_id`, `row project_id > projects > organizations`, `? shared`. */
export function told({ tenancy, column, path, doubt }: Decision): string {
  const steps = path.map(({ parent }) => (parent === null ? '*' : short(parent)));
  const [first] = path;
  const way = first === undefined ? [] : [`${first.columns.join(',')} > ${steps.join(' > ')}`];
  return [doubt ? '? ' : '', tenancy, column === null ? '' : ` [${column}]`, ...way.map((text) => ` ${text}`)].join('');
}

/** All of them in one line each. */
export function toldAll(decisions: ReadonlyMap<string, Decision>): Record<string, string> {
  return Object.fromEntries([...decisions].map(([name, decision]) => [name, told(decision)]));
}

function short({ schema, name }: QualifiedName): string {
  return schema === 'public'
    ? formatQualified({ schema, name }).replace(/^public\./, '')
    : formatQualified({ schema, name });
}
