import type { MigrationRule } from '../rule.ts';
import { addedColumnsOf, shown } from '../statements.ts';

export const addingStoredColumn: MigrationRule = {
  id: 'adding-stored-column',
  severity: 'warning',
  summary: 'A stored generated column is added to a table that is in use.',
  help: 'It is computed for every row, so the whole table and all its indexes are written anew, and nobody reads or writes meanwhile. Add a plain nullable column, keep it by a trigger, and fill the old rows by a backfill; from PostgreSQL 18 on a VIRTUAL column writes nothing.',
  examples: [
    {
      bad: 'alter table public.orders add column total numeric generated always as (price * quantity) stored;',
      good: 'alter table public.orders add column total numeric;',
    },
  ],
  *check({ node, file, schema }) {
    for (const { table, name, constraints } of addedColumnsOf(node)) {
      const stored = constraints.some(
        ({ contype, generated_kind: kind }) => contype === 'CONSTR_GENERATED' && kind !== 'v',
      );
      if (stored && !schema.isNew(table, file)) {
        yield { about: `${shown(table)}.${name}`, message: `${shown(table)} is written anew, to compute ${name}` };
      }
    }
  },
};
