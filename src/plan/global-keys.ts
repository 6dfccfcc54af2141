import { constraintsOf, foreignKeysOf, nameOf } from '../catalog/lookup.ts';
import { indexedColumns, isNatural } from '../catalog/natural-key.ts';
import type { Constraint, Index } from '../catalog/snapshot.ts';
import { formatQualified } from '../sql/ident.ts';
import { written, writtenName } from '../sql/written.ts';
import { formOf, inFront } from './index-sql.ts';
import { once } from './memo.ts';
import { sameSet } from '../domain/same-set.ts';
import { partitionedIndex, partitionedKey, partitionObstacle, type PartitionedKey } from './partition-keys.ts';
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
  /** What it becomes, where PostgreSQL makes no such constraint from an index that is built beside it: the definition. */
  readonly rebuilt: string | null;
}

/** The access methods that hold a tenant too, and the pages of a table (8 kB) over which they build a key in a fraction of a second. */
const fewPages: Readonly<Record<string, number>> = { btree: 1024, gist: 256 };

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
      const obstacle = column === null ? null : obstacleOf(situation, { ...tenant, column }, index, constraint);
      if (obstacle !== null || column === null) {
        notes.push({
          object: formatQualified(nameOf(relation)),
          message: `the key ${index.relname} over ${columns.join(', ')} goes on holding for all tenants at once: ${obstacle ?? 'its rows name no tenant'}; where that is on purpose, say so with \`oracles\``,
        });
        continue;
      }
      const name = situation.names.make(relation.nspname, [relation.relname, column, ...columns], 'key');
      const partitioned =
        relation.relkind !== 'p'
          ? null
          : constraint === null
            ? partitionedIndex(situation, relation, index, column, name)
            : partitionedKey(situation, relation, constraint, column, name);
      const rebuilt = constraint !== null && isRebuilt(constraint) ? withTenant(constraint, column) : null;
      exchanged.push({ tenant: { ...tenant, column }, index, constraint, name, partitioned, rebuilt });
    }
  }
  return { exchanged, notes };
});

/** Why a key cannot be exchanged; null where it can. */
function obstacleOf(
  situation: Situation,
  tenant: GlobalKey['tenant'],
  index: Index,
  constraint: Constraint | null,
): string | null {
  const { relation, table } = tenant;
  if (table.tenancy === 'row' && table.nulls === 'shared') return 'rows without a tenant would be bound by none';
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
  const [query] = constraint?.leaning ?? [];
  if (query !== undefined) return `${query} depends on it`;
  if (constraint !== null && isRebuilt(constraint)) return rebuildObstacle(situation, tenant, index, constraint);
  return relation.relkind === 'p' ? partitionObstacle(situation, relation, index, constraint) : null;
}

/**
 * Whether PostgreSQL makes no such constraint from an index that is built beside it. It does for a deferrable key, but until then
 * that index holds at once, and refuses what may wait for the end of a transaction.
 */
function isRebuilt({ contype, condeferrable, definition }: Constraint): boolean {
  return contype === 'x' || condeferrable || definition.includes(' WITHOUT OVERLAPS');
}

/** The definition of a constraint, within a tenant. */
function withTenant({ contype, definition }: Constraint, column: string): string {
  return contype === 'x'
    ? inFront(definition, 'USING', `${written(column)} WITH =, `)
    : inFront(definition, definition.startsWith('PRIMARY') ? 'PRIMARY' : 'UNIQUE', `${written(column)}, `);
}

/** Why a constraint cannot be built again within a tenant while the table is locked; null where it can. */
function rebuildObstacle(
  { snapshot }: Situation,
  { relation, column }: GlobalKey['tenant'],
  index: Index,
  constraint: Constraint,
): string | null {
  const { conname, definition } = constraint;
  if (relation.relkind === 'p') return `${definition} of a partitioned table is not exchanged`;
  const few = fewPages[index.amname];
  if (few === undefined) return `an index by ${index.amname} cannot hold the tenant too`;
  if (index.amname === 'gist' && !snapshot.extensions.some(({ extname }) => extname === 'btree_gist'))
    return 'an index by gist holds the tenant too where the extension btree_gist is: `create extension btree_gist`, and plan again';
  if (formOf(index).includes(' WITH (')) return 'its index has storage parameters';
  const statement = `alter table ${writtenName(nameOf(relation))} drop constraint ${written(conname)}, add constraint ${written(conname)} ${withTenant(constraint, column)}`;
  if (relation.reltuples < 0)
    return `PostgreSQL builds ${definition} only while the table is locked, and nobody knows how large that is: \`analyze ${writtenName(nameOf(relation))}\`, and plan again`;
  if (relation.relpages > few)
    return `PostgreSQL builds ${definition} only while the table is locked, and that is ${Math.round(relation.relpages / 128).toLocaleString('en-US')} MB: where it may be for so long, \`${statement}\``;
  return null;
}
