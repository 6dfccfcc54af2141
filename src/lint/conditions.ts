import { mayUse } from '../access/matrix.ts';
import { checkOf, commands, usingOf, type Command, type EffectivePolicies } from '../access/policies.ts';
import type { Policy } from '../catalog/snapshot.ts';
import type { LintInput, Modelled } from './input.ts';
import { readExpression, type Expression } from './scope/expression.ts';
import { ownershipOf, type Ownership } from './scope/ownership.ts';

/** Which condition of a command: over the rows that are there, or over the new ones. */
export type Part = 'using' | 'check';

/** A table whose rows have owners, and how they say who they are. */
export interface Owned {
  readonly modelled: Modelled;
  readonly ownership: Ownership;
}

/** The tables whose rows have owners, and whose policies bind the app role. */
export function ownedTables(input: LintInput): readonly Owned[] {
  return input.tenantTables.flatMap((modelled) => {
    const ownership = ownershipOf(input.snapshot, input.model, modelled.relation);
    return ownership && modelled.access.rowSecurity === 'bound' ? [{ modelled, ownership }] : [];
  });
}

/** The conditions that decide over what the role may do with a table. */
export function* conditionsOf({ modelled, ownership }: Owned): Generator<{
  readonly command: Command;
  readonly part: Part;
  readonly policies: EffectivePolicies;
}> {
  const { access } = modelled;
  for (const command of commands) {
    if (!mayUse(access, command)) continue;
    const policies = access.policies[command];
    if (command !== 'insert') yield { command, part: 'using', policies };
    // Whose a row is cannot change where the columns that say so cannot.
    if (command === 'insert' ? !isSignup(ownership) : command === 'update' && mayMove(modelled, ownership)) {
      yield { command, part: 'check', policies };
    }
  }
}

function isSignup({ table }: Ownership): boolean {
  return table.tenancy === 'root' && table.signup;
}

function mayMove({ access, relation }: Modelled, { columns }: Ownership): boolean {
  const names = columns ?? relation.columns.map(({ attname }) => attname);
  return names.some((name) => access.privileges.columns.UPDATE.includes(name));
}

/** A policy's expression for a part; null where it cannot be read. */
export function expressionOf(policy: Policy, part: Part): Expression | null {
  return readExpression(part === 'using' ? usingOf(policy) : checkOf(policy));
}

/** The expressions of a policy that can be read. */
export function policyExpressions({ polqual, polwithcheck }: Policy): readonly Expression[] {
  return [polqual, polwithcheck].flatMap((text) => (text === null ? [] : (readExpression(text) ?? [])));
}
