import { derived, groupBy } from '../../catalog/derived.ts';
import { constraintsOf, nameOf, primaryKeyOf, relationsByOid } from '../../catalog/lookup.ts';
import type { CatalogSnapshot, Column, Constraint, Relation } from '../../catalog/snapshot.ts';
import type { QualifiedName } from '../../sql/ident.ts';
import { wordsOf } from './names.ts';
import { requiredOf } from './required.ts';

/** A table that decisions are made of: neither a partition nor an inheritance child, which are what their parent is. */
export interface Table {
  readonly relation: Relation;
  readonly name: QualifiedName;
  readonly words: readonly string[];
  readonly columns: ReadonlyMap<string, Column>;
  readonly primaryKey: readonly string[];
  /** The columns of each key that no two rows share, the primary one first. */
  readonly uniqueKeys: readonly (readonly string[])[];
  /** Of each set of columns, every row has at least one. */
  readonly required: readonly (readonly string[])[];
  /** The column by which others refer to a row of it. */
  readonly key: Column | null;
  /** Columns called `id` or `uuid` that are a key too, beside that one. */
  readonly otherIds: readonly Column[];
}

/** What says that a column refers to another table. */
export type Basis =
  /** A foreign key. */
  | 'declared'
  /** The same column of other tables has a foreign key to it. */
  | 'learned'
  /** Most tables have a column of that name, which points at nothing else. */
  | 'custom'
  /** Its name is that of the other's key. */
  | 'key-name'
  /** Its name is that of the other table. */
  | 'table-name'
  /** Its name ends as that of the other table does. */
  | 'part-name'
  /** Its name begins as that of the other table does. */
  | 'short-name';

/** That rows of one table point at rows of another. */
export interface Reference {
  readonly from: Table;
  readonly to: Table;
  readonly columns: readonly string[];
  /** What they are equal to in the other. */
  readonly parentColumns: readonly string[];
  readonly basis: Basis;
  /** A row may point at none. */
  readonly nullable: boolean;
  /** A row that points at none must point at something else instead. */
  readonly choice: boolean;
  /** At most one row points at a row of the other. */
  readonly single: boolean;
  readonly onDelete: 'cascade' | 'set null' | 'other';
}

/** The tables of a snapshot and what they declare of each other. */
export interface Graph {
  readonly snapshot: CatalogSnapshot;
  readonly tables: readonly Table[];
  readonly declared: readonly Reference[];
  /** The table that a relation is, or is a partition or a child of. */
  readonly of: (oid: number) => Table | undefined;
}

/** The graph of a snapshot. Foreign keys of partitions are those of the partitioned table. */
export const graphOf = derived((snapshot: CatalogSnapshot): Graph => {
  const tops = topRelations(snapshot);
  const tables = snapshot.relations
    .filter(({ relkind, oid }) => (relkind === 'r' || relkind === 'p' || relkind === 'f') && tops.get(oid) === oid)
    .map((relation) => tableOf(snapshot, relation));
  const byOid = new Map(tables.map((table) => [table.relation.oid, table]));
  const of = (oid: number): Table | undefined => byOid.get(tops.get(oid) ?? oid);
  const found = new Map<string, Reference>();
  for (const constraint of snapshot.constraints) {
    const reference = constraint.contype === 'f' ? declaredReference(constraint, of) : undefined;
    if (reference === undefined) continue;
    const id = referenceId(reference);
    if (!found.has(id)) found.set(id, reference);
  }
  return { snapshot, tables, declared: [...found.values()], of };
});

/** What tells a reference from others of its table. */
export function referenceId({ from, to, columns }: Reference): string {
  return JSON.stringify([from.relation.oid, to.relation.oid, columns]);
}

/** Whether a row may point at nothing, and nothing else in its place is asked for. */
export function mayLack({ nullable, choice }: Reference): boolean {
  return nullable && !choice;
}

/** Whether rows are told apart within the row that they refer to, as prices of a share by their day. */
export function isWithin({ from, columns, single }: Reference): boolean {
  return !single && from.uniqueKeys.some((key) => columns.every((column) => key.includes(column)));
}

/** Each relation's topmost parent; of several parents the first. */
function topRelations(snapshot: CatalogSnapshot): ReadonlyMap<number, number> {
  const relations = relationsByOid(snapshot);
  const topOf = (oid: number): number => {
    const parent = relations.get(oid)?.parents[0];
    return parent === undefined || !relations.has(parent) ? oid : topOf(parent);
  };
  return new Map(snapshot.relations.map(({ oid }) => [oid, topOf(oid)]));
}

const uniqueIndexes = derived((snapshot: CatalogSnapshot) =>
  groupBy(
    snapshot.indexes.filter(({ indisunique, indpred }) => indisunique && indpred === null),
    ({ indrelid }) => indrelid,
  ),
);

function tableOf(snapshot: CatalogSnapshot, relation: Relation): Table {
  const columns = new Map(relation.columns.map((column) => [column.attname, column]));
  const primaryKey = primaryKeyOf(snapshot, relation);
  const indexed = (uniqueIndexes(snapshot).get(relation.oid) ?? []).map(({ columns: names }) => names);
  const uniqueKeys = [
    primaryKey,
    ...constraintsOf(snapshot, relation)
      .filter(({ contype }) => contype === 'u')
      .map((constraint) => constraint.columns),
    ...indexed.filter((names): names is string[] => names.every((name) => name !== null)),
  ].filter((names) => names.length > 0);
  const key = keyOf(relation.columns, primaryKey, uniqueKeys);
  return {
    relation,
    name: nameOf(relation),
    words: wordsOf(relation.relname),
    columns,
    primaryKey,
    uniqueKeys: [...new Map(uniqueKeys.map((names) => [JSON.stringify(names), names])).values()],
    required: requiredOf(snapshot, relation),
    key,
    otherIds: relation.columns.filter(
      (column) =>
        column !== key &&
        /^(id|uuid)$/i.test(column.attname) &&
        uniqueKeys.some((names) => names.length === 1 && names[0] === column.attname),
    ),
  };
}

/** A composite primary key may hold the id beside what the table is partitioned by, or beside the tenant. */
function keyOf(
  columns: readonly Column[],
  primaryKey: readonly string[],
  uniqueKeys: readonly (readonly string[])[],
): Column | null {
  const named = (name: string | undefined): Column | null => columns.find(({ attname }) => attname === name) ?? null;
  if (primaryKey.length === 1) return named(primaryKey[0]);
  const id = primaryKey.find((name) => wordsOf(name).join('_') === 'id');
  if (id !== undefined) return named(id);
  return primaryKey.length > 1 ? null : named(uniqueKeys.find((names) => names.length === 1)?.[0]);
}

function declaredReference(constraint: Constraint, of: Graph['of']): Reference | undefined {
  const from = of(constraint.conrelid);
  const to = constraint.confrelid === null ? undefined : of(constraint.confrelid);
  if (from === undefined || to === undefined) return undefined;
  const onDelete = { c: 'cascade', n: 'set null' }[constraint.confdeltype];
  return {
    ...columnFacts(from, constraint.columns),
    from,
    to,
    columns: constraint.columns,
    parentColumns: constraint.confcolumns,
    basis: 'declared',
    onDelete: (onDelete ?? 'other') as Reference['onDelete'],
  };
}

/** What a table says of some of its columns as a reference. */
export function columnFacts(
  { required, uniqueKeys }: Table,
  columns: readonly string[],
): Pick<Reference, 'nullable' | 'choice' | 'single'> {
  const nullable = columns.some((name) => !required.some(([one, ...others]) => one === name && others.length === 0));
  return {
    nullable,
    choice: nullable && required.some((set) => columns.every((name) => set.includes(name))),
    single: uniqueKeys.some((key) => key.every((name) => columns.includes(name))),
  };
}
