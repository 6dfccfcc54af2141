import { join } from 'node:path';
import { createTwoFilesPatch } from 'diff';
import { policiesOf } from '../access/policies.ts';
import { findRelation, nameOf } from '../catalog/lookup.ts';
import { readSnapshot } from '../catalog/read-snapshot.ts';
import type { CatalogSnapshot, Relation } from '../catalog/snapshot.ts';
import { policyDefinition } from '../plan/policies.ts';
import type { Connection } from '../postgres/connect.ts';
import { formatQualified } from '../sql/ident.ts';
import { reading } from './catalog.ts';
import type { Project } from './project.ts';
import { withWantedPolicies } from './wanted-policies.ts';

/** What row-level security of a table is in the database, and what `policies/` wants. */
export interface PolicyDifference {
  /** `schema.relation` */
  readonly table: string;
  /** From the database to the folder, as a unified diff. */
  readonly difference: string;
  readonly live: readonly string[];
  readonly wanted: readonly string[];
}

export interface PoliciesDiff {
  /** Tables that were compared. */
  readonly tables: number;
  readonly differences: readonly PolicyDifference[];
}

/**
 * Compares the policies of a project's database with those of its folder `policies/`, both as PostgreSQL prints them. A table of the
 * model that has policies and no file differs too; one that the model does not name is somebody else's.
 *
 * @throws RowhouseError where the folder holds something else than policies, or PostgreSQL does not take them
 */
export async function diffPolicies({
  project,
  connection,
}: {
  readonly project: Project;
  readonly connection: Connection;
}): Promise<PoliciesDiff> {
  return await reading(connection, 'rowhouse policies', async (client) => {
    const live = await readSnapshot(client);
    const wanted = await withWantedPolicies(client, live, join(project.directory, 'policies'));
    const modelled = project.model.tables.flatMap(({ table }) => findRelation(live, table) ?? []);
    const compared = live.relations.filter(
      (relation) => wanted.tables.has(relation.oid) || modelled.includes(relation),
    );
    const differences = compared.flatMap((relation) => {
      const now = securityOf(live, relation);
      const target = wanted.tables.has(relation.oid)
        ? securityOf(wanted.snapshot, findRelation(wanted.snapshot, nameOf(relation)) ?? relation)
        : [];
      return differenceOf(formatQualified(nameOf(relation)), now, target);
    });
    return { tables: compared.length, differences };
  });
}

function differenceOf(table: string, live: readonly string[], wanted: readonly string[]): readonly PolicyDifference[] {
  const [before, after] = [textOf(live), textOf(wanted)];
  if (before === after) return [];
  return [{ table, live, wanted, difference: createTwoFilesPatch(table, table, before, after, 'live', 'wanted') }];
}

function textOf(statements: readonly string[]): string {
  return statements.map((statement) => `${statement}\n`).join('');
}

/** Row-level security of a table as statements, in an order of its own. */
function securityOf(snapshot: CatalogSnapshot, relation: Relation): readonly string[] {
  const table = formatQualified(nameOf(relation));
  return [
    ...(relation.relrowsecurity ? [`alter table ${table} enable row level security;`] : []),
    ...(relation.relforcerowsecurity ? [`alter table ${table} force row level security;`] : []),
    ...policiesOf(snapshot, relation)
      .map((policy) => `${policyDefinition(table, policy)};`)
      .sort(),
  ];
}
