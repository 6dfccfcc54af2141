import { policyImmutableContext as rule } from '../../domain/rules/policy-immutable-context.ts';
import { appliedPolicies } from '../applied.ts';
import { routinesBehind } from '../reads.ts';
import type { LintRule } from '../rule.ts';
import { readsSetting } from '../../access/setting-readers.ts';

export const policyImmutableContext: LintRule = {
  ...rule,
  examples: [
    {
      bad: `create function app.tenant() returns uuid language sql immutable
  as $$ select nullif(current_setting('app.current_tenant', true), '')::uuid $$;
alter policy own on app.notes using (tenant_id = (select app.tenant()));`,
    },
  ],
  *check(input) {
    const { snapshot, model } = input;
    const behind = appliedPolicies(input).flatMap(({ policy }) => routinesBehind(snapshot, policy));
    for (const routine of new Set(behind)) {
      if (routine.provolatile !== 'i' || !readsSetting(snapshot, model.context.setting, routine)) continue;
      yield {
        object: routine.signature,
        message: `it is IMMUTABLE, and reads ${model.context.setting}: policies call it`,
        fix: `alter function ${routine.signature} stable;`,
      };
    }
  },
};
