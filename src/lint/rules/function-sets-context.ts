import { functionSetsContext as rule } from '../../domain/rules/function-sets-context.ts';
import type { Routine } from '../../catalog/snapshot.ts';
import type { Model } from '../../model/model.ts';
import { escapePattern } from '../../sql/mentions.ts';
import { codeOf } from '../reads.ts';
import type { LintRule, Observed } from '../rule.ts';
import { isNobody } from '../../model/nobody.ts';

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

/** One whose text names the tenant. What takes it from an argument is how applications say who they are. */
function* settingItself(model: Model, role: string, routine: Routine): Generator<Observed> {
  const setting = escapePattern(model.context.setting);
  const set = new RegExp(
    `\\bset_config\\s*\\(\\s*'${setting}'\\s*,\\s*'([^']+)'|\\bset\\s+(?:local\\s+|session\\s+)?${setting}\\s*(?:=|\\bto\\b)\\s*'?([\\w-]+)`,
    'i',
  );
  const [, called, said] = set.exec(codeOf(routine)) ?? [];
  const value = called ?? said;
  if (value === undefined || isNobody(model, value)) return;
  yield { object: routine.signature, message: `${role} may call it, and it sets ${model.context.setting} to ${value}` };
}

/** Of a value: to be nobody's is what a session without a context is. */
function isAssignmentOf(config: string, setting: string): boolean {
  const [name = '', ...value] = config.split('=');
  return name.toLowerCase() === setting.toLowerCase() && value.join('=') !== '';
}
