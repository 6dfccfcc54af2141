import { findColumn, findRelation } from '../../catalog/lookup.ts';
import type { RunInput } from '../input.ts';
import type { Target } from '../target.ts';
import type { Updatable } from './updatable.ts';
import { decidesOwner, type Material, pick, plainColumns, type Row, type Sample, storedColumns } from './material.ts';
import { type Joined, joinedUnder } from './joined.ts';
import { foreignSignups } from './signups.ts';
import { deleteStatement, insertableColumns, insertStatement, updateStatement } from './statements.ts';
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

/** Moves rows of its own to somebody else. */
export interface MoveAttack extends Common {
  readonly kind: 'move';
  /** Whose rows the new one would join. */
  readonly joins: 'foreign' | 'shared';
  /** Own rows that would be somebody else's then, to be tried one by one. */
  readonly rows: readonly Sample[];
  /** Whether all own rows that were looked at would be. */
  readonly all: boolean;
}

/** Adds a row for somebody else. */
export interface InsertAttack extends Common {
  readonly kind: 'insert';
  readonly joins: 'foreign' | 'shared';
  /** Whether the statement itself says whose the row is; otherwise a default or a trigger does. */
  readonly explicit: boolean;
}

export type NewRowAttack = MoveAttack | InsertAttack;
export type Attack = ExistingRowAttack | NewRowAttack;

/** Columns that are set, one after the other, as a policy may be about the first. */
const plainAttempts = 3;
/** Other owners in whose names a subject tries to store rows. */
const otherOwners = 8;

/** The attacks for which the app role has the privileges and the target has rows. */
export async function attacksOf(
  run: RunInput,
  target: Target,
  subject: string,
  material: Material,
  named: readonly string[],
  may: Updatable,
): Promise<readonly Attack[]> {
  const owners = await ownersBeside(run, target, subject, material, named);
  return [
    ...existingRowAttacks(run, target, subject, material, may),
    ...moveAttacks(run, target, owners, material, may),
    ...(target.intent.signup
      ? signupAttacks(run, target, subject, material, may)
      : insertAttacks(run, target, owners, material, may)),
  ];
}

function existingRowAttacks(
  run: RunInput,
  target: Target,
  subject: string,
  material: Material,
  may: Updatable,
): readonly Attack[] {
  const [model] = [...material.foreign, ...material.shared];
  if (model === undefined) return [];
  const attacks: Attack[] = [];
  const update = (kind: 'update' | 'seize', changes: Row): void => {
    attacks.push({
      kind,
      statement: updateStatement(target, changes),
      onRow: (row) => updateStatement(target, changes, row),
    });
  };
  const column = tenantColumnToSet(run, target);
  const self = column === null ? null : ownerOf(run, column, subject, material);
  if (may.update) {
    for (const plain of plainColumns(run, target).slice(0, plainAttempts)) {
      update('update', { [plain]: model.row[plain] ?? null });
    }
    if (column !== null && self !== null) update('seize', { [column]: self });
  }
  if (may.delete) {
    attacks.push({ kind: 'delete', statement: deleteStatement(target), onRow: (row) => deleteStatement(target, row) });
  }
  return attacks;
}

function moveAttacks(
  run: RunInput,
  target: Target,
  owners: readonly OtherOwner[],
  material: Material,
  may: Updatable,
): readonly Attack[] {
  if (!may.update || material.own.length === 0) return [];
  return movesOf(run, target, owners, material).map(({ changes, joins, rows }) => ({
    kind: 'move' as const,
    joins,
    statement: updateStatement(target, changes),
    rows,
    all: rows.length === material.own.length,
  }));
}

interface Move {
  readonly changes: Row;
  readonly joins: 'foreign' | 'shared';
  readonly rows: readonly Sample[];
}

function movesOf(run: RunInput, target: Target, owners: readonly OtherOwner[], material: Material): readonly Move[] {
  if (target.truth.tenantColumn !== null) {
    const column = tenantColumnToSet(run, target);
    if (column === null) return [];
    return owners.map(({ owner, joins, rows }) => ({ changes: { [column]: owner }, joins, rows }));
  }
  const columns = joiningColumns(run, target).filter((column) => target.privileges.update.includes(column));
  if (columns.length === 0) return [];
  const to = (joins: 'foreign' | 'shared') =>
    material[joins].map(({ row }): Move => ({ changes: pick(row, columns), joins, rows: material.own }));
  return [...to('foreign'), ...to('shared')];
}

function insertAttacks(
  run: RunInput,
  target: Target,
  owners: readonly OtherOwner[],
  material: Material,
  may: Updatable,
): readonly Attack[] {
  if (!may.insert) return [];
  const { tenantColumn } = target.truth;
  const insertable = new Set(insertableColumns(run, target).map(({ attname }) => attname));
  const attack = (joins: 'foreign' | 'shared', explicit: boolean, row: Row, changes: Row = {}): Attack => ({
    kind: 'insert',
    joins,
    explicit,
    statement: insertStatement(run, target, row, changes),
  });
  const renamed =
    tenantColumn !== null && insertable.has(tenantColumn)
      ? owners.flatMap(({ owner, joins, rows: [own] }) =>
          own ? [attack(joins, true, own.row, { [tenantColumn]: owner })] : [],
        )
      : [];
  const complete = saysItsOwner(run, target, insertable);
  const copies = (joins: 'foreign' | 'shared') => material[joins].map(({ row }) => attack(joins, complete, row));
  return [...renamed, ...copies('foreign'), ...copies('shared')];
}

function signupAttacks(
  run: RunInput,
  target: Target,
  subject: string,
  material: Material,
  may: Updatable,
): readonly Attack[] {
  if (!may.insert) return [];
  return foreignSignups(run, target, subject, material).map((statement) => ({
    kind: 'insert',
    joins: 'foreign',
    explicit: true,
    statement,
  }));
}

/** Whether a copy of a row belongs to whom the row does, and not to whom a default, a generated column or a trigger says. */
export function saysItsOwner(run: RunInput, target: Target, insertable: ReadonlySet<string>): boolean {
  const columns = storedColumns(run, target);
  const left = columns.filter(({ attname, attgenerated }) => attgenerated === '' && !insertable.has(attname));
  const open = left.length === 0 ? [] : [...left, ...columns.filter(({ attgenerated }) => attgenerated !== '')];
  return !open.some(({ attname }) => decidesOwner(target, attname));
}

/** What the app role is granted, and the relation can do. */
export function allowedOn({ privileges }: Target, updatable: Updatable): Updatable {
  return {
    insert: updatable.insert && privileges.insert.length > 0,
    update: updatable.update && privileges.update.length > 0,
    delete: updatable.delete && privileges.delete,
  };
}

/** The tenant column, where the app role may set it in a row that exists. */
function tenantColumnToSet(run: RunInput, target: Target): string | null {
  const { tenantColumn, from } = target.truth;
  if (tenantColumn === null || !target.privileges.update.includes(tenantColumn)) return null;
  const base = findRelation(run.snapshot, from);
  return base && findColumn(base, tenantColumn)?.attgenerated === '' ? tenantColumn : null;
}

/** The columns that lead to another table's row whose owner decides. */
function joiningColumns(run: RunInput, target: Target): readonly string[] {
  return storedColumns(run, target)
    .filter(
      ({ attname, attgenerated, attidentity }) =>
        attgenerated === '' && attidentity !== 'a' && decidesOwner(target, attname),
    )
    .map(({ attname }) => attname);
}

/** What the tenant column of the subject's own rows holds. */
function ownerOf(run: RunInput, column: string, subject: string, { own }: Material): string | null {
  return own[0]?.row[column] ?? (run.membership ? null : subject);
}

interface OtherOwner extends Joined {
  readonly owner: string;
}

/**
 * What the tenant column of somebody else's rows holds, or would hold: tenants that a policy names, the platform, and tenants
 * with rows and without. With many tenants each subject tries those that follow it, so that many are tried by somebody.
 * Left out are those in whose name any subject may store such rows.
 */
async function ownersBeside(
  run: RunInput,
  target: Target,
  subject: string,
  { own, foreign }: Material,
  named: readonly string[],
): Promise<readonly OtherOwner[]> {
  const { tenantColumn } = target.truth;
  if (tenantColumn === null || own.length === 0) return [];
  const ownersOf = (rows: readonly Sample[]) => rows.flatMap(({ row }) => row[tenantColumn] ?? []);
  const at = run.subjects.indexOf(subject);
  const next = run.membership ? [] : [...run.subjects.slice(at + 1), ...run.subjects.slice(0, at)];
  const platform = run.intent.platform === null ? [] : [run.intent.platform];
  const mine = new Set([...(run.membership ? [] : [subject]), ...ownersOf(own)]);
  const special = run.membership ? platform : [...named.filter((id) => id !== run.intent.platform), ...platform];
  const owners = [...new Set([...special, ...ownersOf(foreign), ...next])].filter((owner) => !mine.has(owner));
  const tried = owners.slice(0, special.length + otherOwners);
  const joined = await joinedUnder(run, target, subject, tenantColumn, own, tried);
  return tried.flatMap((owner) => (joined.get(owner) ?? []).map((one) => ({ owner, ...one })));
}
