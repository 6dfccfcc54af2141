import { sameSet } from '../domain/same-set.ts';
import { constraintsOf, findColumn, foreignKeysOf } from '../catalog/lookup.ts';
import type { Constraint, Index } from '../catalog/snapshot.ts';
import { mayReference } from '../intent/sql-type.ts';
import { once } from './memo.ts';
import { ownerOf } from './attribution.ts';
import { mayBeShared, type Situation, type TenantTable } from './situation.ts';

/** A foreign key between two tables of tenants that is to hold the tenant on both sides. */
export interface CompositeReference {
  readonly child: TenantTable;
  readonly parent: TenantTable;
  /** The foreign key as it is. */
  readonly key: Constraint;
  readonly name: string;
  /** The tenant's column first. */
  readonly columns: readonly string[];
  readonly parentColumns: readonly string[];
  /** What the old key does when its parent goes, the new one cannot do: both stay. */
  readonly keepsOld: boolean;
  /** The new key is there already, beside the old one, and does all that it does. */
  readonly isThere: boolean;
}

/** A foreign key whose parent may be another tenant's, such as a shared one: the policies see to where it points. */
export interface GuardedReference {
  readonly child: TenantTable;
  readonly parent: TenantTable;
  readonly key: Constraint;
}

/** A unique index that a composite foreign key points at, and that is not there. */
export interface ParentKey {
  readonly parent: TenantTable;
  readonly name: string;
  readonly columns: readonly string[];
}

export interface References {
  readonly composite: readonly CompositeReference[];
  readonly guarded: readonly GuardedReference[];
  /** Those of them that point at rows of their own table: a policy that asked would recurse, and a trigger sees to them. */
  readonly within: readonly GuardedReference[];
  /** Those of them that nothing can see to: the parent's rows are owned by the child's, and a policy that asked would recurse. */
  readonly unguarded: readonly GuardedReference[];
  readonly parentKeys: readonly ParentKey[];
}

/** The foreign keys between tables of tenants, by what becomes of them. */
export const referencesOf = once((situation: Situation): References => {
  const composite: CompositeReference[] = [];
  const guarded: GuardedReference[] = [];
  const within: GuardedReference[] = [];
  const unguarded: GuardedReference[] = [];
  const parentKeys: ParentKey[] = [];
  for (const child of situation.tables) {
    if (child.relation.relispartition) continue;
    for (const key of foreignKeysOf(situation.snapshot, child.relation)) {
      // From PostgreSQL 18 on a key may be a word alone: it tells nothing, and refuses nothing.
      if (key.definition.endsWith(' NOT ENFORCED')) continue;
      const parent = situation.tables.find(({ relation }) => relation.oid === key.confrelid);
      if (parent === undefined || parent.table.tenancy === 'root' || isSettled(situation, child, parent, key)) continue;
      const wanted = toComposite(situation, child, parent, key);
      const beside = holdingTenantToo(situation, child, parent, key);
      const found =
        beside === undefined
          ? wanted
          : wanted !== undefined && doesTheSame(wanted, beside)
            ? { ...wanted, name: beside.conname, isThere: true }
            : undefined;
      if (found !== undefined) composite.push(found);
      // The key that stays tells which parents there are, unless a policy refuses those of others first.
      if (found?.keepsOld === false) continue;
      const isSeen = parent === child ? isReadByTriggers(child, key) : !isOwnedThrough(situation, parent, child);
      const kind = !isSeen ? unguarded : parent === child ? within : guarded;
      kind.push({ child, parent, key });
    }
  }
  for (const { parent, parentColumns } of composite) {
    const known = parentKeys.some((one) => one.parent === parent && sameSet(one.columns, parentColumns));
    if (known || hasUniqueIndex(situation, parent, parentColumns)) continue;
    const { schema, name } = parent.table.table;
    parentKeys.push({
      parent,
      columns: parentColumns,
      name: situation.names.make(schema, [name, ...parentColumns], 'key'),
    });
  }
  return { composite, guarded, within, unguarded, parentKeys };
});

/** The key holds the tenant already, or is the one through which the row is owned. */
function isSettled(situation: Situation, child: TenantTable, parent: TenantTable, key: Constraint): boolean {
  const at = child.column === null ? -1 : key.columns.indexOf(child.column);
  if (at !== -1 && key.confcolumns[at] === parent.column) return true;
  return isOwnersKey(situation, child, parent, key) || isOwnersKey(situation, parent, child, key);
}

/** The key is the one through which a table's rows are owned, in either direction: whoever may write the one row may see the other. */
function isOwnersKey(situation: Situation, owned: TenantTable, owner: TenantTable, key: Constraint): boolean {
  const found = ownerOf(situation, owned);
  return found?.parent === owner && sameSet(found.join.by, key.columns);
}

/** Whether a trigger before a write has what the key holds: generated columns come after it. */
function isReadByTriggers({ relation }: TenantTable, { columns, confcolumns }: Constraint): boolean {
  return [...columns, ...confcolumns].every((column) => findColumn(relation, column)?.attgenerated === '');
}

/** Whether whoever reads rows of a table reads those of another to see whose they are. */
function isOwnedThrough(situation: Situation, owned: TenantTable, other: TenantTable): boolean {
  const seen = new Set<TenantTable>();
  for (let next: TenantTable | undefined = owned; next !== undefined && !seen.has(next);) {
    seen.add(next);
    next = ownerOf(situation, next)?.parent;
    if (next === other) return true;
  }
  return false;
}

/** A second key over the same columns and the tenant, beside one. */
function holdingTenantToo(
  { snapshot }: Situation,
  child: TenantTable,
  parent: TenantTable,
  key: Constraint,
): Constraint | undefined {
  const { column } = child;
  if (column === null) return undefined;
  return foreignKeysOf(snapshot, child.relation, parent.relation).find((other) =>
    sameSet(other.columns, [column, ...key.columns]),
  );
}

/** Whether nothing is lost with the old key: else it stays for what it does when its parent goes. */
function doesTheSame({ key, keepsOld, columns, parentColumns }: CompositeReference, beside: Constraint): boolean {
  const leads = columns.every((column, at) => parentColumns[at] === beside.confcolumns[beside.columns.indexOf(column)]);
  const manner = ({ confdeltype, confupdtype, definition }: Constraint): string =>
    [confdeltype, confupdtype, / DEFERRABLE.*/.exec(definition)?.[0]].join(' ');
  // A SET NULL of the other may take the tenant too.
  const sets = keepsOld || ['n', 'd'].includes(key.confdeltype);
  return leads && !sets && isHeld(beside) && manner(key) === manner(beside);
}

/** Whether the rows that are there, and new ones, are as a key says. */
function isHeld({ convalidated, definition }: Constraint): boolean {
  return convalidated && !definition.endsWith(' NOT ENFORCED');
}

function toComposite(
  situation: Situation,
  child: TenantTable,
  parent: TenantTable,
  key: Constraint,
): CompositeReference | undefined {
  const [own, theirs] = [child.column, parent.column];
  if (own === null || theirs === null || mayBeShared(parent) || !mayReference(child.type, parent.type))
    return undefined;
  // A shared row that names a tenant would be bound to rows of that one; one that names none, to nothing.
  if (child.table.tenancy === 'row' && child.table.nulls === 'shared') return undefined;
  const columns = [own, ...key.columns.filter((column) => column !== own)];
  const parentColumns = [theirs, ...key.confcolumns.filter((column) => column !== theirs)];
  if (columns.length !== parentColumns.length) return undefined;
  const { schema, name } = child.table.table;
  return {
    child,
    parent,
    key,
    columns,
    parentColumns,
    name: situation.names.make(schema, [name, ...columns], 'fkey'),
    keepsOld: keepsOld(situation, key),
    isThere: false,
  };
}

/** The column list of SET NULL came with PostgreSQL 15; an update that would set NULL has none. */
function keepsOld({ snapshot }: Situation, { confdeltype, confupdtype }: Constraint): boolean {
  const sets = (action: string): boolean => action === 'n' || action === 'd';
  return sets(confupdtype) || (sets(confdeltype) && snapshot.serverVersionNum < 150_000);
}

function hasUniqueIndex({ snapshot }: Situation, { relation }: TenantTable, columns: readonly string[]): boolean {
  const deferrable = new Set(
    constraintsOf(snapshot, relation)
      .filter(({ condeferrable }) => condeferrable)
      .map(({ conname }) => conname),
  );
  return snapshot.indexes.some(
    (index) =>
      index.indrelid === relation.oid &&
      isPlainKey(index) &&
      !deferrable.has(index.relname) &&
      sameSet(index.columns.map(String), columns),
  );
}

/** A unique index that a foreign key may point at. */
function isPlainKey({ indisunique, indisvalid, indpred, columns }: Index): boolean {
  return indisunique && indisvalid && indpred === null && !columns.includes(null);
}
