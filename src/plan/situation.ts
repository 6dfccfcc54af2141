import { descendantsOf, findColumn, findRelation, nameOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Relation } from '../catalog/snapshot.ts';
import { Reality } from '../intent/reality.ts';
import type { FunctionRights, Model, RootTable, RowTable } from '../model/model.ts';
import { sameName, type QualifiedName } from '../sql/ident.ts';
import { writtenName } from '../sql/written.ts';
import { NameMaker } from './names.ts';

/** A table whose rows have owners, as model and catalog have it. */
export interface TenantTable {
  readonly table: RowTable | RootTable;
  readonly relation: Relation;
  /** The relation that the model names, whose foreign keys it goes by: itself, or the table that it inherits from. */
  readonly named: Relation;
  /** The column comes and goes with that of a table which it inherits from. */
  readonly inheritsColumn: boolean;
  /** The column that holds the tenant, or is going to; the key of the tenants' own table; null where another row or an expression says it. */
  readonly column: string | null;
  /** The column is yet to be added. */
  readonly isNew: boolean;
  /** The column's type as SQL writes it. */
  readonly type: string;
}

/** All that a plan is made from: pure data, read once. */
export interface Situation {
  readonly model: Model;
  readonly snapshot: CatalogSnapshot;
  /** Asks the catalog for what the model names. */
  readonly reality: Reality;
  readonly tables: readonly TenantTable[];
  readonly names: NameMaker;
  /** Tables whose live policies are already the wanted ones. */
  readonly settledPolicies: ReadonlySet<string>;
  /** The wanted policies that people have reviewed, by the table's name: the text of `policies/<table>.sql`. */
  readonly reviewedPolicies: ReadonlyMap<string, string>;
  /** With whose rights functions are to run, by oid, where the model says so. */
  readonly rights: ReadonlyMap<number, FunctionRights>;
}

/** What is known beside model and catalog. */
export type Known = Pick<Situation, 'settledPolicies' | 'reviewedPolicies' | 'rights'>;

export function readSituation(model: Model, snapshot: CatalogSnapshot, known: Known): Situation {
  // A foreign key wants the type of the key that it points at.
  const root = findRelation(snapshot, model.tenants.table);
  const keyType = (root && findColumn(root, model.tenants.key)?.type) ?? model.tenants.type;
  const tables = model.tables.flatMap((table): TenantTable[] => {
    if (table.tenancy !== 'row' && table.tenancy !== 'root') return [];
    const relation = findRelation(snapshot, table.table);
    if (relation === undefined) return [];
    const column = tenantColumnOf(model, table);
    return [relation, ...heirsOf(model, snapshot, relation)].map((member) => {
      const existing = column === null ? undefined : findColumn(member, column);
      return {
        table: { ...table, table: nameOf(member) },
        relation: member,
        named: relation,
        column,
        isNew: column !== null && existing === undefined,
        inheritsColumn: column !== null && isBelow(model, snapshot, member, column),
        type: existing?.type ?? keyType,
      };
    });
  });
  return {
    model,
    snapshot,
    reality: new Reality(model, snapshot),
    tables: inOrder(tables),
    names: new NameMaker(snapshot),
    ...known,
  };
}

/** Each table once, and those that get a column from another after it. */
function inOrder(tables: readonly TenantTable[]): readonly TenantTable[] {
  const distinct = [...new Map(tables.map((one) => [one.relation.oid, one])).values()];
  return [...distinct.filter((one) => !one.inheritsColumn), ...distinct.filter((one) => one.inheritsColumn)];
}

/**
 * The tables that are what another is, by inheritance: those that the model does not name. Partitions are no such: what is
 * done to the whole is done to them.
 */
export function heirsOf(model: Model, snapshot: CatalogSnapshot, relation: Relation): readonly Relation[] {
  const found = new Map<number, Relation>();
  const visit = (parent: Relation): void => {
    for (const child of childrenOf(snapshot, parent)) {
      if (found.has(child.oid) || model.tables.some(({ table }) => sameName(table, nameOf(child)))) continue;
      found.set(child.oid, child);
      visit(child);
    }
  };
  visit(relation);
  return [...found.values()];
}

function childrenOf({ relations }: CatalogSnapshot, { oid }: Relation): readonly Relation[] {
  return relations.filter(
    ({ parents, relkind, relispartition }) => relkind === 'r' && !relispartition && parents.includes(oid),
  );
}

/** Whether a table inherits from one of the model that has its tenant in the same column. */
function isBelow(model: Model, snapshot: CatalogSnapshot, relation: Relation, column: string): boolean {
  if (relation.parents.length === 0 || relation.relispartition) return false;
  return model.tables.some((table) => {
    const above = findRelation(snapshot, table.table);
    if (above === undefined || (table.tenancy !== 'row' && table.tenancy !== 'root')) return false;
    return tenantColumnOf(model, table) === column && descendantsOf(snapshot, above).includes(relation);
  });
}

/** The rows of a table and not those of the tables that inherit from it, as SQL names them. */
export function ownRows({ snapshot }: Situation, { relation }: TenantTable): string {
  const name = writtenName(nameOf(relation));
  return childrenOf(snapshot, relation).length > 0 ? `only ${name}` : name;
}

function tenantColumnOf(model: Model, table: RowTable | RootTable): string | null {
  if (table.tenancy === 'root') return model.tenants.key;
  return table.owner.kind === 'column' ? table.owner.column : null;
}

export function findTenantTable({ tables }: Situation, name: QualifiedName): TenantTable | undefined {
  return tables.find(({ table }) => sameName(table.table, name));
}

/** Whether a schema is another system's. */
export function isUnmanaged({ model }: Situation, schema: string): boolean {
  return model.unmanaged.some((one) => one.schema === schema);
}

/** Whether a table is one of the model's by inheritance alone. */
export function isHeir({ named, relation }: TenantTable): boolean {
  return named !== relation;
}

/** Whether rows of a table may be seen by tenants that do not own them. */
export function mayBeShared({ table }: TenantTable): boolean {
  return table.share.length > 0 || (table.tenancy === 'row' && table.nulls === 'shared');
}

/** The tables of the model that are filled: those that get the column, and those whose rows may lack a tenant. */
export function isFilled({ table, relation, column, isNew }: TenantTable): boolean {
  if (table.tenancy !== 'row' || column === null || table.backfill === null) return false;
  if (isNew) return true;
  return table.nulls === 'foreign' && findColumn(relation, column)?.attnotnull === false;
}

/** The tables of which every row is going to have a tenant, and of which that is not so yet by its definition. */
export function isBound({ table, relation, column, isNew }: TenantTable): boolean {
  if (table.tenancy !== 'row' || column === null || table.nulls === 'shared') return false;
  return isNew || findColumn(relation, column)?.attnotnull === false;
}

/** Whether rows of a table that no tenant is found for are put aside. */
export function isPutAside({ table }: TenantTable): boolean {
  return table.tenancy === 'row' && table.backfill?.orphans === 'quarantine';
}

/** The partitions of a partitioned table that hold rows; none of a plain one. */
export function leavesOf({ snapshot }: Situation, relation: Relation): readonly Relation[] {
  if (relation.relkind !== 'p') return [];
  return descendantsOf(snapshot, relation).filter(({ relkind }) => relkind === 'r');
}
