import { countedTables, existingCounter, neededCounter } from '../contextless-writes.ts';
import type { StepKind } from '../step.ts';

/** Counts what code writes that says no tenant, while it still may. */
export const contextlessWrites: StepKind = {
  id: 'contextless_writes',
  phase: 'expand',
  run: 'statements',
  does: `Counts the statements that write to a table without a context, until the contract phase takes from them what they do now.
\`rowhouse backfill finalize\` shows the counts; the server's log names role and application of the first ones.`,
  locks: 'ShareRowExclusive on one table at a time, for an instant.',
  rows: 'none.',
  plan: (situation) =>
    countedTables(situation).flatMap((tenant) => {
      const counter = neededCounter(situation, tenant);
      return counter === undefined ? [] : { table: tenant.table.table, up: counter.create, down: counter.drop };
    }),
};

/** Nobody can write without a context any more. */
export const retireCounts: StepKind = {
  id: 'retire_counts',
  phase: 'contract',
  run: 'statements',
  does: 'The counts of writes without a context go: the policies refuse such writes now.',
  locks: 'AccessExclusive on one table at a time, for an instant.',
  rows: 'none.',
  plan: (situation) =>
    countedTables(situation).flatMap((tenant) => {
      const counter = existingCounter(situation, tenant) ?? neededCounter(situation, tenant);
      return counter === undefined ? [] : { table: tenant.table.table, up: counter.drop, down: counter.create };
    }),
};
