import { constraintsOf, descendantsOf, nameOf, partitionsOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Constraint, Index, Relation } from '../catalog/snapshot.ts';
import { sameSet } from '../domain/same-set.ts';
import { dollarQuoted } from '../sql/dollar-quoted.ts';
import { scanTokens } from '../sql/parse.ts';
import { written, writtenList, writtenName } from '../sql/written.ts';
import { indexedColumns } from '../catalog/natural-key.ts';
import { formOf, ifNotExists, inFront } from './index-sql.ts';
import type { Situation } from './situation.ts';

/** A key of a partition, and of what is below it. */
interface KeyPart {
  readonly relation: Relation;
  /** The constraint as it is. */
  readonly old: string;
  /** The index that takes its place, where rows are stored. */
  readonly name: string;
  /** The index that takes its place on the way back. */
  readonly beside: string;
  readonly parts: readonly KeyPart[];
}

/**
 * How a key of a partitioned table is exchanged for one with the tenant in front. PostgreSQL makes no constraint of a
 * partitioned table from an index that is built; but a new constraint takes those of its partitions where they fit, and
 * theirs are made from indexes. All of it is one statement: there is no moment without a key.
 * https://www.postgresql.org/docs/current/ddl-partitioning.html (tried on 14.23 and 18.4)
 */
export interface PartitionedKey {
  /** Builds the indexes while reads and writes go on. */
  readonly build: readonly string[];
  readonly drop: readonly string[];
  readonly exchange: string;
  /** What the key of the whole is called afterwards. */
  readonly kept: string;
  /** Builds the old ones, exchanges them, and builds the new ones again. */
  readonly restore: readonly string[];
}

/** Why it cannot be exchanged; null where it can. */
export function partitionObstacle(
  { snapshot }: Situation,
  relation: Relation,
  index: Index,
  constraint: Constraint | null,
): string | null {
  if (constraint !== null && !isPlain(constraint)) return `${constraint.definition} is more than a list of columns`;
  const below = descendantsOf(snapshot, relation);
  if (below.some(({ relkind }) => relkind === 'f')) return 'a partition is a foreign table, which has no keys';
  if (constraint !== null && below.some((part) => constraintOver(snapshot, part, constraint) === undefined))
    return `a partition has no constraint for ${index.relname}`;
  if (constraint === null && below.some((part) => attachedTo(snapshot, part, index) === undefined))
    return `a partition has another index like that for ${index.relname}`;
  const keyed = constraint?.columns ?? index.columns.map(String);
  const identity = snapshot.indexes.find(
    ({ indisreplident, indrelid, columns }) =>
      indisreplident && sameSet(columns.map(String), keyed) && [relation, ...below].some(({ oid }) => oid === indrelid),
  );
  if (identity !== undefined) return `${identity.relname} is the replica identity of its table`;
  const pointing = snapshot.constraints.find(
    ({ contype, confrelid, confcolumns }) =>
      contype === 'f' && below.some(({ oid }) => oid === confrelid) && sameSet(confcolumns, keyed),
  );
  return pointing === undefined ? null : `the foreign key ${pointing.conname} depends on it`;
}

/**
 * How a unique index of a partitioned table that no constraint stands for is exchanged: the new one is whole before the old one
 * goes, and the other way round. A partition that is younger than the plan gets its own as the whole takes those of the others.
 */
export function partitionedIndex(
  situation: Situation,
  relation: Relation,
  index: Index,
  column: string,
  name: string,
): PartitionedKey {
  const form = formOf(index);
  const columns = [column, ...indexedColumns(relation, index)];
  const parts = indexParts(situation, relation, index, columns);
  return {
    build: adopted(relation, name, parts, inFront(form, 'USING', `${written(column)}, `), (part) => part.name),
    drop: [
      `drop index if exists ${writtenName({ schema: relation.nspname, name })}`,
      ...parts.flatMap((part) => dropLeft(part)),
    ],
    exchange: `drop index if exists ${writtenName({ schema: relation.nspname, name: index.relname })}`,
    kept: name,
    restore: adopted(relation, index.relname, parts, form, (part) => part.old, ifNotExists),
  };
}

/** The index of a whole takes those of its partitions that are as it is, and builds none where they all are there. */
function adopted(
  relation: Relation,
  name: string,
  parts: readonly IndexPart[],
  form: string,
  called: (part: IndexPart) => string,
  unless = '',
): readonly string[] {
  const below = parts.flatMap((part) =>
    storesRows(part)
      ? [
          `create unique index concurrently${unless} ${written(called(part))}\n  on ${writtenName(nameOf(part.relation))} ${form}`,
        ]
      : adopted(part.relation, called(part), part.parts, form, called, unless),
  );
  return [
    ...below,
    `create unique index if not exists ${written(name)}\n  on ${writtenName(nameOf(relation))} ${form}`,
  ];
}

/** What a run that stopped half-way has built, and no whole has taken. */
function dropLeft(part: IndexPart): readonly string[] {
  const name = writtenName({ schema: part.relation.nspname, name: part.name });
  if (storesRows(part)) return [`drop index concurrently if exists ${name}`];
  return [`drop index if exists ${name}`, ...part.parts.flatMap(dropLeft)];
}

/** The index of a partition, and of what is below it. */
interface IndexPart {
  readonly relation: Relation;
  readonly old: string;
  readonly name: string;
  readonly parts: readonly IndexPart[];
}

function indexParts(
  situation: Situation,
  relation: Relation,
  index: Index,
  columns: readonly string[],
): readonly IndexPart[] {
  const { snapshot, names } = situation;
  return partitionsOf(snapshot, relation).map((part) => ({
    relation: part,
    old: attachedTo(snapshot, part, index)?.relname ?? index.relname,
    name: names.make(part.nspname, [part.relname, ...columns], 'key'),
    parts: indexParts(situation, part, index, columns),
  }));
}

/** The one index of a partition that is as that of the whole; undefined where there are several. */
function attachedTo({ indexes }: CatalogSnapshot, part: Relation, index: Index): Index | undefined {
  const form = formOf(index);
  const alike = indexes.filter((one) => one.indrelid === part.oid && one.indisunique && formOf(one) === form);
  return alike.length === 1 ? alike[0] : undefined;
}

export function partitionedKey(
  situation: Situation,
  relation: Relation,
  constraint: Constraint,
  column: string,
  name: string,
): PartitionedKey {
  const isPrimary = constraint.contype === 'p';
  // A primary key keeps its name: it is what people call it by.
  const kept = isPrimary ? constraint.conname : name;
  const parts = partsOf(situation, relation, constraint, column);
  const leaves = leavesOf(parts);
  const old: KeyForm = {
    columns: constraint.columns,
    constraintOf: (part) => (part === null ? constraint.conname : part.old),
    indexOf: ({ beside }) => beside,
  };
  const wanted: KeyForm = {
    columns: [column, ...constraint.columns],
    constraintOf: (part) => (part === null ? kept : isPrimary ? part.old : part.name),
    indexOf: (part) => part.name,
  };
  const exchange = (drop: string, form: KeyForm): string =>
    exchangeStatement(relation, isPrimary ? 'primary key' : 'unique', parts, drop, form);
  return {
    build: leaves.map((leaf) => buildIndex(leaf, wanted)),
    drop: leaves.map(
      (leaf) => `drop index concurrently if exists ${writtenName({ schema: leaf.relation.nspname, name: leaf.name })}`,
    ),
    exchange: exchange(`drop constraint ${written(constraint.conname)}`, wanted),
    kept,
    restore: [
      ...leaves.map((leaf) => buildIndex(leaf, old)),
      exchange(
        [...new Set([kept, constraint.conname])].map((one) => `drop constraint if exists ${written(one)}`).join(', '),
        old,
      ),
      ...leaves.map((leaf) => buildIndex(leaf, wanted, ifNotExists)),
    ],
  };
}

/** One of the two keys: its columns, and what its constraints and indexes are called. */
interface KeyForm {
  readonly columns: readonly string[];
  /** Of a partition; null for the whole. */
  readonly constraintOf: (part: KeyPart | null) => string;
  readonly indexOf: (part: KeyPart) => string;
}

function buildIndex(leaf: KeyPart, { columns, indexOf }: KeyForm, unless = ''): string {
  return `create unique index concurrently${unless} ${written(indexOf(leaf))}
  on ${writtenName(nameOf(leaf.relation))} (${writtenList(columns)})`;
}

/** From where rows are stored upwards: a constraint takes those below it. */
function exchangeStatement(
  relation: Relation,
  kind: string,
  parts: readonly KeyPart[],
  drop: string,
  { columns, constraintOf, indexOf }: KeyForm,
): string {
  const add = (to: Relation, part: KeyPart | null, what: string): string =>
    `alter table ${writtenName(nameOf(to))} add constraint ${written(constraintOf(part))} ${kind} ${what}`;
  const list = `(${writtenList(columns)})`;
  const below = (part: KeyPart): readonly string[] => [
    ...part.parts.flatMap(below),
    add(part.relation, part, storesRows(part) ? `using index ${written(indexOf(part))}` : list),
  ];
  const statements = [
    `alter table ${writtenName(nameOf(relation))} ${drop}`,
    ...parts.flatMap(below),
    add(relation, null, list),
  ];
  return `do ${dollarQuoted(['', 'begin', ...statements.map((one) => `  ${one};`), 'end', ''].join('\n'))}`;
}

function partsOf(situation: Situation, relation: Relation, key: Constraint, column: string): readonly KeyPart[] {
  const { snapshot, names } = situation;
  return partitionsOf(snapshot, relation).map((part) => ({
    relation: part,
    old: constraintOver(snapshot, part, key)?.conname ?? key.conname,
    name: names.make(part.nspname, [part.relname, column, ...key.columns], 'key'),
    beside: names.make(part.nspname, [part.relname, ...key.columns], 'idx'),
    parts: partsOf(situation, part, key, column),
  }));
}

function leavesOf(parts: readonly KeyPart[]): readonly KeyPart[] {
  return parts.flatMap((part) => (storesRows(part) ? [part] : leavesOf(part.parts)));
}

function storesRows({ relation }: Pick<KeyPart, 'relation'>): boolean {
  return relation.relkind !== 'p';
}

function constraintOver(
  snapshot: CatalogSnapshot,
  part: Relation,
  { contype, columns }: Constraint,
): Constraint | undefined {
  return constraintsOf(snapshot, part).find((own) => own.contype === contype && sameSet(own.columns, columns));
}

/** Whether a key is its columns and nothing more, such as INCLUDE or NULLS NOT DISTINCT. */
function isPlain({ contype, columns, definition }: Constraint): boolean {
  const words = contype === 'p' ? 'PRIMARY KEY' : 'UNIQUE';
  return definition.startsWith(words) && scanTokens(definition.slice(words.length)).length === 2 * columns.length + 1;
}
