import { accessMatrix, type AccessMatrix, type RelationAccess } from '../access/matrix.ts';
import { findRelation } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Relation } from '../catalog/snapshot.ts';
import type { Intent, RelationIntent } from '../intent/relation-intent.ts';
import type { Model } from '../model/model.ts';

/** A relation of the model that the database has, with what one app role can do there. */
export interface Modelled {
  readonly relation: Relation;
  readonly intent: RelationIntent;
  readonly access: RelationAccess;
}

/** What the rules read: the catalog, the model, and the access of one app role. */
export interface LintInput {
  readonly snapshot: CatalogSnapshot;
  readonly model: Model;
  readonly intent: Intent;
  readonly role: string;
  readonly access: AccessMatrix;
  /** The relations of the model by oid, partitions and inheritance children of its tables included. */
  readonly modelled: ReadonlyMap<number, Modelled>;
  /** Those of them whose rows have owners: a tenant's own tables, and that of the tenants. Views are not among them. */
  readonly tenantTables: readonly Modelled[];
  /** Those of them that hold rows of several tenants: without the tables of a tenant's own schema, which may be all its role's. */
  readonly commonTables: readonly Modelled[];
}

export function lintInput(snapshot: CatalogSnapshot, model: Model, intent: Intent, role: string): LintInput {
  const access = accessMatrix(snapshot, role);
  const modelled = new Map<number, Modelled>();
  for (const one of intent.relations) {
    const relation = findRelation(snapshot, one);
    const accessed = relation && access.relations.get(relation.oid);
    if (accessed) modelled.set(relation.oid, { relation, intent: one, access: accessed });
  }
  const tenantTables = [...modelled.values()].filter(
    ({ intent: { kind, tenancy } }) =>
      kind === 'table' && (tenancy === 'row' || tenancy === 'root' || tenancy === 'schema'),
  );
  const commonTables = tenantTables.filter(({ intent: { tenancy } }) => tenancy !== 'schema');
  return { snapshot, model, intent, role, access, modelled, tenantTables, commonTables };
}
