import type { Harmless, Mutation } from './mutation.ts';
import { functions } from './look-alikes/functions.ts';
import { grants } from './look-alikes/grants.ts';
import { keys } from './look-alikes/keys.ts';
import { partitions } from './look-alikes/partitions.ts';
import { policies } from './look-alikes/policies.ts';
import { publications } from './look-alikes/publications.ts';
import { triggers } from './look-alikes/triggers.ts';
import { views } from './look-alikes/views.ts';
import { defaultPrivilegesOpen } from './mutations/default-privileges-open.ts';
import { fkCascadeCrosses } from './mutations/fk-cascade-crosses.ts';
import { fkCrossesTenants } from './mutations/fk-crosses-tenants.ts';
import { fkValidatedBlind } from './mutations/fk-validated-blind.ts';
import { foreignIdEmbedded } from './mutations/foreign-id-embedded.ts';
import { foreignTableExposed } from './mutations/foreign-table-exposed.ts';
import { functionDefiner } from './mutations/function-definer.ts';
import { functionLeakproof } from './mutations/function-leakproof.ts';
import { functionSetsContext } from './mutations/function-sets-context.ts';
import { largeObjectShared } from './mutations/large-object-shared.ts';
import { matviewExposed } from './mutations/matview-exposed.ts';
import { partitionDirect } from './mutations/partition-direct.ts';
import { policiesDormant } from './mutations/policies-dormant.ts';
import { policyCheckWeaker } from './mutations/policy-check-weaker.ts';
import { policyEmptyContext } from './mutations/policy-empty-context.ts';
import { policyFailsOpen } from './mutations/policy-fails-open.ts';
import { policyFallbackTenant } from './mutations/policy-fallback-tenant.ts';
import { policyFloorGap } from './mutations/policy-floor-gap.ts';
import { policyHidesOwn } from './mutations/policy-hides-own.ts';
import { policyImmutableContext } from './mutations/policy-immutable-context.ts';
import { policyInheritedWidens } from './mutations/policy-inherited-widens.ts';
import { policyJsonTenant } from './mutations/policy-json-tenant.ts';
import { policyLookupWritable } from './mutations/policy-lookup-writable.ts';
import { policyLooseMatch } from './mutations/policy-loose-match.ts';
import { policyNegativeSubquery } from './mutations/policy-negative-subquery.ts';
import { policyNullTenant } from './mutations/policy-null-tenant.ts';
import { policyPermissiveOr } from './mutations/policy-permissive-or.ts';
import { policyRecursion } from './mutations/policy-recursion.ts';
import { policySessionUser } from './mutations/policy-session-user.ts';
import { policySharedWritable } from './mutations/policy-shared-writable.ts';
import { policyUnqualifiedHelper } from './mutations/policy-unqualified-helper.ts';
import { policyWrongCommand } from './mutations/policy-wrong-command.ts';
import { publicationUnfiltered } from './mutations/publication-unfiltered.ts';
import { referencesGranted } from './mutations/references-granted.ts';
import { rlsDisabled } from './mutations/rls-disabled.ts';
import { rlsNotForced } from './mutations/rls-not-forced.ts';
import { roleBypassesRls } from './mutations/role-bypasses-rls.ts';
import { roleCanBecomeOwner } from './mutations/role-can-become-owner.ts';
import { roleCanCreate } from './mutations/role-can-create.ts';
import { ruleRunsAsOwner } from './mutations/rule-runs-as-owner.ts';
import { sequenceReadable } from './mutations/sequence-readable.ts';
import { tenantColumnMutable } from './mutations/tenant-column-mutable.ts';
import { tenantDefaultConstant } from './mutations/tenant-default-constant.ts';
import { tenantMismatch } from './mutations/tenant-mismatch.ts';
import { tenantNull } from './mutations/tenant-null.ts';
import { tenantRootReadable } from './mutations/tenant-root-readable.ts';
import { tenantUnknown } from './mutations/tenant-unknown.ts';
import { triggerCopiesOut } from './mutations/trigger-copies-out.ts';
import { triggerGranted } from './mutations/trigger-granted.ts';
import { triggerRewritesTenant } from './mutations/trigger-rewrites-tenant.ts';
import { truncateGranted } from './mutations/truncate-granted.ts';
import { uniqueOracle } from './mutations/unique-oracle.ts';
import { upsertThroughView } from './mutations/upsert-through-view.ts';
import { viewDefiner } from './mutations/view-definer.ts';
import { viewDefinerWritable } from './mutations/view-definer-writable.ts';
import { viewNotBarrier } from './mutations/view-not-barrier.ts';

/** Every class of leaks that can be planted by SQL, by id. */
export const mutations: readonly Mutation[] = [
  defaultPrivilegesOpen,
  fkCascadeCrosses,
  fkCrossesTenants,
  fkValidatedBlind,
  foreignIdEmbedded,
  foreignTableExposed,
  functionDefiner,
  functionLeakproof,
  functionSetsContext,
  largeObjectShared,
  matviewExposed,
  partitionDirect,
  policiesDormant,
  policyCheckWeaker,
  policyEmptyContext,
  policyFailsOpen,
  policyFallbackTenant,
  policyFloorGap,
  policyHidesOwn,
  policyImmutableContext,
  policyInheritedWidens,
  policyJsonTenant,
  policyLookupWritable,
  policyLooseMatch,
  policyNegativeSubquery,
  policyNullTenant,
  policyPermissiveOr,
  policyRecursion,
  policySessionUser,
  policySharedWritable,
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
  sequenceReadable,
  tenantColumnMutable,
  tenantDefaultConstant,
  tenantMismatch,
  tenantNull,
  tenantRootReadable,
  tenantUnknown,
  triggerCopiesOut,
  triggerGranted,
  triggerRewritesTenant,
  truncateGranted,
  uniqueOracle,
  upsertThroughView,
  viewDefiner,
  viewDefinerWritable,
  viewNotBarrier,
];

/** Every kind of harmless change, by id. */
export const lookAlikes: readonly Harmless[] = [
  functions,
  grants,
  keys,
  partitions,
  policies,
  publications,
  triggers,
  views,
];
