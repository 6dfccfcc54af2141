import { findRelation } from '../../catalog/lookup.ts';
import { appliedPolicies, type Applied } from '../applied.ts';
import type { LintInput } from '../input.ts';
import { policyObject } from '../mend.ts';
import { tablesNamed } from '../reads.ts';
import type { LintRule } from '../rule.ts';
import { passingOf } from '../scope.ts';
import { keyOf } from '../scope/expression.ts';
import { negativeSubqueries, type Denied } from '../scope/mentions.ts';
import { isTrue } from '../scope/outcome.ts';
import { listed } from '../wording.ts';

export const policyNegativeSubquery: LintRule = {
  id: 'policy-negative-subquery',
  severity: 'warning',
  summary: 'A policy lets rows pass because a query finds none, and row-level security hides what the query looks for.',
  help: "The tables of a policy's subqueries are read under their own policies: NOT EXISTS over rows of other tenants finds none, is true, and lets those tenants' rows pass. Compare with the context, or ask a SECURITY DEFINER function whose owner sees all rows and which is checked.",
  examples: [
    {
      bad: `alter policy own on app.notes using (not exists (
  select from app.projects p where p.id = project_id and p.tenant_id <> (select app.current_tenant())
));`,
      good: 'alter policy own on app.notes using (tenant_id = (select app.current_tenant()));',
    },
  ],
  *check(input) {
    for (const applied of appliedPolicies(input)) {
      const { modelled, policy, expressions, scope } = applied;
      if (scope === 'scoped') continue;
      const denied = expressions.flatMap((expression) => [...negativeSubqueries(expression)]);
      const hidden = [...new Set(denied.flatMap((one) => hiddenTables(input, one)))];
      if (hidden.length === 0 || !opensWith(input, applied, denied)) continue;
      yield {
        object: policyObject(modelled.relation, policy),
        message: `it denies a subquery over ${listed(hidden)}, whose rows of other tenants ${input.role} does not see`,
      };
    }
  },
};

/** The tables of a subquery on which policies bind the role. */
function hiddenTables({ snapshot, access }: LintInput, { subquery }: Denied): readonly string[] {
  return tablesNamed(subquery).flatMap(({ schema, name }) => {
    const relation = schema === null ? undefined : findRelation(snapshot, { schema, name });
    const bound = relation && access.relations.get(relation.oid)?.rowSecurity === 'bound';
    return bound ? [`${schema ?? ''}.${name}`] : [];
  });
}

/** Whether rows of other tenants pass for certain, if the subqueries find nothing. */
function opensWith(input: LintInput, { modelled, expressions }: Applied, denied: readonly Denied[]): boolean {
  const nothingFound = new Map(denied.map(({ expression }) => [keyOf(expression), isTrue]));
  return expressions.some((expression) =>
    passingOf(input, modelled.relation, expression, 'select', nothingFound)?.some(
      ({ chance, situation }) => chance === 'certain' && situation.rows === 'foreign',
    ),
  );
}
