import { writtenList, writtenName } from '../../sql/written.ts';
import { commentOnConstraint } from '../carried-over.ts';
import { actionsOf, addForeignKey, allowanceFor, dropForeignKey } from '../foreign-key-sql.ts';
import { referencesOf, type CompositeReference } from '../references.ts';
import type { Situation } from '../situation.ts';
import type { Step, StepKind } from '../step.ts';

/** A row and its parent are of one tenant. */
export const compositeReferences: StepKind = {
  id: 'composite_references',
  phase: 'contract',
  run: 'statements',
  does: `A row and its parent are of one tenant: foreign keys that hold the tenant on both sides. The old ones go once the new ones
have read every row: they would accept a parent of another tenant, and tell whether it exists.`,
  locks: `ShareRowExclusive on a table and its parent, AccessExclusive to drop the old key, for an instant each; ShareUpdateExclusive
while the rows are read.`,
  rows: 'reads all.',
  undoes: 'The old keys come back and read the rows before the new ones go.',
  plan: (situation) => referencesOf(situation).composite.map((reference) => step(situation, reference)),
};

function step(situation: Situation, reference: CompositeReference): Step {
  const { child, parent, key, name, columns, parentColumns, keepsOld, isThere } = reference;
  const { relation } = child;
  const to = `${writtenName(parent.table.table)} (${writtenList(parentColumns)})`;
  const actions = keepsOld ? '' : actionsOf(key, true);
  const definition = `foreign key (${writtenList(columns)})
  references ${to}${actions}`;
  const validated = key.convalidated;
  const old = { relation, name: key.conname, definition: key.definition.replace(/ NOT VALID$/, ''), validated };
  return {
    table: child.table.table,
    up: [
      ...(isThere ? [] : addForeignKey(situation, { relation, name, definition, validated })),
      ...(keepsOld
        ? []
        : [
            ...dropForeignKey(situation, relation, key.conname).slice(0, 1),
            ...(isThere ? [] : commentOnConstraint(relation, key, name)),
          ]),
    ],
    down: [
      ...(keepsOld
        ? []
        : [
            ...dropForeignKey(situation, relation, key.conname).slice(0, 1),
            ...addForeignKey(situation, old),
            ...commentOnConstraint(relation, key, key.conname),
          ]),
      ...(isThere ? [] : dropForeignKey(situation, relation, name)),
    ],
    allows: { up: allowanceFor(relation), down: keepsOld ? [] : allowanceFor(relation) },
    notes: [
      ...(isThere ? [`${name} holds the tenant already, and does all that ${key.conname} does.`] : []),
      ...(validated || isThere
        ? []
        : [`${key.conname} has not been validated, and so is the new one not: rows that are there may point at none.`]),
      ...(keepsOld
        ? [
            `${key.conname} stays beside it for what it does when its parent goes: a SET NULL of both columns would take the tenant too.`,
          ]
        : []),
    ],
  };
}
