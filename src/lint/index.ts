import type { LintRule } from './rule.ts';
import { activityLiterals } from './rules/activity-literals.ts';
import { backupRoleFiltered } from './rules/backup-role-filtered.ts';
import { contextSpoofable } from './rules/context-spoofable.ts';
import { defaultPrivilegesOpen } from './rules/default-privileges-open.ts';
import { explainCounts } from './rules/explain-counts.ts';
import { foreignTableExposed } from './rules/foreign-table-exposed.ts';
import { functionLeakproof } from './rules/function-leakproof.ts';
import { functionSetsContext } from './rules/function-sets-context.ts';
import { jobWithoutContext } from './rules/job-without-context.ts';
import { largeObjectShared } from './rules/large-object-shared.ts';
import { partitionDirect } from './rules/partition-direct.ts';
import { policiesDormant } from './rules/policies-dormant.ts';
import { publicationUnfiltered } from './rules/publication-unfiltered.ts';
import { referencesGranted } from './rules/references-granted.ts';
import { rlsDisabled } from './rules/rls-disabled.ts';
import { rlsNotForced } from './rules/rls-not-forced.ts';
import { roleBypassesRls } from './rules/role-bypasses-rls.ts';
import { roleCanBecomeOwner } from './rules/role-can-become-owner.ts';
import { roleCanCreate } from './rules/role-can-create.ts';
import { schemaSearchPath } from './rules/schema-search-path.ts';
import { sequenceReadable } from './rules/sequence-readable.ts';
import { serverKnownCve } from './rules/server-known-cve.ts';
import { sessionRoleEscape } from './rules/session-role-escape.ts';
import { statisticsPublic } from './rules/statistics-public.ts';
import { triggerGranted } from './rules/trigger-granted.ts';
import { truncateGranted } from './rules/truncate-granted.ts';

/** Every lint, by id. */
export const lintRules: readonly LintRule[] = [
  activityLiterals,
  backupRoleFiltered,
  contextSpoofable,
  defaultPrivilegesOpen,
  explainCounts,
  foreignTableExposed,
  functionLeakproof,
  functionSetsContext,
  jobWithoutContext,
  largeObjectShared,
  partitionDirect,
  policiesDormant,
  publicationUnfiltered,
  referencesGranted,
  rlsDisabled,
  rlsNotForced,
  roleBypassesRls,
  roleCanBecomeOwner,
  roleCanCreate,
  schemaSearchPath,
  sequenceReadable,
  serverKnownCve,
  sessionRoleEscape,
  statisticsPublic,
  triggerGranted,
  truncateGranted,
];
