import type { LintRule } from './rule.ts';
import { activityLiterals } from './rules/activity-literals.ts';
import { annRecallCollapse } from './rules/ann-recall-collapse.ts';
import { backupRoleFiltered } from './rules/backup-role-filtered.ts';
import { catalogGranted } from './rules/catalog-granted.ts';
import { codeOpensWalls } from './rules/code-opens-walls.ts';
import { contextSpoofable } from './rules/context-spoofable.ts';
import { defaultPrivilegesOpen } from './rules/default-privileges-open.ts';
import { explainCounts } from './rules/explain-counts.ts';
import { fkCascadeCrosses } from './rules/fk-cascade-crosses.ts';
import { fkCrossesTenants } from './rules/fk-crosses-tenants.ts';
import { foreignTableExposed } from './rules/foreign-table-exposed.ts';
import { functionDefiner } from './rules/function-definer.ts';
import { functionLeakproof } from './rules/function-leakproof.ts';
import { functionSetsContext } from './rules/function-sets-context.ts';
import { jobWithoutContext } from './rules/job-without-context.ts';
import { largeObjectShared } from './rules/large-object-shared.ts';
import { matviewExposed } from './rules/matview-exposed.ts';
import { parameterGranted } from './rules/parameter-granted.ts';
import { partitionDirect } from './rules/partition-direct.ts';
import { policiesDormant } from './rules/policies-dormant.ts';
import { policyCheckWeaker } from './rules/policy-check-weaker.ts';
import { policyEmptyContext } from './rules/policy-empty-context.ts';
import { policyFailsOpen } from './rules/policy-fails-open.ts';
import { policyFallbackTenant } from './rules/policy-fallback-tenant.ts';
import { policyFloorGap } from './rules/policy-floor-gap.ts';
import { policyImmutableContext } from './rules/policy-immutable-context.ts';
import { policyInheritedWidens } from './rules/policy-inherited-widens.ts';
import { policyJsonTenant } from './rules/policy-json-tenant.ts';
import { policyLookupWritable } from './rules/policy-lookup-writable.ts';
import { policyLooseMatch } from './rules/policy-loose-match.ts';
import { policyNegativeSubquery } from './rules/policy-negative-subquery.ts';
import { policyNullTenant } from './rules/policy-null-tenant.ts';
import { policyPermissiveOr } from './rules/policy-permissive-or.ts';
import { policyRecursion } from './rules/policy-recursion.ts';
import { policyRedundantBypass } from './rules/policy-redundant-bypass.ts';
import { policySessionUser } from './rules/policy-session-user.ts';
import { policySharedWritable } from './rules/policy-shared-writable.ts';
import { policySlow } from './rules/policy-slow.ts';
import { policyTrustsSession } from './rules/policy-trusts-session.ts';
import { policyUnqualifiedHelper } from './rules/policy-unqualified-helper.ts';
import { policyWrongCommand } from './rules/policy-wrong-command.ts';
import { publicationUnfiltered } from './rules/publication-unfiltered.ts';
import { referencesGranted } from './rules/references-granted.ts';
import { rlsDisabled } from './rules/rls-disabled.ts';
import { rlsNotForced } from './rules/rls-not-forced.ts';
import { roleBypassesRls } from './rules/role-bypasses-rls.ts';
import { roleCanBecomeOwner } from './rules/role-can-become-owner.ts';
import { roleCanCreate } from './rules/role-can-create.ts';
import { ruleRunsAsOwner } from './rules/rule-runs-as-owner.ts';
import { schemaSearchPath } from './rules/schema-search-path.ts';
import { sequenceReadable } from './rules/sequence-readable.ts';
import { serverKnownCve } from './rules/server-known-cve.ts';
import { sessionRoleEscape } from './rules/session-role-escape.ts';
import { statisticsPublic } from './rules/statistics-public.ts';
import { tenantColumnMutable } from './rules/tenant-column-mutable.ts';
import { tenantDefaultConstant } from './rules/tenant-default-constant.ts';
import { tenantRootReadable } from './rules/tenant-root-readable.ts';
import { triggerCopiesOut } from './rules/trigger-copies-out.ts';
import { triggerGranted } from './rules/trigger-granted.ts';
import { triggerRewritesTenant } from './rules/trigger-rewrites-tenant.ts';
import { truncateGranted } from './rules/truncate-granted.ts';
import { uniqueOracle } from './rules/unique-oracle.ts';
import { upsertSeesHidden } from './rules/upsert-sees-hidden.ts';
import { upsertThroughView } from './rules/upsert-through-view.ts';
import { viewDefiner } from './rules/view-definer.ts';
import { viewDefinerWritable } from './rules/view-definer-writable.ts';
import { viewNotBarrier } from './rules/view-not-barrier.ts';

/** Every lint, by id. */
export const lintRules: readonly LintRule[] = [
  activityLiterals,
  annRecallCollapse,
  backupRoleFiltered,
  catalogGranted,
  codeOpensWalls,
  contextSpoofable,
  defaultPrivilegesOpen,
  explainCounts,
  fkCascadeCrosses,
  fkCrossesTenants,
  foreignTableExposed,
  functionDefiner,
  functionLeakproof,
  functionSetsContext,
  jobWithoutContext,
  largeObjectShared,
  matviewExposed,
  parameterGranted,
  partitionDirect,
  policiesDormant,
  policyCheckWeaker,
  policyEmptyContext,
  policyFailsOpen,
  policyFallbackTenant,
  policyFloorGap,
  policyImmutableContext,
  policyInheritedWidens,
  policyJsonTenant,
  policyLookupWritable,
  policyLooseMatch,
  policyNegativeSubquery,
  policyNullTenant,
  policyPermissiveOr,
  policyRecursion,
  policyRedundantBypass,
  policySessionUser,
  policySharedWritable,
  policySlow,
  policyTrustsSession,
  policyUnqualifiedHelper,
  policyWrongCommand,
  publicationUnfiltered,
  referencesGranted,
  rlsDisabled,
  rlsNotForced,
  roleBypassesRls,
  roleCanBecomeOwner,
  roleCanCreate,
  ruleRunsAsOwner,
  schemaSearchPath,
  sequenceReadable,
  serverKnownCve,
  sessionRoleEscape,
  statisticsPublic,
  tenantColumnMutable,
  tenantDefaultConstant,
  tenantRootReadable,
  triggerCopiesOut,
  triggerGranted,
  triggerRewritesTenant,
  truncateGranted,
  uniqueOracle,
  upsertSeesHidden,
  upsertThroughView,
  viewDefiner,
  viewDefinerWritable,
  viewNotBarrier,
];
