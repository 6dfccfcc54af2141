import { derived, groupBy } from '../catalog/derived.ts';
import type { CatalogSnapshot, Policy, Relation } from '../catalog/snapshot.ts';
import type { RoleClosure } from './role-closure.ts';

export const commands = ['select', 'insert', 'update', 'delete'] as const;
export type Command = (typeof commands)[number];

const polcmds: Readonly<Record<Command, Policy['polcmd']>> = { select: 'r', insert: 'a', update: 'w', delete: 'd' };

/** The policies that decide over a role's command on a relation: one permissive one must pass, and every restrictive one. */
export interface EffectivePolicies {
  readonly permissive: readonly Policy[];
  readonly restrictive: readonly Policy[];
}

/** Whether a policy is for a command. */
export function isFor({ polcmd }: Policy, command: Command): boolean {
  return polcmd === '*' || polcmd === polcmds[command];
}

/** Whether a policy applies to a role: by its own name, by an inherited membership, or to PUBLIC. */
export function appliesTo({ polroles }: Policy, { has }: RoleClosure): boolean {
  return polroles.some((role) => has.has(role));
}

/** The policies of a relation that apply to a role's command. */
export function effectivePolicies(
  snapshot: CatalogSnapshot,
  closure: RoleClosure,
  relation: Relation,
  command: Command,
): EffectivePolicies {
  const applying = policiesOf(snapshot, relation).filter(
    (policy) => isFor(policy, command) && appliesTo(policy, closure),
  );
  return {
    permissive: applying.filter(({ polpermissive }) => polpermissive),
    restrictive: applying.filter(({ polpermissive }) => !polpermissive),
  };
}

/** The expression for rows that exist; a policy without one lets every row pass. None for INSERT. */
export function usingOf({ polqual }: Policy): string {
  return polqual ?? 'true';
}

/** The expression for new rows: without a WITH CHECK it is that for rows that exist. */
export function checkOf({ polqual, polwithcheck }: Policy): string {
  return polwithcheck ?? polqual ?? 'true';
}

/**
 * The predicate over existing rows (`using`) or new ones (`check`) that a set of policies amounts to, as one SQL boolean:
 * the permissive ones by OR, and every restrictive one. Without a permissive policy nothing passes.
 */
export function effectivePredicate({ permissive, restrictive }: EffectivePolicies, part: 'using' | 'check'): string {
  const expression = part === 'using' ? usingOf : checkOf;
  if (permissive.length === 0) return 'false';
  const any = permissive.map((policy) => `(${expression(policy)})`).join(' or ');
  return [`(${any})`, ...restrictive.map((policy) => `(${expression(policy)})`)].join(' and ');
}

const byRelation = derived(({ policies }) => groupBy(policies, ({ polrelid }) => polrelid));

/** All policies of a relation. */
export function policiesOf(snapshot: CatalogSnapshot, relation: Relation): readonly Policy[] {
  return byRelation(snapshot).get(relation.oid) ?? [];
}
