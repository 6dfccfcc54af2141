import { nameOf } from '../catalog/lookup.ts';
import type { Constraint, Relation } from '../catalog/snapshot.ts';
import { written, writtenList, writtenName } from '../sql/written.ts';
import { leavesOf, type Situation } from './situation.ts';
import type { Allowance } from './step.ts';

export interface WantedForeignKey {
  readonly relation: Relation;
  readonly name: string;
  /** `foreign key (…) references …` and what follows, without NOT VALID. */
  readonly definition: string;
  /** False where the key that it takes the place of has not been held against the rows that are there, nor this one is to be. */
  readonly validated: boolean;
}

const actions: Readonly<Record<string, string>> = { r: 'restrict', c: 'cascade', n: 'set null', d: 'set default' };

/** What a key does when its parent goes or changes; a SET names its columns, so that the tenant stays. */
export function actionsOf({ confdeltype, confupdtype, columns, definition }: Constraint, listed: boolean): string {
  const onDelete = actions[confdeltype];
  const sets = confdeltype === 'n' || confdeltype === 'd';
  const onUpdate = actions[confupdtype];
  return [
    onDelete === undefined ? '' : ` on delete ${onDelete}${sets && listed ? ` (${writtenList(columns)})` : ''}`,
    onUpdate === undefined ? '' : ` on update ${onUpdate}`,
    definition.includes(' DEFERRABLE') ? ' deferrable' : '',
    definition.includes(' INITIALLY DEFERRED') ? ' initially deferred' : '',
  ].join('');
}

/**
 * Statements that add a foreign key, and read the rows that are there without a lock that stops writers. A partitioned table
 * takes no NOT VALID key before PostgreSQL 18: there each partition gets it first, and the table then takes theirs for its own.
 */
export function addForeignKey(situation: Situation, key: WantedForeignKey): string[] {
  if (!key.validated) return [addNotValid(key)];
  if (key.relation.relkind !== 'p') return addValidated(key);
  return [
    ...leavesOf(situation, key.relation).flatMap((relation) => addValidated({ ...key, relation })),
    `alter table ${writtenName(nameOf(key.relation))} add constraint ${written(key.name)}\n  ${key.definition}`,
  ];
}

/** What the lint says of a partitioned table's key, which adopts those of its partitions without reading a row. */
export function allowanceFor(relation: Relation): readonly Allowance[] {
  if (relation.relkind !== 'p') return [];
  return [
    {
      rule: 'foreign-key-validated-at-once',
      reason: 'its partitions have the validated key already, and PostgreSQL takes theirs without reading a row',
    },
  ];
}

function addValidated(key: WantedForeignKey): string[] {
  return [
    addNotValid(key),
    `alter table ${writtenName(nameOf(key.relation))} validate constraint ${written(key.name)}`,
  ];
}

function addNotValid({ relation, name, definition }: WantedForeignKey): string {
  return `alter table ${writtenName(nameOf(relation))} add constraint ${written(name)}\n  ${definition} not valid`;
}

/** Of a partitioned table, its partitions' that a half-done run left too. */
export function dropForeignKey(situation: Situation, relation: Relation, name: string): string[] {
  return [relation, ...leavesOf(situation, relation)].map(
    (one) => `alter table ${writtenName(nameOf(one))} drop constraint if exists ${written(name)}`,
  );
}
