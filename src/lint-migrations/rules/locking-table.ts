import { keepsFrom, lockModes } from '../../sql/lock-mode.ts';
import type { MigrationRule } from '../rule.ts';
import { shown, writtenName } from '../statements.ts';

export const lockingTable: MigrationRule = {
  id: 'locking-table',
  severity: 'warning',
  summary: 'LOCK TABLE keeps others from a table that is in use until the transaction ends.',
  help: 'Statements take the weakest lock that does for them, at the last moment. A lock by hand is held from here to the end of the file: leave it out, or take one that lets reads and writes go on.',
  examples: [
    {
      bad: 'lock table public.orders in exclusive mode;',
      good: 'lock table public.orders in share update exclusive mode;',
    },
  ],
  *check({ node, file, schema }) {
    if (!('LockStmt' in node)) return;
    const { relations = [], mode = lockModes.length } = node.LockStmt;
    const kept = keepsFrom(lockModes[mode - 1] ?? 'AccessExclusive');
    if (kept === null) return;
    for (const relation of relations) {
      const table = 'RangeVar' in relation ? writtenName(relation.RangeVar) : null;
      if (table === null || schema.isNew(table, file)) continue;
      yield { about: shown(table), message: `${shown(table)} is locked against ${kept} until the file ends` };
    }
  },
};
