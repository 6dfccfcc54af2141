import type { LintRule } from '../rule.ts';

export const functionSetsContext: LintRule = {
  id: 'function-sets-context',
  severity: 'error',
  summary: 'A function that the app role can run sets the tenant of the session to one of its own.',
  help: "While it runs, policies go by the function's tenant and not by the caller's: it reads and writes that tenant's rows for everybody. Take the setting off the function.",
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
