import type { Rule } from '../domain/rule.ts';
import { accessNarrowed } from '../domain/rules/access-narrowed.ts';
import { accessWidened } from '../domain/rules/access-widened.ts';

/** The rules whose findings tell what a change does. */
export const changeRules: readonly Rule[] = [accessNarrowed, accessWidened];
