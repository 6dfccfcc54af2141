import type { Probe } from './probe.ts';
import { contextSessionScoped } from './probes/context-session-scoped.ts';
import { cursorSurvives } from './probes/cursor-survives.ts';
import { fkValidatedBlind } from './probes/fk-validated-blind.ts';
import { foreignIdEmbedded } from './probes/foreign-id-embedded.ts';
import { fkCascadeCrosses } from './probes/fk-cascade-crosses.ts';
import { fkCrossesTenants } from './probes/fk-crosses-tenants.ts';
import { foreignRowVisible } from './probes/foreign-row-visible.ts';
import { foreignRowWritable } from './probes/foreign-row-writable.ts';
import { functionDefiner } from './probes/function-definer.ts';
import { functionSetsContext } from './probes/function-sets-context.ts';
import { matviewExposed } from './probes/matview-exposed.ts';
import { noninterference } from './probes/noninterference.ts';
import { partitionDirect } from './probes/partition-direct.ts';
import { policyCheckWeaker } from './probes/policy-check-weaker.ts';
import { policyFailsOpen } from './probes/policy-fails-open.ts';
import { policyFallbackTenant } from './probes/policy-fallback-tenant.ts';
import { policyHidesOwn } from './probes/policy-hides-own.ts';
import { policyImmutableContext } from './probes/policy-immutable-context.ts';
import { policyLooseMatch } from './probes/policy-loose-match.ts';
import { policySharedWritable } from './probes/policy-shared-writable.ts';
import { policyWrongCommand } from './probes/policy-wrong-command.ts';
import { relationNotInModel } from './probes/relation-not-in-model.ts';
import { sessionRoleEscape } from './probes/session-role-escape.ts';
import { sessionStateSurvives } from './probes/session-state-survives.ts';
import { tenantMismatch } from './probes/tenant-mismatch.ts';
import { tenantNull } from './probes/tenant-null.ts';
import { tenantUnknown } from './probes/tenant-unknown.ts';
import { ruleRunsAsOwner } from './probes/rule-runs-as-owner.ts';
import { triggerRewritesTenant } from './probes/trigger-rewrites-tenant.ts';
import { truncateGranted } from './probes/truncate-granted.ts';
import { uniqueOracle } from './probes/unique-oracle.ts';
import { upsertSeesHidden } from './probes/upsert-sees-hidden.ts';
import { upsertThroughView } from './probes/upsert-through-view.ts';
import { viewDefinerWritable } from './probes/view-definer-writable.ts';
import { viewDefiner } from './probes/view-definer.ts';

/** Every probe, in the order in which they run. */
export const probes: readonly Probe[] = [
  sessionRoleEscape,
  contextSessionScoped,
  sessionStateSurvives,
  cursorSurvives,
  relationNotInModel,
  policyFailsOpen,
  policyFallbackTenant,
  policyLooseMatch,
  foreignRowVisible,
  policyHidesOwn,
  partitionDirect,
  policyImmutableContext,
  tenantNull,
  tenantUnknown,
  tenantMismatch,
  fkValidatedBlind,
  foreignIdEmbedded,
  foreignRowWritable,
  policySharedWritable,
  policyCheckWeaker,
  policyWrongCommand,
  viewDefinerWritable,
  upsertSeesHidden,
  upsertThroughView,
  truncateGranted,
  uniqueOracle,
  fkCrossesTenants,
  fkCascadeCrosses,
  noninterference,
  viewDefiner,
  matviewExposed,
  functionDefiner,
  functionSetsContext,
  triggerRewritesTenant,
  ruleRunsAsOwner,
];
