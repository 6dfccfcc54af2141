import type { CatalogSnapshot, Routine } from '../catalog/snapshot.ts';
import { appliedPolicies } from './applied.ts';
import type { LintInput } from './input.ts';
import { policyObject } from './mend.ts';
import { codeOf, routinesCalled } from './reads.ts';
import { keyOf, partsOf, type Expression } from './scope/expression.ts';
import { bodyOf, routinesOf } from './scope/routine.ts';

/** Where a policy's tenant comes from when it does not come from the context: `object` is the function or policy that says so. */
export interface StandIn {
  readonly object: string;
  readonly setting: string;
}

/** The settings whose value policies take for the tenant in place of the context's, once for each function that does so. */
export function* standInsOf(input: LintInput, isForeign: (setting: string) => boolean): Generator<StandIn> {
  const seen = new Set<string>();
  for (const { modelled, ownership, policy, expressions } of appliedPolicies(input)) {
    if (!policy.polpermissive) continue;
    const object = policyObject(modelled.relation, policy);
    for (const tenant of expressions.flatMap((one) => [...comparedWith(one, ownership.tenantKey)])) {
      for (const value of valuesOf(input.snapshot, tenant, object)) {
        const key = `${value.object} ${value.setting}`;
        if (!isForeign(value.setting) || seen.has(key)) continue;
        seen.add(key);
        yield value;
      }
    }
  }
}

/** What an expression holds the tenant of a row against. */
function* comparedWith(expression: Expression, tenantKey: string | null): Generator<Expression> {
  for (const part of partsOf(expression)) {
    if (part.kind !== 'compare' && part.kind !== 'any') continue;
    if (keyOf(part.left) === tenantKey) yield part.right;
    else if (keyOf(part.right) === tenantKey) yield part.left;
  }
}

/** The settings that may be the value of an expression; those that only decide which value it has are none. */
function* valuesOf(
  snapshot: CatalogSnapshot,
  expression: Expression,
  object: string,
  behind: readonly Routine[] = [],
): Generator<StandIn> {
  if (expression.kind === 'call') {
    const [name] = expression.args;
    if (expression.name === 'current_setting') {
      if (name !== undefined) for (const setting of textsOf(name)) yield { object, setting };
      return;
    }
    for (const routine of routinesOf(snapshot, expression)) {
      if (!behind.includes(routine)) yield* returnedBy(snapshot, routine, [...behind, routine]);
    }
  }
  for (const part of resultsOf(expression)) yield* valuesOf(snapshot, part, object, behind);
}

function* returnedBy(snapshot: CatalogSnapshot, routine: Routine, behind: readonly Routine[]): Generator<StandIn> {
  const object = routine.signature;
  const body = bodyOf(routine);
  if (body !== null) {
    yield* valuesOf(snapshot, body, object, behind);
    return;
  }
  const code = codeOf(routine);
  for (const [statement] of code.matchAll(/(?:\breturn\b|:=|\bselect\b)[^;]*/gi)) {
    for (const [, setting = ''] of statement.matchAll(/\bcurrent_setting\s*\(\s*'([^']+)'/gi))
      yield { object, setting };
    for (const called of routinesCalled(snapshot, statement)) {
      if (!behind.includes(called)) yield* returnedBy(snapshot, called, [...behind, called]);
    }
  }
}

/** The parts of an expression of which one is its value. */
function resultsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'coalesce':
    case 'array':
      return expression.args;
    case 'call':
      return expression.args;
    case 'cast':
      return [expression.arg];
    case 'nullif':
      return [expression.left];
    case 'case':
      return [...expression.branches.map(({ then }) => then), expression.otherwise];
    default:
      return [];
  }
}

function textsOf(expression: Expression): readonly string[] {
  if (expression.kind === 'cast') return textsOf(expression.arg);
  return expression.kind === 'constant' ? [String(expression.value)] : [];
}
