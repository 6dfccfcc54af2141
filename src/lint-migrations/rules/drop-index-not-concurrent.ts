import type { MigrationRule } from '../rule.ts';
import { droppedBy, relationNamed, shown } from '../statements.ts';

export const dropIndexNotConcurrent: MigrationRule = {
  id: 'drop-index-not-concurrent',
  severity: 'warning',
  summary: 'An index of a table that is in use is dropped without CONCURRENTLY.',
  help: 'The table is locked against reads too, and everybody queues up behind the drop while it waits for the longest query. Drop it CONCURRENTLY, in a file with `-- rowhouse: no-transaction`.',
  falsePositives: [
    'An index of a partitioned table that no file of the project makes: it takes no CONCURRENTLY. `--pending` asks the database.',
  ],
  examples: [
    {
      bad: 'drop index public.orders_tenant_id_idx;',
      good: `-- rowhouse: no-transaction
drop index concurrently public.orders_tenant_id_idx;`,
    },
  ],
  *check({ node, file, schema }) {
    if (!('DropStmt' in node) || node.DropStmt.concurrent === true) return;
    for (const { kind, names } of droppedBy(node)) {
      const index = kind === 'OBJECT_INDEX' ? relationNamed(names) : null;
      if (index === null) continue;
      const table = schema.index(index)?.table;
      if (table !== undefined && (schema.isNew(table, file) || schema.table(table).partitioned)) continue;
      yield {
        about: shown(index),
        message: `${table === undefined ? 'its table' : shown(table)} is locked against reads and writes`,
      };
    }
  },
};
