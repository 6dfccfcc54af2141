import type { AlterTableCmd, AlterTableStmt, ColumnDef, Constraint } from 'libpg-query';
import { lockOn, type LockMode, type TableWork, type TakenLock } from './lock-mode.ts';
import { lastName, nodesOf } from './tree.ts';
import { evaluatedPerRow } from './volatility.ts';

/** What one part of an ALTER TABLE takes on the table itself, and on others. */
interface Part {
  readonly mode: LockMode;
  readonly work?: TableWork;
  readonly certain?: boolean;
  readonly others?: readonly TakenLock[];
}

/** The parts that take less than AccessExclusive, or look at rows. `AlterTableGetLockLevel` in PostgreSQL's tablecmds.c. */
const parts: Readonly<Record<string, Part>> = {
  AT_SetStatistics: { mode: 'ShareUpdateExclusive' },
  AT_SetOptions: { mode: 'ShareUpdateExclusive' },
  AT_ResetOptions: { mode: 'ShareUpdateExclusive' },
  AT_ClusterOn: { mode: 'ShareUpdateExclusive' },
  AT_DropCluster: { mode: 'ShareUpdateExclusive' },
  AT_ValidateConstraint: { mode: 'ShareUpdateExclusive', work: 'scan' },
  AT_DetachPartitionFinalize: { mode: 'ShareUpdateExclusive' },
  AT_EnableTrig: { mode: 'ShareRowExclusive' },
  AT_EnableAlwaysTrig: { mode: 'ShareRowExclusive' },
  AT_EnableReplicaTrig: { mode: 'ShareRowExclusive' },
  AT_EnableTrigAll: { mode: 'ShareRowExclusive' },
  AT_EnableTrigUser: { mode: 'ShareRowExclusive' },
  AT_DisableTrig: { mode: 'ShareRowExclusive' },
  AT_DisableTrigAll: { mode: 'ShareRowExclusive' },
  AT_DisableTrigUser: { mode: 'ShareRowExclusive' },
  // A validated CHECK that says the same spares the scan.
  AT_SetNotNull: { mode: 'AccessExclusive', work: 'scan', certain: false },
  // Types that are binary coercible share their rows.
  AT_AlterColumnType: { mode: 'AccessExclusive', work: 'rewrite', certain: false },
  AT_SetLogged: { mode: 'AccessExclusive', work: 'rewrite' },
  AT_SetUnLogged: { mode: 'AccessExclusive', work: 'rewrite' },
  AT_SetAccessMethod: { mode: 'AccessExclusive', work: 'rewrite' },
  AT_SetTableSpace: { mode: 'AccessExclusive', work: 'rewrite' },
  AT_SetExpression: { mode: 'AccessExclusive', work: 'rewrite', certain: false },
};

const exclusive: Part = { mode: 'AccessExclusive' };

/** Storage parameters that a lesser lock does for, beside those of autovacuum: `relOpts` in PostgreSQL's reloptions.c. */
const lightOptions =
  /^(fillfactor|toast_tuple_target|parallel_workers|vacuum_\w+|autovacuum_\w+|log_autovacuum_min_duration|deduplicate_items)$/;

/** The locks of an ALTER TABLE: one for the table, the strongest of its parts, and those on tables that the parts name. */
export function alterTableLocks({ relation, cmds }: AlterTableStmt): readonly TakenLock[] {
  return (cmds ?? []).flatMap((command) => {
    if (!('AlterTableCmd' in command)) return [];
    const { mode, work, certain, others = [] } = partOf(command.AlterTableCmd);
    return [...lockOn(relation, mode, work, certain), ...others];
  });
}

function partOf({ subtype, def }: AlterTableCmd): Part {
  if (def && 'ColumnDef' in def && subtype === 'AT_AddColumn') return addedColumn(def.ColumnDef);
  if (def && 'Constraint' in def && subtype === 'AT_AddConstraint') return addedConstraint(def.Constraint);
  if (subtype === 'AT_SetRelOptions' || subtype === 'AT_ResetRelOptions') return options(def);
  if (def && 'PartitionCmd' in def) {
    const { name, concurrent } = def.PartitionCmd;
    if (subtype === 'AT_AttachPartition') {
      // A validated CHECK that implies the bounds spares the scan.
      return { mode: 'ShareUpdateExclusive', others: lockOn(name, 'AccessExclusive', 'scan', false) };
    }
    return concurrent === true
      ? { mode: 'ShareUpdateExclusive', others: lockOn(name, 'ShareUpdateExclusive') }
      : { mode: 'AccessExclusive', others: lockOn(name, 'AccessExclusive') };
  }
  if (def && 'RangeVar' in def && (subtype === 'AT_AddInherit' || subtype === 'AT_DropInherit')) {
    return { ...exclusive, others: lockOn(def.RangeVar, 'ShareUpdateExclusive') };
  }
  return parts[subtype ?? ''] ?? exclusive;
}

function options(def: unknown): Part {
  const names = nodesOf(def).flatMap(({ tag, value }) => (tag === 'DefElem' ? [String(value['defname'])] : []));
  return names.every((name) => lightOptions.test(name)) ? { mode: 'ShareUpdateExclusive' } : exclusive;
}

function addedConstraint(constraint: Constraint): Part {
  const { contype, skip_validation: notValid, pktable, indexname } = constraint;
  const work: TableWork = notValid === true ? 'none' : 'scan';
  if (contype === 'CONSTR_FOREIGN') {
    return { mode: 'ShareRowExclusive', work, others: lockOn(pktable, 'ShareRowExclusive', work) };
  }
  // An index that is there already holds what is unique; a primary key may still look for NULL.
  if (indexname !== undefined)
    return { ...exclusive, work: contype === 'CONSTR_PRIMARY' ? 'scan' : 'none', certain: false };
  return { ...exclusive, work };
}

function addedColumn(column: ColumnDef): Part {
  const constraints = (column.constraints ?? []).flatMap((node) => ('Constraint' in node ? [node.Constraint] : []));
  const others = constraints.flatMap(({ pktable }) => lockOn(pktable, 'ShareRowExclusive'));
  const of = (type: Constraint['contype']) => constraints.find(({ contype }) => contype === type);
  const generated = of('CONSTR_GENERATED') as { generated_kind?: string } | undefined;
  const rewritten = of('CONSTR_IDENTITY') !== undefined || isSerial(column);
  if (rewritten || (generated && generated.generated_kind !== 'v')) return { ...exclusive, work: 'rewrite', others };
  const fallback = of('CONSTR_DEFAULT')?.raw_expr;
  const perRow = fallback === undefined ? 'never' : evaluatedPerRow(fallback);
  if (perRow !== 'never') return { ...exclusive, work: 'rewrite', certain: perRow === 'always', others };
  const checked =
    of('CONSTR_CHECK') ??
    of('CONSTR_UNIQUE') ??
    of('CONSTR_PRIMARY') ??
    // Without a default every row that is there has NULL.
    (fallback === undefined ? of('CONSTR_NOTNULL') : of('CONSTR_FOREIGN'));
  return { ...exclusive, work: checked === undefined ? 'none' : 'scan', others };
}

/** Whether a column takes its values from a sequence by its type's name. */
export function isSerial({ typeName }: ColumnDef): boolean {
  return /^(small|big)?serial[248]?$/.test(lastName(typeName?.names) ?? '');
}
