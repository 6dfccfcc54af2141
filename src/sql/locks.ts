import type { CommentStmt, CreateStmt, DropStmt, IndexStmt, Node, ReindexStmt, VacuumStmt } from 'libpg-query';
import { alterTableLocks } from './alter-locks.ts';
import { lockModes, lockOn, strongest, type LockMode, type TakenLock } from './lock-mode.ts';
import { hasOption, namesOf, nodesOf } from './tree.ts';

type Tag = Node extends infer One ? (One extends unknown ? keyof One : never) : never;
type StatementOf<Name extends Tag> = Extract<Node, Record<Name, unknown>>[Name];
type Readers = { readonly [Name in Tag]?: (statement: StatementOf<Name>) => readonly TakenLock[] };

const readers: Readers = {
  AlterTableStmt: alterTableLocks,
  AlterObjectSchemaStmt: ({ relation }) => lockOn(relation, 'AccessExclusive'),
  AlterPolicyStmt: ({ table }) => lockOn(table, 'AccessExclusive'),
  ClusterStmt: ({ relation }) => lockOn(relation, 'AccessExclusive', 'rewrite'),
  CommentStmt: comment,
  CopyStmt: ({ relation, is_from: into }) => lockOn(relation, into === true ? 'RowExclusive' : 'AccessShare'),
  CreatePolicyStmt: ({ table }) => lockOn(table, 'AccessExclusive'),
  CreatePublicationStmt: (statement) =>
    nodesOf(statement).flatMap(({ tag, value }) => (tag === 'relation' ? lockOn(value, 'ShareUpdateExclusive') : [])),
  CreateStatsStmt: ({ relations }) => rangeVars(relations).flatMap((name) => lockOn(name, 'ShareUpdateExclusive')),
  CreateStmt: createTable,
  CreateTrigStmt: ({ relation }) => lockOn(relation, 'ShareRowExclusive'),
  DropStmt: drop,
  IndexStmt: index,
  LockStmt: ({ relations, mode }) =>
    rangeVars(relations).flatMap((name) =>
      lockOn(name, lockModes[(mode ?? lockModes.length) - 1] ?? 'AccessExclusive'),
    ),
  RefreshMatViewStmt: ({ relation, concurrent }) =>
    lockOn(relation, concurrent === true ? 'Exclusive' : 'AccessExclusive', 'rewrite'),
  ReindexStmt: reindex,
  RenameStmt: ({ relation, renameType }) =>
    lockOn(relation, renameType === 'OBJECT_INDEX' ? 'ShareUpdateExclusive' : 'AccessExclusive'),
  RuleStmt: ({ relation }) => lockOn(relation, 'AccessExclusive'),
  TruncateStmt: ({ relations }) => rangeVars(relations).flatMap((name) => lockOn(name, 'AccessExclusive')),
  VacuumStmt: vacuum,
  ViewStmt: ({ view, replace, query }) => [
    ...(replace === true ? lockOn(view, 'AccessExclusive') : []),
    ...queryLocks(query),
  ],
};

/**
 * The locks that a statement takes by its syntax, one a relation. What the catalog alone knows is not among them: the
 * table of an index that is dropped, partitions, the other side of a foreign key that is dropped, what triggers do.
 */
export function locksTaken(node: Node): readonly TakenLock[] {
  const locks = known.get(node) ?? readLocks(node);
  known.set(node, locks);
  return locks;
}

/** A run asks four times for those of each statement. */
const known = new WeakMap<Node, readonly TakenLock[]>();

function readLocks(node: Node): readonly TakenLock[] {
  const [tag] = Object.keys(node) as [Tag];
  const read = readers[tag] as ((statement: unknown) => readonly TakenLock[]) | undefined;
  return strongest(read === undefined ? queryLocks(node) : read((node as unknown as Record<Tag, unknown>)[tag]));
}

/** What a query reads and writes, its subqueries and CTEs included. */
function queryLocks(node: unknown): readonly TakenLock[] {
  const nodes = nodesOf(node);
  const isCte = new Set(nodes.flatMap(({ tag, value }) => (tag === 'CommonTableExpr' ? [value['ctename']] : [])));
  const read: LockMode = nodes.some(({ tag }) => tag === 'LockingClause') ? 'RowShare' : 'AccessShare';
  return nodes.flatMap(({ tag, value }) => {
    if (/^(Insert|Update|Delete|Merge)Stmt$/.test(tag)) return lockOn(value['relation'] as object, 'RowExclusive');
    const { schemaname, relname } = value as { schemaname?: string; relname?: string };
    return tag === 'RangeVar' && !(schemaname === undefined && isCte.has(relname)) ? lockOn(value, read) : [];
  });
}

function rangeVars(nodes: readonly Node[] | undefined): { schemaname?: string; relname?: string }[] {
  return (nodes ?? []).flatMap((node) => ('RangeVar' in node ? [node.RangeVar] : []));
}

function createTable({ tableElts, inhRelations, partbound }: CreateStmt): readonly TakenLock[] {
  const nodes = nodesOf(tableElts);
  return [
    ...nodes.flatMap(({ tag, value }) => (tag === 'pktable' ? lockOn(value, 'ShareRowExclusive') : [])),
    ...nodes.flatMap(({ tag, value }) =>
      tag === 'TableLikeClause' ? lockOn(value['relation'] as object, 'AccessShare') : [],
    ),
    ...rangeVars(inhRelations).flatMap((name) =>
      lockOn(name, partbound === undefined ? 'ShareUpdateExclusive' : 'AccessExclusive'),
    ),
  ];
}

function index({ relation, concurrent }: IndexStmt): readonly TakenLock[] {
  return lockOn(relation, concurrent === true ? 'ShareUpdateExclusive' : 'Share', 'scan');
}

function reindex({ kind, relation, params }: ReindexStmt): readonly TakenLock[] {
  if (hasOption(params, 'concurrently')) return lockOn(relation, 'ShareUpdateExclusive', 'scan');
  return lockOn(relation, kind === 'REINDEX_OBJECT_INDEX' ? 'AccessExclusive' : 'Share', 'scan');
}

function vacuum({ options, rels }: VacuumStmt): readonly TakenLock[] {
  const full = hasOption(options, 'full');
  return (rels ?? []).flatMap((node) =>
    'VacuumRelation' in node
      ? lockOn(
          node.VacuumRelation.relation,
          full ? 'AccessExclusive' : 'ShareUpdateExclusive',
          full ? 'rewrite' : 'scan',
        )
      : [],
  );
}

const droppedRelations: readonly unknown[] = [
  'OBJECT_TABLE',
  'OBJECT_VIEW',
  'OBJECT_MATVIEW',
  'OBJECT_FOREIGN_TABLE',
  'OBJECT_INDEX',
  'OBJECT_SEQUENCE',
];
/** What belongs to a relation, by the name of which it is dropped. */
const droppedParts: readonly unknown[] = ['OBJECT_TRIGGER', 'OBJECT_POLICY', 'OBJECT_RULE'];

function drop({ objects, removeType, concurrent }: DropStmt): readonly TakenLock[] {
  const part = droppedParts.includes(removeType);
  if (!part && !droppedRelations.includes(removeType)) return [];
  return (objects ?? []).flatMap((object) => {
    const names = 'List' in object ? namesOf(object.List.items) : [];
    return lockOn(
      rangeName(part ? names.slice(0, -1) : names),
      concurrent === true ? 'ShareUpdateExclusive' : 'AccessExclusive',
    );
  });
}

/** A comment on a table or a column; one on what belongs to a table keeps nobody waiting. */
function comment({ objtype, object }: CommentStmt): readonly TakenLock[] {
  const names = object && 'List' in object ? namesOf(object.List.items) : [];
  if (objtype === 'OBJECT_COLUMN') return lockOn(rangeName(names.slice(0, -1)), 'ShareUpdateExclusive');
  return droppedRelations.includes(objtype) ? lockOn(rangeName(names), 'ShareUpdateExclusive') : [];
}

function rangeName(names: readonly string[]): { schemaname?: string; relname?: string } | undefined {
  const [name, schema] = names.toReversed();
  return name === undefined ? undefined : { relname: name, ...(schema !== undefined && { schemaname: schema }) };
}
