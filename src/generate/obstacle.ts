import { nameOf } from '../catalog/lookup.ts';
import type { RelationIntent } from '../intent/relation-intent.ts';
import { sameName, type QualifiedName } from '../sql/ident.ts';
import type { Generator } from './generator.ts';
import type { TablePlan } from './plan.ts';
import type { World } from './world.ts';

/** Rows that could not be made. */
export interface Obstacle {
  readonly relation: QualifiedName;
  /** For whom, what stood in the way, and what was tried. */
  readonly reason: string;
}

/** What a generation could not make: tables that still lack rows, and rows that nobody has although the model speaks of them. */
export function obstaclesOf(
  world: World,
  generator: Generator,
  lacking: readonly RelationIntent[],
): readonly Obstacle[] {
  const planned = [...world.plans.values()];
  const missing = lacking.map((relation): Obstacle => {
    const plan = planned.find(({ shape }) => sameName(nameOf(shape.relation), relation));
    const { schema, name } = relation;
    return {
      relation: { schema, name },
      reason: plan ? whyNot(world, generator, plan) : 'No rows could be generated.',
    };
  });
  return [...missing, ...unfulfilled(world)];
}

function whyNot(world: World, generator: Generator, plan: TablePlan): string {
  const reasons = new Map<string, Set<string>>();
  for (const { spec, reason } of generator.shortfalls.filter((shortfall) => shortfall.plan === plan)) {
    if (world.rowsFor(plan, spec.tenant).length > 0) continue;
    const labels = reasons.get(reason) ?? new Set();
    reasons.set(reason, labels.add(spec.tenant?.label ?? 'nobody'));
  }
  const [first] = reasons;
  if (first === undefined) return 'Rows were generated, but the model finds fewer than two owners of them.';
  return `No row could be generated for ${[...first[1]].join(', ')}: ${first[0]}`;
}

/** Wishes that no row fulfils. */
function unfulfilled(world: World): readonly Obstacle[] {
  const wishes = new Map<string, Obstacle>();
  for (const { shape } of world.plans.values()) {
    const rows = world.rowsOf(shape.relation.oid);
    const fulfilled = new Set(
      rows.flatMap(({ spec, unmet }) => spec.wants.filter((wish) => !unmet.includes(wish)).map((wish) => wish.name)),
    );
    for (const { name } of rows.flatMap(({ unmet }) => unmet)) {
      if (fulfilled.has(name)) continue;
      const relation = nameOf(shape.relation);
      wishes.set(JSON.stringify([relation, name]), {
        relation,
        reason: `No row could be generated for this: ${name}.`,
      });
    }
  }
  return [...wishes.values()];
}
