import type { MigrationRule } from './rule.ts';
import { addingRequiredColumn } from './rules/adding-required-column.ts';
import { addingSerialColumn } from './rules/adding-serial-column.ts';
import { addingStoredColumn } from './rules/adding-stored-column.ts';
import { attachPartitionScans } from './rules/attach-partition-scans.ts';
import { bulkWrite } from './rules/bulk-write.ts';
import { changingColumnType } from './rules/changing-column-type.ts';
import { checkValidatedAtOnce } from './rules/check-validated-at-once.ts';
import { concurrentIfNotExists } from './rules/concurrent-if-not-exists.ts';
import { contextDefaultStampsRows } from './rules/context-default-stamps-rows.ts';
import { detachNotConcurrent } from './rules/detach-not-concurrent.ts';
import { disablingRowSecurity } from './rules/disabling-row-security.ts';
import { disablingTriggers } from './rules/disabling-triggers.ts';
import { dropIndexNotConcurrent } from './rules/drop-index-not-concurrent.ts';
import { droppingColumn } from './rules/dropping-column.ts';
import { droppingDatabase } from './rules/dropping-database.ts';
import { droppingTable } from './rules/dropping-table.ts';
import { exclusionConstraint } from './rules/exclusion-constraint.ts';
import { foreignKeyValidatedAtOnce } from './rules/foreign-key-validated-at-once.ts';
import { indexNotConcurrent } from './rules/index-not-concurrent.ts';
import { lockingTable } from './rules/locking-table.ts';
import { longLockTimeout } from './rules/long-lock-timeout.ts';
import { policyGap } from './rules/policy-gap.ts';
import { refreshNotConcurrent } from './rules/refresh-not-concurrent.ts';
import { refusedStatement } from './rules/refused-statement.ts';
import { reindexNotConcurrent } from './rules/reindex-not-concurrent.ts';
import { renamingColumn } from './rules/renaming-column.ts';
import { renamingTable } from './rules/renaming-table.ts';
import { rewritingTable } from './rules/rewriting-table.ts';
import { setNotNullUnchecked } from './rules/set-not-null-unchecked.ts';
import { severalTablesLocked } from './rules/several-tables-locked.ts';
import { truncatingTable } from './rules/truncating-table.ts';
import { uniqueConstraintBuildsIndex } from './rules/unique-constraint-builds-index.ts';
import { validatedInSameTransaction } from './rules/validated-in-same-transaction.ts';
import { volatileColumnDefault } from './rules/volatile-column-default.ts';

/** Every rule of the lint of migrations, by id. */
export const migrationRules: readonly MigrationRule[] = [
  addingRequiredColumn,
  addingSerialColumn,
  addingStoredColumn,
  attachPartitionScans,
  bulkWrite,
  changingColumnType,
  checkValidatedAtOnce,
  concurrentIfNotExists,
  contextDefaultStampsRows,
  detachNotConcurrent,
  disablingRowSecurity,
  disablingTriggers,
  dropIndexNotConcurrent,
  droppingColumn,
  droppingDatabase,
  droppingTable,
  exclusionConstraint,
  foreignKeyValidatedAtOnce,
  indexNotConcurrent,
  lockingTable,
  longLockTimeout,
  policyGap,
  refreshNotConcurrent,
  refusedStatement,
  reindexNotConcurrent,
  renamingColumn,
  renamingTable,
  rewritingTable,
  setNotNullUnchecked,
  severalTablesLocked,
  truncatingTable,
  uniqueConstraintBuildsIndex,
  validatedInSameTransaction,
  volatileColumnDefault,
];
