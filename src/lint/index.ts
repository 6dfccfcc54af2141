import type { LintRule } from './rule.ts';
import { policiesDormant } from './rules/policies-dormant.ts';
import { rlsDisabled } from './rules/rls-disabled.ts';

/** Every lint, by id. */
export const lintRules: readonly LintRule[] = [policiesDormant, rlsDisabled];
