import { sameSet } from '../domain/same-set.ts';
import { mayUse } from '../access/matrix.ts';
import { derived, groupBy } from '../catalog/derived.ts';
import { foreignKeysOf } from '../catalog/lookup.ts';
import { indexedColumns, isNatural } from '../catalog/natural-key.ts';
import type { Index, Relation } from '../catalog/snapshot.ts';
import type { LintInput, Modelled } from './input.ts';
import { passingOf } from './scope.ts';
import { ownershipOf, type Ownership } from './scope/ownership.ts';

/** A key over values that people choose, which holds for all tenants at once, and which the app role may try. */
export interface GlobalKey {
  readonly modelled: Modelled;
  readonly index: Index;
  readonly columns: readonly string[];
  /** The model says that it holds for all on purpose. */
  readonly declared: boolean;
}

export const indexesByTable = derived(({ indexes }) => groupBy(indexes, ({ indrelid }) => indrelid));

export function* globalKeys(input: LintInput): Generator<GlobalKey> {
  const { snapshot, model, commonTables } = input;
  for (const modelled of commonTables) {
    const { relation, intent, access } = modelled;
    const ownership = ownershipOf(snapshot, model, relation);
    // The keys of a partition are those of its table.
    if (ownership === undefined || relation.relispartition) continue;
    const pointers = new Set(foreignKeysOf(snapshot, relation).flatMap(({ columns }) => columns));
    for (const index of indexesByTable(snapshot).get(relation.oid) ?? []) {
      if (!index.indisvalid || !(index.indisunique || index.indisexclusion)) continue;
      const columns = indexedColumns(relation, index);
      const decides = holdsOwner(columns, ownership);
      const natural = columns.every((column) => isNatural(relation, column, index, pointers));
      const tried = mayUse(access, 'insert') || columns.some((one) => access.privileges.columns.UPDATE.includes(one));
      if (columns.length === 0 || decides || !natural || !tried || isOfOneTenant(input, relation, index)) continue;
      const declared = intent.oracles.some((key) => sameSet(key, columns));
      yield { modelled, index, columns, declared };
    }
  }
}

/** Whether a table has a key that two tenants' rows can be in conflict by. */
export function hasGlobalKey({ snapshot, model }: LintInput, relation: Relation): boolean {
  const ownership = ownershipOf(snapshot, model, relation);
  return (indexesByTable(snapshot).get(relation.oid) ?? []).some(
    (index) =>
      index.indisunique &&
      index.indisvalid &&
      ownership !== undefined &&
      !holdsOwner(indexedColumns(relation, index), ownership),
  );
}

/** Whether the index holds the rows of no tenant but one that its predicate names. */
function isOfOneTenant(input: LintInput, relation: Relation, { indpred }: Index): boolean {
  if (indpred === null) return false;
  const rows = passingOf(input, relation, indpred, 'select')?.map(({ situation }) => situation);
  const named = new Set(rows?.map(({ tenant }) => (tenant.kind === 'id' ? tenant.text : undefined)));
  return rows?.every((one) => one.rows === 'literal') === true && named.size === 1;
}

function holdsOwner(columns: readonly string[], { columns: owner }: Ownership): boolean {
  return columns.some((column) => owner?.includes(column));
}
