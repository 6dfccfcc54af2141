import type { TablePlan } from './plan.ts';
import type { ForeignKey } from './shape.ts';

/** Parents before children, and tenants and memberships first: triggers ask for those. A cycle is cut where a foreign key takes NULL, if it can be. */
export function parentsFirst(plans: ReadonlyMap<number, TablePlan>): readonly TablePlan[] {
  const ordered = new Set<TablePlan>();
  const visited = new Set<TablePlan>();
  const visit = (plan: TablePlan | undefined): void => {
    if (plan === undefined || visited.has(plan)) return;
    visited.add(plan);
    for (const { target } of plan.shape.foreignKeys.toSorted(requiredFirst)) visit(plans.get(target));
    ordered.add(plan);
  };
  for (const plan of [...plans.values()].toSorted(
    (a, b) => Number(b.first) - Number(a.first) || Number(b.root) - Number(a.root),
  ))
    visit(plan);
  return [...ordered];
}

function requiredFirst(a: ForeignKey, b: ForeignKey): number {
  return Number(a.nullable) - Number(b.nullable);
}
