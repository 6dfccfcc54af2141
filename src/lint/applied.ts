import { policiesOf } from '../access/policies.ts';
import type { Policy } from '../catalog/snapshot.ts';
import { conditionsOf, expressionOf, ownedTables, policyExpressions, type Owned } from './conditions.ts';
import type { LintInput } from './input.ts';
import { scopeOf, type Scope } from './scope.ts';
import type { Expression } from './scope/expression.ts';

/** A policy that applies to the app role on a table whose rows have owners. */
export interface Applied extends Owned {
  readonly policy: Policy;
  readonly expressions: readonly Expression[];
  /** What it lets pass in the worst of the commands that the role may use, the restrictive policies considered. */
  readonly scope: Scope;
}

const known = new WeakMap<LintInput, readonly Applied[]>();

/** The policies that apply to the app role, on all such tables. */
export function appliedPolicies(input: LintInput): readonly Applied[] {
  const applied = known.get(input) ?? ownedTables(input).flatMap((owned) => appliedTo(input, owned));
  known.set(input, applied);
  return applied;
}

function appliedTo(input: LintInput, owned: Owned): readonly Applied[] {
  const scopes = new Map<Policy, Scope[]>();
  for (const { command, part, policies } of conditionsOf(owned)) {
    const floors = policies.restrictive.map((floor) => expressionOf(floor, part));
    for (const policy of [...policies.permissive, ...policies.restrictive]) {
      const args = [expressionOf(policy, part), ...floors].filter((one) => one !== null);
      const scope = scopeOf(input, owned.modelled.relation, { kind: 'and', args }, command);
      scopes.set(policy, [...(scopes.get(policy) ?? []), scope]);
    }
  }
  return policiesOf(input.snapshot, owned.modelled.relation).flatMap((policy) => {
    const found = scopes.get(policy);
    if (found === undefined) return [];
    const scope = (['open', 'unknown', 'scoped'] as const).find((one) => found.includes(one)) ?? 'scoped';
    return [{ ...owned, policy, expressions: policyExpressions(policy), scope }];
  });
}
