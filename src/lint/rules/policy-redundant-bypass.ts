import { rolesByName } from '../../access/role-closure.ts';
import { appliedPolicies } from '../applied.ts';
import { policyObject } from '../mend.ts';
import type { LintRule } from '../rule.ts';
import { partsOf, type Expression } from '../scope/expression.ts';

export const policyRedundantBypass: LintRule = {
  id: 'policy-redundant-bypass',
  severity: 'info',
  summary: 'A policy has a branch for a role that no policy binds.',
  help: 'It does nothing for that role, and opens the table to whoever can make the condition true. Leave it out.',
  examples: [
    {
      bad: `alter policy own on app.notes using (
  tenant_id = (select app.current_tenant()) or (select current_setting('app.role', true)) = 'etl_user'
);`,
      good: 'alter policy own on app.notes using (tenant_id = (select app.current_tenant()));',
    },
  ],
  *check(input) {
    const roles = rolesByName(input.snapshot);
    for (const { modelled, policy, expressions } of appliedPolicies(input)) {
      const named = expressions.flatMap(branches).flatMap(comparedTexts);
      const exempt = named.find((name) => roles.get(name)?.rolbypassrls ?? roles.get(name)?.rolsuper);
      if (exempt === undefined) continue;
      yield {
        object: policyObject(modelled.relation, policy),
        message: `it lets rows pass for ${exempt}, whom row-level security does not bind`,
      };
    }
  },
};

/** The branches of all OR in an expression. */
function branches(expression: Expression): readonly Expression[] {
  return [...partsOf(expression)].flatMap((part) => (part.kind === 'or' ? part.args : []));
}

/** The texts that a branch is one comparison with. */
function comparedTexts(expression: Expression): readonly string[] {
  if (expression.kind !== 'compare' || expression.operator !== '=') return [];
  const text = expression.right.kind === 'cast' ? expression.right.arg : expression.right;
  return text.kind === 'constant' && typeof text.value === 'string' ? [text.value] : [];
}
