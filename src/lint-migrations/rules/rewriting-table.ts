import type { WrittenName } from '../../sql/lock-mode.ts';
import type { Node } from '../../sql/parse.ts';
import { hasOption } from '../../sql/tree.ts';
import type { MigrationRule } from '../rule.ts';
import { alterationsOf, shown, writtenName } from '../statements.ts';

const rewriting = new Set([
  'AT_SetLogged',
  'AT_SetUnLogged',
  'AT_SetTableSpace',
  'AT_SetAccessMethod',
  'AT_SetExpression',
]);

export const rewritingTable: MigrationRule = {
  id: 'rewriting-table',
  severity: 'warning',
  summary: 'A table that is in use is written anew: VACUUM FULL, CLUSTER, SET LOGGED, SET TABLESPACE and the like.',
  help: 'Nobody reads or writes until the last row and the last index are copied. For bloat use pg_repack or pg_squeeze, which copy beside the running table; for anything else a new table that takes over.',
  examples: [
    {
      bad: '-- rowhouse: no-transaction\nvacuum full public.orders;',
      good: '-- rowhouse: no-transaction\nvacuum public.orders;',
    },
    { bad: 'cluster public.orders using orders_pkey;', good: 'analyze public.orders;' },
    { bad: 'alter table public.orders set unlogged;', good: 'alter table public.orders set (fillfactor = 90);' },
  ],
  *check({ node, file, schema }) {
    const written = [...vacuumed(node), ...clustered(node)];
    const altered = alterationsOf(node).flatMap(({ table, command }) =>
      rewriting.has(command.subtype ?? '') ? [table] : [],
    );
    for (const table of [...written, ...altered]) {
      if (table !== null && schema.isNew(table, file)) continue;
      const about = table === null ? 'every table' : shown(table);
      yield { about, message: `${about} is locked against reads and writes until it is copied` };
    }
  },
};

/** The tables of a VACUUM FULL; null for all. */
function vacuumed(node: Node): readonly (WrittenName | null)[] {
  if (!('VacuumStmt' in node) || !hasOption(node.VacuumStmt.options, 'full')) return [];
  const tables = (node.VacuumStmt.rels ?? []).map((rel) =>
    'VacuumRelation' in rel ? writtenName(rel.VacuumRelation.relation) : null,
  );
  return tables.length === 0 ? [null] : tables;
}

function clustered(node: Node): readonly (WrittenName | null)[] {
  return 'ClusterStmt' in node ? [writtenName(node.ClusterStmt.relation)] : [];
}
