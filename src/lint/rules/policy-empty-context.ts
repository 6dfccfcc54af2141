import { policiesOf } from '../../access/policies.ts';
import { checksOf, foreignKeysOf } from '../../catalog/lookup.ts';
import { ownedTables, policyExpressions, type Owned } from '../conditions.ts';
import { holesOf } from '../holes.ts';
import type { LintInput } from '../input.ts';
import { mendPolicy, policyObject } from '../mend.ts';
import type { LintRule } from '../rule.ts';
import { partsOf, type Expression } from '../scope/expression.ts';
import { bodyOf, routinesOf } from '../scope/routine.ts';

export const policyEmptyContext: LintRule = {
  id: 'policy-empty-context',
  severity: 'warning',
  summary: 'An empty context is not taken for none.',
  help: "After a transaction with SET LOCAL the setting is '' in the session, and not NULL. As a text it equals a tenant that is stored as ''; cast to another type it raises, so that queries fail where they should find nothing. Write nullif(current_setting(…, true), '').",
  examples: [
    {
      bad: `alter policy own on app.notes using (tenant_id = (select current_setting('app.current_tenant', true)::uuid));`,
      good: `alter policy own on app.notes using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));`,
    },
  ],
  *check(input) {
    for (const hole of holesOf(input, 'policy-empty-context')) {
      const { modelled, policy, ways } = hole;
      const fix = mendPolicy(input, hole, policy, ways);
      yield {
        object: policyObject(modelled.relation, policy),
        ...(mayBeBlank(input, hole) ? {} : { severity: 'info' as const }),
        message: `while ${input.model.context.setting} is empty, rows whose tenant is '' pass`,
        ...(fix !== undefined && { fix }),
      };
    }
    const { snapshot } = input;
    const functions = new Set<string>();
    for (const { modelled } of ownedTables(input)) {
      for (const policy of policiesOf(snapshot, modelled.relation)) {
        const expressions = policyExpressions(policy);
        if (expressions.some((expression) => raisesWhenEmpty(input, expression))) {
          yield { object: policyObject(modelled.relation, policy), ...raising(input) };
        }
        for (const signature of raisingFunctions(input, expressions)) functions.add(signature);
      }
    }
    for (const signature of functions) yield { object: signature, ...raising(input) };
  },
};

function raising({ model }: LintInput): {
  readonly severity: 'info';
  readonly aspect: string;
  readonly message: string;
} {
  return {
    severity: 'info',
    aspect: 'raises',
    message: `it casts ${model.context.setting} without nullif: while that is empty, every query fails`,
  };
}

/** Whether the owner column can hold '': no key leads to the tenants, and no check forbids it. */
function mayBeBlank({ snapshot }: LintInput, { modelled, ownership }: Owned): boolean {
  const { column } = ownership;
  if (column === null) return true;
  const keyed = foreignKeysOf(snapshot, modelled.relation).some(({ columns }) => columns.includes(column));
  return !keyed && !checksOf(snapshot, modelled.relation).some(({ columns }) => columns.includes(column));
}

function raisesWhenEmpty(input: LintInput, expression: Expression): boolean {
  for (const part of partsOf(expression)) {
    if (part.kind === 'cast' && !/^(text|varchar|bpchar|name)/.test(part.type) && isBareContext(input, part.arg))
      return true;
  }
  return false;
}

function isBareContext(input: LintInput, expression: Expression): boolean {
  if (expression.kind === 'cast') return isBareContext(input, expression.arg);
  if (expression.kind !== 'call' || expression.name !== 'current_setting') return false;
  const [setting] = expression.args;
  const name = setting?.kind === 'cast' ? setting.arg : setting;
  return name?.kind === 'constant' && name.value === input.model.context.setting;
}

/** The functions that expressions call, at any depth, and that raise. */
function raisingFunctions(input: LintInput, expressions: readonly Expression[], depth = 0): readonly string[] {
  if (depth > 8) return [];
  const calls = expressions.flatMap((expression) => [...partsOf(expression)].filter((part) => part.kind === 'call'));
  return calls
    .flatMap((call) => routinesOf(input.snapshot, call))
    .flatMap((routine) => {
      const body = bodyOf(routine);
      if (body === null) return [];
      const own = raisesWhenEmpty(input, body) ? [routine.signature] : [];
      return [...own, ...raisingFunctions(input, [body], depth + 1)];
    });
}
