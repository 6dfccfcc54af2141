import type { MigrationRule } from '../rule.ts';
import { droppedBy, isMadeAgain, relationNamed, shown } from '../statements.ts';

export const droppingTable: MigrationRule = {
  id: 'dropping-table',
  severity: 'warning',
  summary: 'A table, view or schema is dropped while code may still use it.',
  help: 'Code that runs fails at once with "relation does not exist", and the rows are gone. Deploy code that does not know it, then drop it in a file with `-- rowhouse: phase contract`.',
  examples: [
    {
      bad: 'drop table public.orders;',
      good: '-- rowhouse: phase contract\ndrop table public.orders;',
    },
    {
      bad: 'drop view public.open_orders;',
      good: `drop view public.open_orders;
create view public.open_orders with (security_invoker = true) as select * from public.orders where open;`,
    },
    { bad: 'drop schema shop cascade;', good: '-- rowhouse: phase contract\ndrop schema shop cascade;' },
  ],
  *check({ node, file, index, schema }) {
    if (file.direction === 'down' || file.contract) return;
    for (const { kind, names } of droppedBy(node)) {
      const relation = /TABLE|VIEW/.test(kind) ? relationNamed(names) : null;
      if (relation === null && kind !== 'OBJECT_SCHEMA') continue;
      if (relation !== null && (schema.isNew(relation, file) || isMadeAgain(file, index, relation))) continue;
      const about = relation === null ? names.join('.') : shown(relation);
      yield {
        about,
        message: `code that uses ${about} fails${kind.endsWith('VIEW') ? '' : ', and its rows are gone'}`,
      };
    }
  },
};
