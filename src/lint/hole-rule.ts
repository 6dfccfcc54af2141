import { appliesTo, commands, isFor, policiesOf, type Command } from '../access/policies.ts';
import type { Policy } from '../catalog/snapshot.ts';
import { expressionOf, type Owned, type Part } from './conditions.ts';
import type { LintInput } from './input.ts';
import { Evaluation } from './scope/evaluate.ts';
import type { Situation } from './scope/situation.ts';
import { listed } from './wording.ts';

/** The rules that report what a policy lets pass for certain: the most specific one that fits has it. */
export type HoleRule =
  | 'policy-check-weaker'
  | 'policy-empty-context'
  | 'policy-fails-open'
  | 'policy-fallback-tenant'
  | 'policy-floor-gap'
  | 'policy-inherited-widens'
  | 'policy-null-tenant'
  | 'policy-permissive-or'
  | 'policy-shared-writable'
  | 'policy-wrong-command'
  | 'tenant-root-readable';

/** One condition of a command that a policy leaves open, and for which rows and sessions. */
export interface Way {
  readonly command: Command;
  readonly part: Part;
  readonly situations: readonly Situation[];
}

export interface Classified {
  readonly rule: HoleRule;
  readonly ways: readonly Way[];
  /** The restrictive policy that would close it, if it were for the role and the command. */
  readonly floor: Policy | null;
}

/** Sorts what a policy leaves open by its cause. */
export function classify(input: LintInput, owned: Owned, policy: Policy, ways: readonly Way[]): readonly Classified[] {
  const open = ways.filter(({ situations }) => situations.some(isAnyTenant));
  const rest = ways.filter((way) => !open.includes(way));
  return [...(open.length > 0 ? [openHole(input, owned, policy, open)] : []), ...narrowHoles(rest)];
}

/** True for rows of any other tenant, in a session that says for whom it works. */
function isAnyTenant({ rows, context }: Situation): boolean {
  return rows === 'foreign' && context === 'set';
}

function openHole(input: LintInput, owned: Owned, policy: Policy, ways: readonly Way[]): Classified {
  const floor = ways.map((way) => floorBeside(input, owned, way)).find((found) => found !== undefined) ?? null;
  return { rule: openRule(input, owned, policy, ways, floor), ways, floor };
}

function openRule(
  { role }: LintInput,
  { ownership }: Owned,
  { polroles }: Policy,
  ways: readonly Way[],
  floor: Policy | null,
): HoleRule {
  if (floor) return 'policy-floor-gap';
  if (!polroles.includes(role) && !polroles.includes('public')) return 'policy-inherited-widens';
  if (ways.some(({ command }) => command === 'select')) {
    return ownership.table.tenancy === 'root' ? 'tenant-root-readable' : 'policy-permissive-or';
  }
  return ways.some(({ part }) => part === 'using') ? 'policy-wrong-command' : 'policy-check-weaker';
}

/** A restrictive policy of the table that lets no other tenant's row pass, and is not asked. */
function floorBeside(input: LintInput, owned: Owned, { command, part, situations }: Way): Policy | undefined {
  const { snapshot, access } = input;
  return policiesOf(snapshot, owned.modelled.relation).find((policy) => {
    if (policy.polpermissive || (isFor(policy, command) && appliesTo(policy, access.closure))) return false;
    const expression = expressionOf(policy, part);
    const setting = { ...input, ownership: owned.ownership };
    return (
      expression !== null &&
      situations
        .filter(isAnyTenant)
        .every((situation) => new Evaluation(setting, situation).truth(expression).true === 'never')
    );
  });
}

const narrow: readonly (readonly [HoleRule, (situation: Situation) => boolean])[] = [
  ['policy-fails-open', ({ rows }) => rows === 'foreign'],
  ['policy-fallback-tenant', ({ rows }) => rows === 'literal'],
  ['policy-null-tenant', ({ rows }) => rows === 'ownerless'],
  ['policy-shared-writable', ({ rows }) => rows === 'shared'],
  ['policy-empty-context', ({ rows }) => rows === 'blank'],
];

/** What is open to rows of some kind, or to sessions without a context. */
function narrowHoles(ways: readonly Way[]): readonly Classified[] {
  const kept = ways.map((way) => ({ ...way, situations: withoutConsequences(way.situations) }));
  return narrow.flatMap(([rule, fits]): readonly Classified[] => {
    const own = kept
      .map((way) => ({ ...way, situations: way.situations.filter(fits) }))
      .filter(({ situations }) => situations.length > 0);
    return own.length > 0 ? [{ rule, ways: own, floor: null }] : [];
  });
}

/** Where a session without a context reaches every tenant's rows, it reaches the others too. */
function withoutConsequences(situations: readonly Situation[]): readonly Situation[] {
  const all = new Set(situations.filter(({ rows }) => rows === 'foreign').map(({ context }) => context));
  return situations.filter(({ rows, context }) => rows === 'foreign' || !all.has(context));
}

const verbs: Readonly<Record<Command, string>> = {
  select: 'see',
  insert: 'insert',
  update: 'update',
  delete: 'delete',
};

/** What can be done: `see, update and delete`. */
export function deedsOf(ways: readonly Way[]): string {
  return listed(commands.filter((command) => ways.some((way) => way.command === command)).map((one) => verbs[one]));
}
