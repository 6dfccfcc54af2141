import { effectivePolicies, effectivePredicate, type Command } from '../access/policies.ts';
import { closureOf } from '../access/role-closure.ts';
import { rowSecurityOf } from '../access/row-security.ts';
import type { Relation } from '../catalog/snapshot.ts';
import type { LintInput } from './input.ts';
import { scopeOf } from './scope.ts';

/** Whether policies keep a role, as which a view or function of another runs, to the rows of the context. */
export function isWalled(input: LintInput, as: string, relation: Relation, command: Command = 'select'): boolean {
  const closure = closureOf(input.snapshot, as);
  if (rowSecurityOf(closure, relation) !== 'bound') return false;
  const policies = effectivePolicies(input.snapshot, closure, relation, command);
  const predicate = effectivePredicate(policies, command === 'insert' ? 'check' : 'using');
  return scopeOf(input, relation, predicate, command) !== 'open';
}
