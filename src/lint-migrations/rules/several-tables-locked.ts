import { formatDuration } from '../../domain/duration.ts';
import { locksTaken } from '../../sql/locks.ts';
import type { WrittenName } from '../../sql/lock-mode.ts';
import type { Node } from '../../sql/parse.ts';
import type { FileStatement } from '../file.ts';
import type { MigrationRule } from '../rule.ts';
import { sameRelation } from '../schema.ts';
import { droppedBy, shown } from '../statements.ts';

/** Longer than that, and whoever waits notices. */
const noticed = 2000;

export const severalTablesLocked: MigrationRule = {
  id: 'several-tables-locked',
  severity: 'info',
  summary: 'One transaction locks several tables that are in use against reads and writes.',
  help: 'While it waits for the next table, everybody else waits for those that it has: for up to the lock timeout of each. Sessions that use the tables in another order meet it in a deadlock; Rowhouse then rolls back and tries again. A file a table, or `-- rowhouse: no-transaction`, holds one at a time. It is a warning where others may wait for more than two seconds.',
  examples: [
    {
      bad: `alter table public.orders add column note text;
alter table public.customers add column note text;`,
      good: `-- rowhouse: no-transaction
alter table public.orders add column note text;
alter table public.customers add column note text;`,
    },
  ],
  *check({ file, index, schema }) {
    // Said once, when all of the file is known.
    if (!file.transactional || index < file.statements.length - 1) return;
    const locked: WrittenName[] = [];
    let at: FileStatement | undefined;
    for (const statement of file.statements) {
      const more = lockedBy(statement.node).filter(
        (table) => !schema.isNew(table, file) && !locked.some((other) => sameRelation(other, table)),
      );
      if (locked.length > 0 && more.length > 0) at ??= statement;
      locked.push(...more);
    }
    if (at === undefined) return;
    const waitMs = (locked.length - 1) * file.lockTimeoutMs;
    yield {
      at,
      about: 'transaction',
      message: `${locked.map(shown).join(', ')}: whoever needs one of them may wait for ${formatDuration(waitMs)}, until the last is locked`,
      ...(waitMs > noticed && { severity: 'warning' }),
    };
  },
};

/** The tables that a statement locks against reads. */
function lockedBy(node: Node): readonly WrittenName[] {
  // By its name nobody can tell whether it is a view, or which table an index has.
  if ('ViewStmt' in node || droppedBy(node).some(({ kind }) => /VIEW|INDEX|SEQUENCE/.test(kind))) return [];
  return locksTaken(node).flatMap(({ relation, mode }) => (mode === 'AccessExclusive' ? [relation] : []));
}
