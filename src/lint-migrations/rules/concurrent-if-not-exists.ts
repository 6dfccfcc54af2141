import type { MigrationRule } from '../rule.ts';
import { shown, writtenName } from '../statements.ts';

export const concurrentIfNotExists: MigrationRule = {
  id: 'concurrent-if-not-exists',
  severity: 'info',
  summary: 'CREATE INDEX CONCURRENTLY IF NOT EXISTS takes any index of that name for the one it wants.',
  help: 'Also one over other columns, and, where the file is run by hand, the INVALID one that a failed build has left: it is kept up to date by every write and serves no query. Rowhouse itself drops an INVALID one and builds it anew; leave out IF NOT EXISTS, and it says when a valid one is there.',
  examples: [
    {
      bad: `-- rowhouse: no-transaction
create index concurrently if not exists orders_tenant_id_idx on public.orders (tenant_id);`,
      good: `-- rowhouse: no-transaction
create index concurrently orders_tenant_id_idx on public.orders (tenant_id);`,
    },
  ],
  *check({ node, schema }) {
    if (!('IndexStmt' in node)) return;
    const { concurrent, if_not_exists: lenient, relation, idxname = 'index' } = node.IndexStmt;
    const table = writtenName(relation);
    if (concurrent !== true || lenient !== true || table === null) return;
    if (schema.complete && schema.index({ schema: table.schema, name: idxname }) === undefined) return;
    yield {
      about: `${shown(table)}.${idxname}`,
      message: `an index ${idxname} of another kind would pass for this one`,
    };
  },
};
