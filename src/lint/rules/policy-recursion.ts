import { commands, effectivePolicies, type Command } from '../../access/policies.ts';
import { mayUse } from '../../access/matrix.ts';
import { closureOf, type RoleClosure } from '../../access/role-closure.ts';
import { rowSecurityOf } from '../../access/row-security.ts';
import { isInvoker } from '../../access/view-path.ts';
import { derived } from '../../catalog/derived.ts';
import { relationsByOid } from '../../catalog/lookup.ts';
import type { CatalogSnapshot, Relation, Routine } from '../../catalog/snapshot.ts';
import type { LintInput } from '../input.ts';
import { readsOf } from '../reads.ts';
import type { LintRule } from '../rule.ts';
import { objectOf } from '../wording.ts';

export const policyRecursion: LintRule = {
  id: 'policy-recursion',
  severity: 'error',
  summary: "A policy's subquery reads a table whose own policies lead back to it.",
  help: 'Every query of the table fails: infinite recursion detected in policy. Read memberships through a SECURITY DEFINER function whose owner row-level security does not bind.',
  examples: [
    {
      bad: `create policy peers on app.notes for select using (
  tenant_id in (select n.tenant_id from app.notes n where n.id = notes.project_id)
);`,
      good: 'drop policy peers on app.notes;',
    },
  ],
  *check(input) {
    const reported = new Set<number>();
    for (const { relation, access } of input.modelled.values()) {
      if (access.rowSecurity !== 'bound') continue;
      for (const command of commands.filter((one) => mayUse(access, one))) {
        const cycle = cycleFrom(input, relation, command);
        if (cycle === undefined || reported.has(cycle.relation.oid)) continue;
        reported.add(cycle.relation.oid);
        yield {
          object: objectOf(cycle.relation),
          message: `its policies read ${cycle.through.map(objectOf).join(', whose policies read ')}, and so end in infinite recursion`,
        };
      }
    }
  },
};

/** A way back to where it began. */
interface Cycle {
  readonly relation: Relation;
  /** The relations on the way, the first one last. */
  readonly through: readonly Relation[];
}

/** A relation that is being expanded, or read by a function that a policy calls. */
interface Step {
  readonly relation: Relation;
  readonly closure: RoleClosure;
  /** A function's query is expanded by itself: PostgreSQL does not look beyond it, and runs out of stack instead. */
  readonly isQuery: boolean;
}

function cycleFrom({ snapshot, access }: LintInput, relation: Relation, command: Command): Cycle | undefined {
  return expand(snapshot, { relation, closure: access.closure, isQuery: true }, command, []);
}

/** Follows the subqueries of policies, as PostgreSQL's rewriter does. */
function expand(snapshot: CatalogSnapshot, step: Step, command: Command, path: readonly Step[]): Cycle | undefined {
  const { relation, closure } = step;
  if (rowSecurityOf(closure, relation) !== 'bound') return undefined;
  const policies = new Set(
    [command, ...(command === 'insert' ? [] : ['select' as const])].flatMap((one) => {
      const { permissive, restrictive } = effectivePolicies(snapshot, closure, relation, one);
      return [...permissive, ...restrictive];
    }),
  );
  const reads = [...policies].map((policy) => readsOf(snapshot, policy));
  const isNested = reads.some(({ hasSubquery }) => hasSubquery);
  const begun = path.findLastIndex((one) => one.relation === relation && one.closure === closure);
  const within = [...path, step].slice(begun + 1);
  const isExpanded = begun >= 0 && !within.some(({ isQuery }) => isQuery);
  // A function's query comes back to it only by the policies for SELECT, which are the same each time.
  const isRepeated = path.filter((one) => one.relation === relation && one.closure === closure).length > 1;
  if (begun >= 0 && ((isExpanded && isNested) || isRepeated)) {
    return { relation, through: within.map((one) => one.relation) };
  }
  for (const { tables, functions } of reads) {
    for (const next of [
      ...tables.flatMap((table) => seenThrough(snapshot, table, closure, false)),
      ...functions.flatMap(({ routine, tables: named }) =>
        named.flatMap((table) => seenThrough(snapshot, table, asWhom(snapshot, routine, closure), true)),
      ),
    ]) {
      const cycle = expand(snapshot, next, 'select', [...path, step]);
      if (cycle) return cycle;
    }
  }
  return undefined;
}

/** The tables behind a relation, and who reads them: those of a view are read as its owner, unless it is an invoker's. */
function seenThrough(
  snapshot: CatalogSnapshot,
  relation: Relation,
  closure: RoleClosure,
  isQuery: boolean,
): readonly Step[] {
  if (relation.relkind !== 'v') return [{ relation, closure, isQuery }];
  const as = isInvoker(relation) ? closure : closureFor(snapshot, relation.relowner);
  return relation.dependsOn.flatMap((oid) => {
    const next = relationsByOid(snapshot).get(oid);
    return next === undefined ? [] : seenThrough(snapshot, next, as, isQuery);
  });
}

function asWhom(snapshot: CatalogSnapshot, { prosecdef, proowner }: Routine, closure: RoleClosure): RoleClosure {
  return prosecdef ? closureFor(snapshot, proowner) : closure;
}

const closures = derived(() => new Map<string, RoleClosure>());

function closureFor(snapshot: CatalogSnapshot, role: string): RoleClosure {
  const closure = closures(snapshot).get(role) ?? closureOf(snapshot, role);
  closures(snapshot).set(role, closure);
  return closure;
}
