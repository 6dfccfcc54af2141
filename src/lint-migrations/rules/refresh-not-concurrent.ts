import type { MigrationRule } from '../rule.ts';
import { shown, writtenName } from '../statements.ts';

export const refreshNotConcurrent: MigrationRule = {
  id: 'refresh-not-concurrent',
  severity: 'warning',
  summary: 'A materialized view is refreshed without CONCURRENTLY.',
  help: 'Nobody reads it until its query is done. REFRESH MATERIALIZED VIEW CONCURRENTLY; it needs a unique index over all rows, and one refresh WITH DATA before.',
  examples: [
    {
      bad: 'refresh materialized view public.totals;',
      good: 'refresh materialized view concurrently public.totals;',
    },
  ],
  *check({ node, file, schema }) {
    if (!('RefreshMatViewStmt' in node) || node.RefreshMatViewStmt.concurrent === true) return;
    const view = writtenName(node.RefreshMatViewStmt.relation);
    if (view === null || schema.isNew(view, file)) return;
    yield { about: shown(view), message: `${shown(view)} is locked against reads until it is filled` };
  },
};
