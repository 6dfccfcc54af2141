import type { MigrationRule } from '../rule.ts';
import { shown, writtenName } from '../statements.ts';

export const indexNotConcurrent: MigrationRule = {
  id: 'index-not-concurrent',
  severity: 'warning',
  summary: 'An index is built without CONCURRENTLY on a table that is in use.',
  help: 'Nobody writes to the table until it is built. Build it CONCURRENTLY, in a file with `-- rowhouse: no-transaction`. A partitioned table takes no CONCURRENTLY: make the index ON ONLY it, build one on each partition concurrently, and attach those.',
  examples: [
    {
      bad: 'create index orders_tenant_id_idx on public.orders (tenant_id);',
      good: `-- rowhouse: no-transaction
create index concurrently orders_tenant_id_idx on public.orders (tenant_id);`,
    },
  ],
  *check({ node, file, schema }) {
    if (!('IndexStmt' in node) || node.IndexStmt.concurrent === true) return;
    const { relation, idxname = 'index' } = node.IndexStmt;
    const table = writtenName(relation);
    // ON ONLY a partitioned table nothing is built.
    if (table === null || relation?.inh !== true || schema.isNew(table, file)) return;
    yield { about: `${shown(table)}.${idxname}`, message: `${shown(table)} takes no writes until the index is built` };
  },
};
