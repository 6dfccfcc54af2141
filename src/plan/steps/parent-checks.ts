import { neededCheck } from '../own-parents.ts';
import type { StepKind } from '../step.ts';

/** What policies cannot see to, since they would read their own table. */
export const parentChecks: StepKind = {
  id: 'parent_checks',
  phase: 'contract',
  run: 'transaction',
  does: `A row points at none of its own table but those of its tenant and shared ones. A policy that asked would read the table whose
policy it is, and recurse: a trigger asks, whenever somebody writes whom row-level security binds.`,
  locks: 'ShareRowExclusive on the table, for an instant.',
  rows: 'none.',
  plan: (situation) =>
    situation.tables
      .filter(({ relation }) => !relation.relispartition)
      .flatMap((tenant) => {
        const needed = neededCheck(situation, tenant);
        return needed === undefined ? [] : [{ table: tenant.table.table, ...needed }];
      }),
};
