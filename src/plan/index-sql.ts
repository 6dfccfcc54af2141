import { nameOf, partitionsOf } from '../catalog/lookup.ts';
import type { Index, Relation } from '../catalog/snapshot.ts';
import { scanTokens } from '../sql/parse.ts';
import { written, writtenList, writtenName } from '../sql/written.ts';
import type { Situation } from './situation.ts';
import type { Installation } from './trigger-function.ts';

/** An index that a plan builds. */
export interface WantedIndex {
  readonly relation: Relation;
  readonly name: string;
  readonly unique: boolean;
  readonly columns: readonly string[];
}

/**
 * Builds an index while reads and writes go on: on a partitioned table partition by partition, on every level. The whole then takes
 * theirs without reading a row, and builds that of a partition which is younger than the plan.
 */
export function indexInstallation(situation: Situation, wanted: WantedIndex): Installation {
  const { relation, name, unique, columns } = wanted;
  const create = `create ${unique ? 'unique ' : ''}index`;
  const on = `on ${writtenName(nameOf(relation))} (${writtenList(columns)})`;
  const own = writtenName({ schema: relation.nspname, name });
  if (relation.relkind !== 'p') {
    return {
      create: [`${create} concurrently ${written(name)}\n  ${on}`],
      drop: [`drop index concurrently if exists ${own}`],
    };
  }
  const parts = partitionsOf(situation.snapshot, relation).map((part) =>
    indexInstallation(situation, {
      ...wanted,
      relation: part,
      name: situation.names.make(part.nspname, [part.relname, ...columns], 'idx'),
    }),
  );
  return {
    create: [...parts.flatMap((part) => part.create), `${create} if not exists ${written(name)}\n  ${on}`],
    // PostgreSQL drops it not concurrently, and those of its partitions with it; a run that stopped has left some unattached.
    drop: [`drop index if exists ${own}`, ...parts.flatMap((part) => part.drop)],
  };
}

/** For rollbacks, which a run that stopped half-way may leave something of. */
export const ifNotExists = ' if not exists';

/** An index as it is, under another name and with one more column in front. */
export function prefixedIndex(index: Index, name: string, column: string, unless = ''): string {
  return sameIndex({ definition: inFront(index.definition, 'ON', `${written(column)}, `) }, name, unless);
}

/** What follows the table in the definition of an index, from USING on. */
export function formOf({ definition }: Pick<Index, 'definition'>): string {
  return definition.slice(scanTokens(definition).find(({ text }) => text === 'USING')?.start ?? 0);
}

/** A definition with something more at the beginning of the first list that follows a word. */
export function inFront(definition: string, word: string, text: string): string {
  const tokens = scanTokens(definition);
  const after = tokens.findIndex((token) => token.text === word);
  const at = tokens.find((token, index) => index > after && token.text === '(')?.end ?? 0;
  return definition.slice(0, at) + text + definition.slice(at);
}

/** An index as it is, built again without a lock that stops writers. */
export function sameIndex({ definition }: Pick<Index, 'definition'>, name: string, unless = ''): string {
  const on = scanTokens(definition).find(({ text }) => text === 'ON')?.start ?? 0;
  return `create unique index concurrently${unless} ${written(name)}\n  ${definition.slice(on)}`;
}
