import { existingAssignment, neededAssignment } from '../assign-tenant.ts';
import { isFilled, type Situation, type TenantTable } from '../situation.ts';
import type { Step, StepKind } from '../step.ts';
import { firedBy, keptQuiet, quieten, restore, unquieten } from '../triggers.ts';

/** Nothing gives a row its tenant by guess any more. */
export const retireAssignment: StepKind = {
  id: 'retire_assignment',
  phase: 'contract',
  run: 'transaction',
  does: `No row gets a tenant by its parent any more: the session says whose it is, or the write fails. The tables' own triggers are
again as they were: a session that sets rowhouse.backfill can no longer write past them.`,
  locks: 'AccessExclusive on the table, for an instant.',
  rows: 'none.',
  plan: (situation) => situation.tables.flatMap((tenant) => step(situation, tenant) ?? []),
};

function step(situation: Situation, tenant: TenantTable): Step | undefined {
  const { table, relation } = tenant;
  const assignment = existingAssignment(situation, tenant) ?? neededAssignment(situation, tenant);
  const fired = isFilled(tenant) ? firedBy(situation.snapshot, tenant) : [];
  const quiet = keptQuiet(situation.snapshot, relation);
  if (assignment === undefined && fired.length === 0 && quiet.length === 0) return undefined;
  return {
    table: table.table,
    up: [
      ...(assignment?.drop ?? []),
      ...fired.flatMap((trigger) => restore(relation, trigger)),
      ...quiet.flatMap((trigger) => unquieten(relation, trigger)),
    ],
    down: [
      ...quiet.flatMap((trigger) => restore(relation, trigger)),
      ...fired.flatMap((trigger) => quieten(relation, trigger)),
      ...(assignment?.create ?? []),
    ],
  };
}
