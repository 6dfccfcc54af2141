import { constraintsOf, descendantsOf, nameOf, partitionsOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Constraint, Index, Relation } from '../catalog/snapshot.ts';
import { sameSet } from '../domain/same-set.ts';
import { dollarQuoted } from '../sql/dollar-quoted.ts';
import { scanTokens } from '../sql/parse.ts';
import { written, writtenList, writtenName } from '../sql/written.ts';
import { ifNotExists } from './index-sql.ts';
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
  if (constraint === null) return 'an index of a partitioned table without a constraint is not exchanged without a gap';
  if (!isPlain(constraint)) return `${constraint.definition} is more than a list of columns`;
  const below = descendantsOf(snapshot, relation);
  if (below.some(({ relkind }) => relkind === 'f')) return 'a partition is a foreign table, which has no keys';
  if (below.some((part) => constraintOver(snapshot, part, constraint) === undefined))
    return `a partition has no constraint for ${index.relname}`;
  const pointing = snapshot.constraints.find(
    ({ contype, confrelid, confcolumns }) =>
      contype === 'f' && below.some(({ oid }) => oid === confrelid) && sameSet(confcolumns, constraint.columns),
  );
  return pointing === undefined ? null : `the foreign key ${pointing.conname} depends on it`;
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

function storesRows({ relation }: KeyPart): boolean {
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
