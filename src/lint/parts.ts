import type { Relation } from '../catalog/snapshot.ts';
import type { LintInput } from './input.ts';

/** Whether a relation is a partition or inheritance child of a tenant table, whose rows it holds. */
export function isPartOf(modelled: LintInput['modelled'], relation: Relation): boolean {
  return relation.parents.some((oid) => {
    const tenancy = modelled.get(oid)?.intent.tenancy;
    return tenancy === 'row' || tenancy === 'root';
  });
}
