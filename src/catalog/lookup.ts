import { formatQualified, type QualifiedName } from '../sql/ident.ts';
import { derived, groupBy } from './derived.ts';
import type { CatalogSnapshot, Column, Constraint, NamedType, Relation } from './snapshot.ts';

/** The relation of that name, if the catalog has it. */
export function findRelation(snapshot: CatalogSnapshot, { schema, name }: QualifiedName): Relation | undefined {
  return snapshot.relations.find((relation) => relation.nspname === schema && relation.relname === name);
}

/** The relations of a snapshot by oid. */
export const relationsByOid = derived(
  ({ relations }): ReadonlyMap<number, Relation> => new Map(relations.map((relation) => [relation.oid, relation])),
);

/** A relation's qualified name. */
export function nameOf(relation: Relation): QualifiedName {
  return { schema: relation.nspname, name: relation.relname };
}

export function findColumn(relation: Relation, attname: string): Column | undefined {
  return relation.columns.find((column) => column.attname === attname);
}

const typesByName = derived(
  ({ types }): ReadonlyMap<string, NamedType> =>
    new Map(types.map((one) => [formatQualified({ schema: one.nspname, name: one.typname }), one])),
);

/** An enum or domain by its name as `format_type` prints it; one whose name we would print otherwise is not found. */
export function findType(snapshot: CatalogSnapshot, type: string): NamedType | undefined {
  return typesByName(snapshot).get(type);
}

const constraintsByRelation = derived(({ constraints }) => groupBy(constraints, ({ conrelid }) => conrelid));

/** The constraints of a relation. */
export function constraintsOf(snapshot: CatalogSnapshot, relation: Relation): readonly Constraint[] {
  return constraintsByRelation(snapshot).get(relation.oid) ?? [];
}

/** The columns of the primary key, in its order; none where there is no primary key. */
export function primaryKeyOf(snapshot: CatalogSnapshot, relation: Relation): readonly string[] {
  return constraintsOf(snapshot, relation).find(({ contype }) => contype === 'p')?.columns ?? [];
}

const indexesByRelation = derived(({ indexes }) => groupBy(indexes, ({ indrelid }) => indrelid));

/** The columns of which no two rows hold the same: of constraints and of unique indexes, but for partial ones and expressions. */
export function uniqueKeysOf(snapshot: CatalogSnapshot, relation: Relation): readonly (readonly string[])[] {
  const indexes = indexesByRelation(snapshot).get(relation.oid) ?? [];
  return indexes.flatMap(({ indisunique, indisvalid, indpred, columns }) => {
    const named = columns.filter((column) => column !== null);
    const holds = indisunique && indisvalid && indpred === null;
    return holds && named.length === columns.length ? [named] : [];
  });
}

/** Columns by which any row of a relation is known: its primary key, or a unique one that holds no NULL; none where it has neither. */
export function rowKeyOf(snapshot: CatalogSnapshot, relation: Relation): readonly string[] {
  const primary = primaryKeyOf(snapshot, relation);
  if (primary.length > 0) return primary;
  const isKept = (column: string): boolean => findColumn(relation, column)?.attnotnull === true;
  return uniqueKeysOf(snapshot, relation).find((key) => key.every(isKept)) ?? [];
}

/** The foreign keys of a relation, or only those that point at `target`. */
export function foreignKeysOf(snapshot: CatalogSnapshot, relation: Relation, target?: Relation): readonly Constraint[] {
  return constraintsOf(snapshot, relation).filter(
    (c) => c.contype === 'f' && (target === undefined || c.confrelid === target.oid),
  );
}

/** The CHECK constraints of a relation. */
export function checksOf(snapshot: CatalogSnapshot, relation: Relation): readonly Constraint[] {
  return constraintsOf(snapshot, relation).filter(({ contype }) => contype === 'c');
}

/** What a CHECK constraint asks of a row; null where its definition says more than that, as NOT VALID. */
export function conditionOf({ definition }: Constraint): string | null {
  return /^CHECK \((.*)\)(?: NO INHERIT)?$/s.exec(definition)?.[1] ?? null;
}

/** The partitions of a relation, those of partitions left out. */
export function partitionsOf({ relations }: CatalogSnapshot, { oid }: Relation): readonly Relation[] {
  return relations.filter(({ parents, relispartition }) => relispartition && parents.includes(oid));
}

/** All partitions and inheritance children below a relation, at any depth. */
export function descendantsOf(snapshot: CatalogSnapshot, relation: Relation): readonly Relation[] {
  const found = new Map<number, Relation>();
  const visit = (parent: number): void => {
    for (const child of snapshot.relations) {
      if (!child.parents.includes(parent) || found.has(child.oid)) continue;
      found.set(child.oid, child);
      visit(child.oid);
    }
  };
  visit(relation.oid);
  return [...found.values()];
}

/** The oids of all that a view reads, through other views too. */
export function readsOf(snapshot: CatalogSnapshot, view: Relation): ReadonlySet<number> {
  const found = new Set<number>();
  const visit = (relation: Relation | undefined): void => {
    for (const oid of relation?.dependsOn ?? []) {
      if (found.has(oid)) continue;
      found.add(oid);
      visit(relationsByOid(snapshot).get(oid));
    }
  };
  visit(view);
  return found;
}
