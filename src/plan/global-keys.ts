import { constraintsOf, foreignKeysOf, nameOf } from '../catalog/lookup.ts';
import { indexedColumns, isNatural } from '../catalog/natural-key.ts';
import type { Constraint, Index } from '../catalog/snapshot.ts';
import { formatQualified } from '../sql/ident.ts';
import { once } from './memo.ts';
import { sameSet } from '../domain/same-set.ts';
import { partitionedKey, partitionObstacle, type PartitionedKey } from './partition-keys.ts';
import { referencesOf } from './references.ts';
import type { Situation, TenantTable } from './situation.ts';
import type { Note } from './step.ts';

/** A natural key over all tenants that is to hold within a tenant. */
export interface GlobalKey {
  readonly tenant: TenantTable & { readonly column: string };
  readonly index: Index;
  /** The constraint that the index is for; null for an index alone. */
  readonly constraint: Constraint | null;
  /** Of the index that takes its place. */
  readonly name: string;
  /** Of a partitioned table, by the keys of its partitions. */
  readonly partitioned: PartitionedKey | null;
}

export interface GlobalKeys {
  readonly exchanged: readonly GlobalKey[];
  readonly notes: readonly Note[];
}

/** The keys over values that people choose, which tell one tenant what another has. */
export const globalKeysOf = once((situation: Situation): GlobalKeys => {
  const exchanged: GlobalKey[] = [];
  const notes: Note[] = [];
  for (const tenant of situation.tables) {
    const { column, table, relation } = tenant;
    if (table.tenancy === 'root' || relation.relispartition) continue;
    const pointers = new Set(foreignKeysOf(situation.snapshot, relation).flatMap(({ columns }) => columns));
    for (const index of situation.snapshot.indexes.filter(({ indrelid }) => indrelid === relation.oid)) {
      const columns = indexedColumns(relation, index);
      if (
        !index.indisvalid ||
        !(index.indisunique || index.indisexclusion) ||
        (column !== null && columns.includes(column))
      )
        continue;
      if (columns.length === 0 || !columns.every((one) => isNatural(relation, one, index, pointers))) continue;
      if (table.oracles.some((key) => sameSet(key, columns))) continue;
      const constraint =
        constraintsOf(situation.snapshot, relation).find(({ conname }) => conname === index.relname) ?? null;
      const obstacle = obstacleOf(situation, tenant, index, constraint);
      if (obstacle !== null || column === null) {
        notes.push({
          object: formatQualified(nameOf(relation)),
          message: `the key ${index.relname} over ${columns.join(', ')} goes on holding for all tenants at once: ${obstacle ?? 'its rows name no tenant'}; where that is on purpose, say so with \`oracles\``,
        });
        continue;
      }
      const name = situation.names.make(relation.nspname, [relation.relname, column, ...columns], 'key');
      const partitioned =
        relation.relkind === 'p' && constraint !== null
          ? partitionedKey(situation, relation, constraint, column, name)
          : null;
      exchanged.push({ tenant: { ...tenant, column }, index, constraint, name, partitioned });
    }
  }
  return { exchanged, notes };
});

/** Why a key cannot be exchanged; null where it can. */
function obstacleOf(
  situation: Situation,
  { relation, table }: TenantTable,
  index: Index,
  constraint: Constraint | null,
): string | null {
  if (index.indisexclusion) return 'an exclusion constraint is not replaced without a gap';
  if (table.tenancy === 'row' && table.nulls === 'shared') return 'rows without a tenant would be bound by none';
  if (constraint?.condeferrable === true)
    return 'it is deferrable, and an index that is built for another does not wait for the end of a transaction';
  const replaced = new Set(
    referencesOf(situation)
      .composite.filter(({ keepsOld }) => !keepsOld)
      .map(({ key }) => key),
  );
  const leaning = situation.snapshot.constraints.find(
    (key) =>
      key.contype === 'f' &&
      key.confrelid === relation.oid &&
      sameSet(key.confcolumns, index.columns.map(String)) &&
      !replaced.has(key),
  );
  if (leaning !== undefined) return `the foreign key ${leaning.conname} depends on it`;
  return relation.relkind === 'p' ? partitionObstacle(situation, relation, index, constraint) : null;
}
