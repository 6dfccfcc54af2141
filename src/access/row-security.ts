import type { Relation } from '../catalog/snapshot.ts';
import type { RoleClosure } from './role-closure.ts';

/**
 * Whether row-level security binds a role on a relation:
 *
 * - `bound`: its policies apply
 * - `disabled`: the relation has it not enabled
 * - `exempt`: the role is a superuser or has BYPASSRLS
 * - `owner`: the role has the owner's privileges, and the relation is not FORCEd
 *
 * As `check_enable_rls` of PostgreSQL's rls.c decides.
 */
export type RowSecurity = 'bound' | 'disabled' | 'exempt' | 'owner';

export function rowSecurityOf({ has, exempt }: RoleClosure, relation: Relation): RowSecurity {
  if (!relation.relrowsecurity) return 'disabled';
  if (exempt) return 'exempt';
  return has.has(relation.relowner) && !relation.relforcerowsecurity ? 'owner' : 'bound';
}
