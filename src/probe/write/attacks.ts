import type { RunInput } from '../input.ts';
import type { Target } from '../target.ts';
import type { Updatable } from './updatable.ts';
import type { Material, Row } from './material.ts';
import { deleteStatement, insertStatement, updateStatement } from './statements.ts';
import type { Statement } from './transaction.ts';

interface Common {
  /** The statement over all rows that the policies let it reach. */
  readonly statement: Statement;
}

/** Aims at rows that exist: where the statement over all rows is refused, single rows are tried. */
export interface ExistingRowAttack extends Common {
  readonly kind: 'update' | 'delete' | 'seize';
  readonly onRow: (row: Row) => Statement;
}

/** Stores a row for somebody else: by moving an own row, or by adding one. */
export interface NewRowAttack extends Common {
  readonly kind: 'move' | 'insert';
  /** Whose rows the new one would join. */
  readonly joins: 'foreign' | 'shared';
  /** The same with a row of its own, which must pass: otherwise a refusal proves nothing. Null where nothing of the kind is its own. */
  readonly control: Statement | null;
}

export type Attack = ExistingRowAttack | NewRowAttack;

/** The attacks for which the app role has the privileges and the target has rows. */
export function attacksOf(
  run: RunInput,
  target: Target,
  subject: string,
  material: Material,
  may: Updatable,
): readonly Attack[] {
  return [
    ...existingRowAttacks(run, target, subject, material, may),
    ...moveAttacks(run, target, subject, material, may),
    ...insertAttacks(run, target, subject, material, may),
  ];
}

function existingRowAttacks(
  run: RunInput,
  target: Target,
  subject: string,
  material: Material,
  may: Updatable,
): readonly Attack[] {
  if (material.foreign === null && material.shared === null) return [];
  const { privileges, truth } = target;
  const attacks: Attack[] = [];
  const { plain } = material;
  if (plain && may.update) {
    attacks.push({
      kind: 'update',
      statement: updateStatement(target, plain.column, plain.value),
      onRow: (row) => updateStatement(target, plain.column, plain.value, row),
    });
  }
  const self = ownerOf(run, target, subject, material);
  if (truth.tenantColumn !== null && self !== null && may.update && privileges.update.includes(truth.tenantColumn)) {
    const column = truth.tenantColumn;
    attacks.push({
      kind: 'seize',
      statement: updateStatement(target, column, self),
      onRow: (row) => updateStatement(target, column, self, row),
    });
  }
  if (may.delete) {
    attacks.push({ kind: 'delete', statement: deleteStatement(target), onRow: (row) => deleteStatement(target, row) });
  }
  return attacks;
}

function moveAttacks(
  run: RunInput,
  target: Target,
  subject: string,
  material: Material,
  may: Updatable,
): readonly Attack[] {
  const { privileges, truth } = target;
  const other = otherOwner(run, target, subject, material);
  if (truth.tenantColumn === null || material.own === null || other === null) return [];
  if (!may.update || !privileges.update.includes(truth.tenantColumn)) return [];
  return [
    { kind: 'move', joins: 'foreign', statement: updateStatement(target, truth.tenantColumn, other), control: null },
  ];
}

function insertAttacks(
  run: RunInput,
  target: Target,
  subject: string,
  material: Material,
  may: Updatable,
): readonly Attack[] {
  if (!may.insert) return [];
  const { tenantColumn } = target.truth;
  const { own, foreign, shared } = material;
  const control = own && insertStatement(run, target, own);
  const other = otherOwner(run, target, subject, material);
  const attacks: Attack[] = [];
  const add = (joins: 'foreign' | 'shared', statement: Statement): void => {
    attacks.push({ kind: 'insert', joins, statement, control });
  };
  if (own && tenantColumn !== null && other !== null)
    add('foreign', insertStatement(run, target, own, { [tenantColumn]: other }));
  if (foreign) add('foreign', insertStatement(run, target, foreign));
  if (shared) add('shared', insertStatement(run, target, shared));
  return attacks;
}

/** What the app role is granted, and the relation can do. */
export function allowedOn({ privileges }: Target, updatable: Updatable): Updatable {
  return {
    insert: updatable.insert && privileges.insert.length > 0,
    update: updatable.update && privileges.update.length > 0,
    delete: updatable.delete && privileges.delete,
  };
}

/** What the tenant column of the subject's own rows holds. */
function ownerOf(run: RunInput, { truth }: Target, subject: string, { own }: Material): string | null {
  if (truth.tenantColumn === null) return null;
  return own?.[truth.tenantColumn] ?? (run.membership ? null : subject);
}

/** What the tenant column of somebody else's rows holds, or would hold. */
function otherOwner(run: RunInput, { truth }: Target, subject: string, { foreign }: Material): string | null {
  if (truth.tenantColumn === null) return null;
  const stored = foreign?.[truth.tenantColumn] ?? null;
  if (stored !== null) return stored;
  return run.membership ? null : (run.subjects.find((candidate) => candidate !== subject) ?? null);
}
