import type { StepKind } from './step.ts';
import { compatibilityViews } from './steps/compatibility-views.ts';
import { compositeReferences } from './steps/composite-references.ts';
import { contextlessWrites, retireCounts } from './steps/contextless-writes.ts';
import { fillTenants } from './steps/fill-tenants.ts';
import { functionRights } from './steps/function-rights.ts';
import { grants } from './steps/grants.ts';
import { invokerViews } from './steps/invoker-views.ts';
import { keysPerTenant } from './steps/keys-per-tenant.ts';
import { membershipFunction } from './steps/membership-function.ts';
import { parentChecks } from './steps/parent-checks.ts';
import { quarantine } from './steps/quarantine.ts';
import { retireAssignment } from './steps/retire-assignment.ts';
import { roles } from './steps/roles.ts';
import { tenantColumns } from './steps/tenant-columns.ts';
import { tenantIndexes } from './steps/tenant-indexes.ts';
import { tenantNotNull } from './steps/tenant-not-null.ts';
import { tenantPolicies } from './steps/tenant-policies.ts';
import { tenantReferences } from './steps/tenant-references.ts';
import { unfilledRows } from './steps/unfilled-rows.ts';

/** Every kind of step, in the order in which a conversion runs. */
export const stepKinds: readonly StepKind[] = [
  roles,
  unfilledRows,
  tenantColumns,
  contextlessWrites,
  compatibilityViews,
  fillTenants,
  quarantine,
  tenantIndexes,
  tenantNotNull,
  tenantReferences,
  compositeReferences,
  keysPerTenant,
  retireAssignment,
  membershipFunction,
  parentChecks,
  tenantPolicies,
  invokerViews,
  retireCounts,
  functionRights,
  grants,
];
