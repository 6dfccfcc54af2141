import { isSerial } from '../../sql/alter-locks.ts';
import type { MigrationRule } from '../rule.ts';
import { addedColumnsOf, shown } from '../statements.ts';

export const addingSerialColumn: MigrationRule = {
  id: 'adding-serial-column',
  severity: 'warning',
  summary: 'A serial or identity column is added to a table that is in use.',
  help: 'Every row gets a number of its own, so the whole table and all its indexes are written anew, and nobody reads or writes meanwhile. Add a plain nullable column and a sequence, let new rows take from it by a default that is set afterwards, and fill the old ones by a backfill.',
  examples: [
    {
      bad: 'alter table public.orders add column number bigint generated always as identity;',
      good: `create sequence public.orders_number_seq;
alter table public.orders add column number bigint;
alter table public.orders alter column number set default nextval('public.orders_number_seq');`,
    },
  ],
  *check({ node, file, schema }) {
    for (const { table, name, column, constraints } of addedColumnsOf(node)) {
      const numbered = isSerial(column) || constraints.some(({ contype }) => contype === 'CONSTR_IDENTITY');
      if (numbered && !schema.isNew(table, file)) {
        yield { about: `${shown(table)}.${name}`, message: `${shown(table)} is written anew, to number its rows` };
      }
    }
  },
};
