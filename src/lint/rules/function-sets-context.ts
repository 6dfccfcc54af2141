import { functionSetsContext as rule } from '../../domain/rules/function-sets-context.ts';
import type { Routine } from '../../catalog/snapshot.ts';
import type { Model } from '../../model/model.ts';
import type { LintRule, Observed } from '../rule.ts';
import { tenantSetBy } from '../said-context.ts';

export const functionSetsContext: LintRule = {
  ...rule,
  examples: [
    {
      bad: `create function app.titles() returns setof text language sql stable
  set app.current_tenant = '00000000-0000-0000-0000-000000000002' as 'select title from app.projects';`,
    },
    {
      bad: `create function app.titles() returns setof text language plpgsql as $$
begin
  perform set_config('app.current_tenant', '00000000-0000-0000-0000-000000000002', true);
  return query select title from app.projects;
end $$;`,
      good: 'drop function app.titles();',
    },
  ],
  *check({ snapshot, model, role, access: { functions } }) {
    const fired = new Set(snapshot.triggers.map(({ tgfoid }) => tgfoid));
    const callable = new Set(functions);
    const { setting } = model.context;
    for (const routine of snapshot.functions) {
      const assigned = routine.proconfig.find((config) => isAssignmentOf(config, setting));
      if (assigned === undefined && callable.has(routine)) yield* settingItself(model, role, routine);
      if (assigned === undefined || !(callable.has(routine) || fired.has(routine.oid))) continue;
      yield {
        object: routine.signature,
        message: `${callable.has(routine) ? `${role} may call it` : 'a trigger runs it'}, and it runs with ${assigned}`,
        fix: `alter routine ${routine.signature} reset ${setting};`,
      };
    }
  },
};

/** One whose text names the tenant. */
function* settingItself(model: Model, role: string, routine: Routine): Generator<Observed> {
  const value = tenantSetBy(model, routine);
  // Nobody calls the function of an event trigger.
  if (value === undefined || routine.rettype === 'event_trigger') return;
  yield { object: routine.signature, message: `${role} may call it, and it sets ${model.context.setting} to ${value}` };
}

/** Of a value: to be nobody's is what a session without a context is. */
function isAssignmentOf(config: string, setting: string): boolean {
  const [name = '', ...value] = config.split('=');
  return name.toLowerCase() === setting.toLowerCase() && value.join('=') !== '';
}
