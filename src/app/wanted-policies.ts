import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { findRelation } from '../catalog/lookup.ts';
import { readPolicies } from '../catalog/read-snapshot.ts';
import type { CatalogSnapshot, Policy, Relation } from '../catalog/snapshot.ts';
import { messageOf, RowhouseError } from '../domain/errors.ts';
import { undone } from '../postgres/impersonate.ts';
import { inRolledBackTransaction } from '../postgres/transaction.ts';
import { formatQualified, quoteIdent, quoteQualified, type QualifiedName } from '../sql/ident.ts';
import { readPolicyStatement, type PolicyStatement } from '../sql/policy-statement.ts';
import { splitStatements } from '../sql/parse.ts';

/** A statement of a folder, and where it stands. */
interface Wanted extends PolicyStatement {
  readonly file: string;
}

/** What a table is to have, as PostgreSQL prints it. */
export type Rendered = Pick<Relation, 'oid' | 'relrowsecurity' | 'relforcerowsecurity'> & {
  readonly policies: readonly Policy[];
};

/** The catalog as a folder wants it, and the tables that the folder says anything of, by oid. */
export interface WantedPolicies {
  readonly snapshot: CatalogSnapshot;
  readonly tables: ReadonlySet<number>;
}

/**
 * The catalog as it would be with the policies of a folder in place of those that its tables have. PostgreSQL itself reads them, on
 * empty tables of the same columns, in a transaction that is rolled back: it prints an expression otherwise than it was written.
 *
 * @throws RowhouseError where the folder holds something else, or PostgreSQL does not take it
 */
export async function withWantedPolicies(
  client: pg.ClientBase,
  snapshot: CatalogSnapshot,
  folder: string,
): Promise<WantedPolicies> {
  const wanted = await readFolder(folder);
  const byTable = new Map<Relation, Wanted[]>();
  for (const one of wanted) {
    const relation = findRelation(snapshot, one.table);
    if (relation === undefined) throw noTable(one);
    byTable.set(relation, [...(byTable.get(relation) ?? []), one]);
  }
  const rendered = await inRolledBackTransaction(client, async () => {
    const found: Rendered[] = [];
    for (const [relation, statements] of byTable) found.push(await render(client, relation, statements, found.length));
    return found;
  });
  const oids = new Map(rendered.map((one) => [one.oid, one]));
  return {
    snapshot: {
      ...snapshot,
      relations: snapshot.relations.map((relation) => ({ ...relation, ...flagsOf(oids.get(relation.oid)) })),
      policies: [
        ...snapshot.policies.filter(({ polrelid }) => !oids.has(polrelid)),
        ...rendered.flatMap(({ policies }) => policies),
      ],
    },
    tables: new Set(oids.keys()),
  };
}

function flagsOf(rendered: Rendered | undefined): Partial<Relation> {
  if (rendered === undefined) return {};
  const { relrowsecurity, relforcerowsecurity } = rendered;
  return { relrowsecurity, relforcerowsecurity };
}

async function readFolder(folder: string): Promise<readonly Wanted[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new RowhouseError('usage', 'no-policies', `Cannot read the folder ${folder}.`, { cause: error });
  });
  const files = names.filter((name) => name.endsWith('.sql')).sort();
  const texts = await Promise.all(files.map(async (file) => await readFile(join(folder, file), 'utf8')));
  const wanted = files.flatMap((file, index) => statementsOf(file, texts[index] ?? ''));
  if (wanted.length > 0) return wanted;
  throw new RowhouseError('usage', 'no-policies', `${folder} holds no policies.`, {
    hint: 'It holds files of CREATE POLICY and ALTER TABLE … ROW LEVEL SECURITY, such as policies/ of a project.',
  });
}

function statementsOf(file: string, text: string): readonly Wanted[] {
  return splitStatements(text).map((statement) => {
    const read = readPolicyStatement(statement);
    if (read !== null) return { ...read, file };
    const [line = ''] = statement.text.split('\n');
    throw new RowhouseError('configuration', 'not-policies', `${file} holds something else than policies: ${line}`);
  });
}

/** The policies of a text, as PostgreSQL prints them of an empty table like the one that they are for. Call it in a transaction. */
export async function renderPolicies(
  client: pg.ClientBase,
  relation: Relation,
  file: string,
  text: string,
): Promise<Rendered> {
  return await undone(client, () => render(client, relation, statementsOf(file, text), 0));
}

/** Makes the policies on a table like the one that they are for. */
async function render(
  client: pg.ClientBase,
  relation: Relation,
  statements: readonly Wanted[],
  index: number,
): Promise<Rendered> {
  // A schema for each: an expression may name its table without one, and two may have the same name.
  const like: QualifiedName = { schema: `rowhouse_wanted_${index}`, name: relation.relname };
  const own = quoteQualified({ schema: relation.nspname, name: relation.relname });
  const target = quoteQualified(like);
  await client.query(`create schema ${quoteIdent(like.schema)}; create table ${target} (like ${own})`);
  if (relation.relrowsecurity) await client.query(`alter table ${target} enable row level security`);
  if (relation.relforcerowsecurity) await client.query(`alter table ${target} force row level security`);
  for (const { file, on } of statements) {
    await client.query(on(target)).catch((error: unknown) => {
      throw new RowhouseError('configuration', 'policy-refused', `${file}: ${messageOf(error)}`, { cause: error });
    });
  }
  const { rows } = await client.query<Omit<Rendered, 'policies'>>(
    'select oid, relrowsecurity, relforcerowsecurity from pg_catalog.pg_class where oid = $1::pg_catalog.regclass',
    [target],
  );
  const [made] = rows;
  if (made === undefined) throw new TypeError(`${target} was not made.`);
  const policies = await readPolicies(client, [made.oid]);
  return { ...made, oid: relation.oid, policies: policies.map((policy) => ({ ...policy, polrelid: relation.oid })) };
}

function noTable({ file, table }: Wanted): RowhouseError {
  return new RowhouseError(
    'configuration',
    'no-table',
    `${file} has policies of ${formatQualified(table)}, which the database does not have.`,
  );
}
