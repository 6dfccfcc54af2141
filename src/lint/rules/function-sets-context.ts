import { functionSetsContext as rule } from '../../domain/rules/function-sets-context.ts';
import type { LintRule } from '../rule.ts';

export const functionSetsContext: LintRule = {
  ...rule,
  examples: [
    {
      bad: `create function app.titles() returns setof text language sql stable
  set app.current_tenant = '00000000-0000-0000-0000-000000000002' as 'select title from app.projects';`,
    },
  ],
  *check({ snapshot, model, role, access: { functions } }) {
    const fired = new Set(snapshot.triggers.map(({ tgfoid }) => tgfoid));
    const callable = new Set(functions);
    const { setting } = model.context;
    for (const routine of snapshot.functions) {
      const assigned = routine.proconfig.find((config) => isAssignmentOf(config, setting));
      if (assigned === undefined || !(callable.has(routine) || fired.has(routine.oid))) continue;
      yield {
        object: routine.signature,
        message: `${callable.has(routine) ? `${role} may call it` : 'a trigger runs it'}, and it runs with ${assigned}`,
        fix: `alter routine ${routine.signature} reset ${setting};`,
      };
    }
  },
};

/** Of a value: to be nobody's is what a session without a context is. */
function isAssignmentOf(config: string, setting: string): boolean {
  const [name = '', ...value] = config.split('=');
  return name.toLowerCase() === setting.toLowerCase() && value.join('=') !== '';
}
