import type { LintRule } from '../rule.ts';
import { roleObject } from '../wording.ts';

export const contextSpoofable: LintRule = {
  id: 'context-spoofable',
  severity: 'info',
  summary: 'Whoever can run SQL as the app role can say which tenant it is.',
  help: 'A setting is no secret: an injected statement may set it. Policies keep apart what an honest application asks; a context that is signed, or a database role for each tenant, also holds against a dishonest one.',
  // It stands in the sound world.
  examples: [],
  *check({ commonTables, model, role, access: { closure } }) {
    if (closure.exempt || commonTables.length === 0) return;
    yield { object: roleObject(role), message: `${role} may set ${model.context.setting} itself` };
  },
};
