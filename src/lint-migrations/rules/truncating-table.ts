import type { MigrationRule } from '../rule.ts';
import { shown, writtenName } from '../statements.ts';

export const truncatingTable: MigrationRule = {
  id: 'truncating-table',
  severity: 'warning',
  summary: 'TRUNCATE empties a table that is in use; with CASCADE also every table that refers to it.',
  help: 'The rows of all tenants go, whatever the policies say, and no rollback brings them back. The table is locked against reads and writes until the file ends. Say which tables, without CASCADE; delete rows in batches where some stay.',
  examples: [
    { bad: 'truncate public.orders;', good: 'create table public.staging (id integer);\ntruncate public.staging;' },
    { bad: 'truncate public.customers cascade;', good: 'delete from public.customers where id = 17;' },
  ],
  *check({ node, file, schema }) {
    if (!('TruncateStmt' in node)) return;
    const { relations = [], behavior } = node.TruncateStmt;
    for (const relation of relations) {
      const table = 'RangeVar' in relation ? writtenName(relation.RangeVar) : null;
      if (table === null || schema.isNew(table, file)) continue;
      const about = shown(table);
      if (behavior === 'DROP_CASCADE') {
        yield {
          about,
          severity: 'error',
          message: `all rows of ${about} go, and of every table that refers to it, directly or not`,
        };
      } else yield { about, message: `all rows of ${about} go` };
    }
  },
};
