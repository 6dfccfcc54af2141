import { hasOption } from '../../sql/tree.ts';
import type { MigrationRule } from '../rule.ts';
import { shown, writtenName } from '../statements.ts';

export const reindexNotConcurrent: MigrationRule = {
  id: 'reindex-not-concurrent',
  severity: 'warning',
  summary: 'An index is rebuilt without CONCURRENTLY.',
  help: 'Nobody writes to the table until it is built, and no query uses the index: those that plan for it wait. REINDEX … CONCURRENTLY, in a file with `-- rowhouse: no-transaction`.',
  examples: [
    {
      bad: 'reindex table public.orders;',
      good: `-- rowhouse: no-transaction
reindex table concurrently public.orders;`,
    },
  ],
  *check({ node, file, schema }) {
    if (!('ReindexStmt' in node) || hasOption(node.ReindexStmt.params, 'concurrently')) return;
    const { relation, name, kind } = node.ReindexStmt;
    const written = writtenName(relation);
    const table = written !== null && kind === 'REINDEX_OBJECT_INDEX' ? schema.index(written)?.table : written;
    if (table && schema.isNew(table, file)) return;
    const about = written === null ? (name ?? 'the database') : shown(written);
    yield { about, message: `what is of ${about} takes no writes until it is built anew` };
  },
};
