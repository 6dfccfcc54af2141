import { isInvoker } from '../access/view-path.ts';
import { findColumn, findRelation, nameOf, primaryKeyOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Relation } from '../catalog/snapshot.ts';
import type { Intent, Ownership, RelationIntent } from '../intent/relation-intent.ts';
import { formatQualified, type QualifiedName } from '../sql/ident.ts';
import { identityHash } from './fingerprint.ts';
import { type Privileges, reachOf } from './privileges.ts';

/** Where the truth about a target is read, and the predicates that judge it there, over the alias `t`. */
export interface TruthSource {
  readonly from: QualifiedName;
  readonly foreign: string;
  readonly shared: string;
  readonly unwritable: string;
  readonly tenantColumn: string | null;
  /** That column's type as `format_type` prints it. */
  readonly tenantType: string | null;
  readonly ownership: Ownership | null;
  /** The rows themselves depend on the context: a view that is its own truth may filter by it. */
  readonly contextual: boolean;
}

/** What the subject may see: everything that is not foreign to it. */
export function expectedPredicate({ foreign }: TruthSource): string {
  return `not (${foreign})`;
}

/** One relation that the app role may reach, with what the model says of it. */
export interface Target {
  /** `schema.relation`, as findings name it. */
  readonly name: string;
  readonly relation: Relation;
  readonly intent: RelationIntent;
  readonly privileges: Privileges;
  readonly truth: TruthSource;
  /** The columns by which a row is known, on both sides; none where the app role may not SELECT. */
  readonly identity: readonly string[];
  /** SQL over the alias `t`: the 64-bit hash of those columns, the same on both sides. */
  readonly hash: string;
  /** Whether those are a primary key. Otherwise rows are compared as a multiset of all that the app role may read. */
  readonly keyed: boolean;
}

/** The targets of a model, partitions and inheritance children of its tables included where the app role reaches them. */
export function targetsOf(
  intent: Intent,
  snapshot: CatalogSnapshot,
  privileges: ReadonlyMap<number, Privileges>,
): readonly Target[] {
  const named = new Map<number, RelationIntent>();
  for (const relation of intent.relations) {
    const found = findRelation(snapshot, relation);
    if (found) named.set(found.oid, relation);
  }
  return snapshot.relations.flatMap((relation): Target[] => {
    const granted = privileges.get(relation.oid);
    if (!granted) return [];
    const own = named.get(relation.oid);
    if (own) return [makeTarget(intent, snapshot, relation, own, usable(snapshot, privileges, relation, own, granted))];
    const parent = reachOf(granted).length > 0 ? inheritedIntent(snapshot, named, relation) : undefined;
    return parent ? [makeTarget(intent, snapshot, relation, parent, granted)] : [];
  });
}

/** Of what is granted on a view with its caller's rights, what is granted on its table too: the one is nothing without the other. */
function usable(
  snapshot: CatalogSnapshot,
  privileges: ReadonlyMap<number, Privileges>,
  view: Relation,
  { base }: RelationIntent,
  granted: Privileges,
): Privileges {
  const table = base === null ? undefined : findRelation(snapshot, base);
  const own = table && privileges.get(table.oid);
  if (table === undefined || own === undefined || !isInvoker(view) || isWrittenOtherwise(snapshot, view))
    return granted;
  const both = (columns: readonly string[], allowed: readonly string[]): readonly string[] =>
    columns.filter((name) => allowed.includes(name) || findColumn(table, name) === undefined);
  return {
    ...granted,
    delete: granted.delete && own.delete,
    insert: both(granted.insert, own.insert),
    update: both(granted.update, own.update),
  };
}

/** Whether a trigger or a rule does what is written to a view. */
function isWrittenOtherwise({ triggers, rules }: CatalogSnapshot, { oid }: Relation): boolean {
  return triggers.some(({ tgrelid }) => tgrelid === oid) || rules.some(({ ev_class }) => ev_class === oid);
}

/** What the model says of the nearest parent that it names. */
function inheritedIntent(
  snapshot: CatalogSnapshot,
  named: ReadonlyMap<number, RelationIntent>,
  relation: Relation,
): RelationIntent | undefined {
  for (const oid of relation.parents) {
    const parent = snapshot.relations.find((candidate) => candidate.oid === oid);
    const found = named.get(oid) ?? (parent && inheritedIntent(snapshot, named, parent));
    if (found) return { ...found, schema: relation.nspname, name: relation.relname };
  }
  return undefined;
}

function makeTarget(
  intent: Intent,
  snapshot: CatalogSnapshot,
  relation: Relation,
  relationIntent: RelationIntent,
  privileges: Privileges,
): Target {
  const base = throughBase(intent, snapshot, relation, relationIntent, privileges);
  const key = base?.key ?? primaryKeyOf(snapshot, relation);
  const selectable = privileges.usage ? privileges.select : [];
  const keyed = key.length > 0 && key.every((column) => selectable.includes(column));
  const identity = keyed ? key : selectable;
  return {
    name: formatQualified(nameOf(relation)),
    relation,
    intent: relationIntent,
    privileges,
    truth: base?.truth ?? {
      from: nameOf(relation),
      foreign: relationIntent.foreign,
      shared: relationIntent.shared,
      unwritable: relationIntent.unwritable,
      tenantColumn: relationIntent.tenantColumn,
      tenantType: typeOf(relation, relationIntent.tenantColumn),
      ownership: relationIntent.ownership,
      contextual: relation.relkind === 'v',
    },
    identity,
    // Without a key any column may be NULL, which no type's hash tells from nothing.
    hash: identityHash(identity, keyed ? commonTypes(identity, [relation, base?.table ?? relation]) : []),
    keyed,
  };
}

function typeOf(relation: Relation, column: string | null): string | null {
  return column === null ? null : (findColumn(relation, column)?.type ?? null);
}

/** The type of each column where all relations agree on it: hashes of two types may differ although the values are equal. */
function commonTypes(columns: readonly string[], relations: readonly Relation[]): readonly (string | null)[] {
  return columns.map((column) => {
    const [first, ...others] = relations.map((relation) => typeOf(relation, column));
    return first !== undefined && others.every((type) => type === first) ? first : null;
  });
}

/**
 * A view is judged by its base table where the view shows that table's key, or shows nothing and is but written through: the
 * view's own definition is then not trusted.
 */
function throughBase(
  intent: Intent,
  snapshot: CatalogSnapshot,
  relation: Relation,
  { base }: RelationIntent,
  privileges: Privileges,
): { readonly truth: TruthSource; readonly key: readonly string[]; readonly table: Relation } | undefined {
  if (base === null || relation.relkind !== 'v') return undefined;
  const table = findRelation(snapshot, base);
  const judged = intent.relations.find((r) => r.schema === base.schema && r.name === base.name);
  if (!table || !judged) return undefined;
  const key = primaryKeyOf(snapshot, table);
  const { select } = privileges;
  if (key.length === 0 || !(select.length === 0 || key.every((column) => select.includes(column)))) return undefined;
  const { foreign, shared, unwritable, tenantColumn, ownership } = judged;
  const tenantType = typeOf(table, tenantColumn);
  return {
    truth: { from: base, foreign, shared, unwritable, tenantColumn, tenantType, ownership, contextual: false },
    key,
    table,
  };
}
