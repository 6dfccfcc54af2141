import { nameOf } from '../catalog/lookup.ts';
import type { Index, Relation } from '../catalog/snapshot.ts';
import { scanTokens } from '../sql/parse.ts';
import { written, writtenList, writtenName } from '../sql/written.ts';
import { leavesOf, type Situation } from './situation.ts';

/** An index that a plan builds. */
export interface WantedIndex {
  readonly relation: Relation;
  readonly name: string;
  readonly unique: boolean;
  readonly columns: readonly string[];
}

/** Statements that build an index while reads and writes go on: on a partitioned table partition by partition. */
export function buildIndex(situation: Situation, { relation, name, unique, columns }: WantedIndex): string[] {
  const create = `create ${unique ? 'unique ' : ''}index`;
  const on = writtenName(nameOf(relation));
  const list = `(${writtenList(columns)})`;
  if (relation.relkind !== 'p') return [`${create} concurrently ${written(name)}\n  on ${on} ${list}`];
  const whole = writtenName({ schema: relation.nspname, name });
  return [
    `${create} if not exists ${written(name)} on only ${on} ${list}`,
    ...leavesOf(situation, relation).flatMap((leaf) => {
      const part = situation.names.make(leaf.nspname, [leaf.relname, ...columns], 'idx');
      return [
        `${create} concurrently ${written(part)}\n  on ${writtenName(nameOf(leaf))} ${list}`,
        `alter index ${whole} attach partition ${writtenName({ schema: leaf.nspname, name: part })}`,
      ];
    }),
  ];
}

/** PostgreSQL drops the index of a partitioned table not concurrently, and its partitions' with it. */
export function dropIndex(relation: Relation, name: string): string {
  const concurrently = relation.relkind === 'p' ? '' : ' concurrently';
  return `drop index${concurrently} if exists ${writtenName({ schema: relation.nspname, name })}`;
}

/** For rollbacks, which a run that stopped half-way may leave something of. */
export const ifNotExists = ' if not exists';

/** An index as it is, under another name and with one more column in front. */
export function prefixedIndex({ definition }: Index, name: string, column: string, unless = ''): string {
  const tokens = scanTokens(definition);
  const on = tokens.findIndex(({ text }) => text === 'ON');
  const first = tokens.findIndex(({ text }, at) => at > on && text === '(');
  const [onAt, listAt] = [tokens[on]?.start ?? 0, tokens[first]?.end ?? 0];
  return `create unique index concurrently${unless} ${written(name)}
  ${definition.slice(onAt, listAt)}${written(column)}, ${definition.slice(listAt)}`;
}

/** An index as it is, built again without a lock that stops writers. */
export function sameIndex({ definition }: Index, name: string, unless = ''): string {
  const on = scanTokens(definition).find(({ text }) => text === 'ON')?.start ?? 0;
  return `create unique index concurrently${unless} ${written(name)}\n  ${definition.slice(on)}`;
}
