import type { LintRule } from './rule.ts';
import { defaultPrivilegesOpen } from './rules/default-privileges-open.ts';
import { policiesDormant } from './rules/policies-dormant.ts';
import { referencesGranted } from './rules/references-granted.ts';
import { rlsDisabled } from './rules/rls-disabled.ts';
import { rlsNotForced } from './rules/rls-not-forced.ts';
import { roleBypassesRls } from './rules/role-bypasses-rls.ts';
import { roleCanBecomeOwner } from './rules/role-can-become-owner.ts';
import { roleCanCreate } from './rules/role-can-create.ts';
import { sequenceReadable } from './rules/sequence-readable.ts';
import { sessionRoleEscape } from './rules/session-role-escape.ts';
import { triggerGranted } from './rules/trigger-granted.ts';
import { truncateGranted } from './rules/truncate-granted.ts';

/** Every lint, by id. */
export const lintRules: readonly LintRule[] = [
  defaultPrivilegesOpen,
  policiesDormant,
  referencesGranted,
  rlsDisabled,
  rlsNotForced,
  roleBypassesRls,
  roleCanBecomeOwner,
  roleCanCreate,
  sequenceReadable,
  sessionRoleEscape,
  triggerGranted,
  truncateGranted,
];
