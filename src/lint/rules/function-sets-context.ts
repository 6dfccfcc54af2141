import { functionSetsContext as rule } from '../../domain/rules/function-sets-context.ts';
import { asksForSecret, relationsNamedBy } from '../../access/definer-body.ts';
import type { Routine } from '../../catalog/snapshot.ts';
import type { LintInput } from '../input.ts';
import { codeOf } from '../reads.ts';
import type { LintRule, Observed } from '../rule.ts';
import { argumentSetBy, tenantSetBy } from '../said-context.ts';

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
    {
      bad: `create function app.titles_of(tenant uuid) returns setof text language plpgsql as $$
begin
  perform set_config('app.current_tenant', tenant::text, true);
  return query select title from app.projects;
end $$;`,
      good: 'drop function app.titles_of(uuid);',
    },
  ],
  *check(input) {
    const { snapshot, model, role } = input;
    const { functions } = input.access;
    const fired = new Set(snapshot.triggers.map(({ tgfoid }) => tgfoid));
    const callable = new Set(functions);
    const { setting } = model.context;
    for (const routine of snapshot.functions) {
      const assigned = routine.proconfig.find((config) => isAssignmentOf(config, setting));
      if (assigned === undefined && callable.has(routine)) yield* settingItself(input, routine);
      if (assigned === undefined || !(callable.has(routine) || fired.has(routine.oid))) continue;
      yield {
        object: routine.signature,
        message: `${callable.has(routine) ? `${role} may call it` : 'a trigger runs it'}, and it runs with ${assigned}`,
        fix: `alter routine ${routine.signature} reset ${setting};`,
      };
    }
  },
};

/** One whose text names the tenant, or that reads or writes for whichever its caller names. */
function* settingItself(input: LintInput, routine: Routine): Generator<Observed> {
  const { model, role } = input;
  const { setting } = model.context;
  // Nobody calls the function of an event trigger.
  if (routine.rettype === 'event_trigger') return;
  const value = tenantSetBy(model, routine);
  const argument = argumentSetBy(model, routine);
  if (value !== undefined) {
    yield { object: routine.signature, message: `${role} may call it, and it sets ${setting} to ${value}` };
  } else if (argument !== undefined && actsUnasked(input, routine)) {
    yield {
      object: routine.signature,
      severity: 'warning',
      message: `${role} may call it, and it reads or writes for whichever tenant its argument ${argument} names: it sets ${setting} to that`,
    };
  }
}

/** Whether it goes on to use tables of tenants, and no condition or secret of its own stands before that. */
function actsUnasked({ snapshot, commonTables }: LintInput, routine: Routine): boolean {
  const tables = new Set(commonTables.map(({ relation }) => relation));
  return (
    !/\b(?:if|case|raise|assert|exists)\b/i.test(codeOf(routine)) &&
    !asksForSecret(routine) &&
    relationsNamedBy(snapshot, routine).some(({ relation }) => tables.has(relation))
  );
}

/** Of a value: to be nobody's is what a session without a context is. */
function isAssignmentOf(config: string, setting: string): boolean {
  const [name = '', ...value] = config.split('=');
  return name.toLowerCase() === setting.toLowerCase() && value.join('=') !== '';
}
