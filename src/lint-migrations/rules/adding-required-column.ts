import { isSerial } from '../../sql/alter-locks.ts';
import type { MigrationRule } from '../rule.ts';
import { addedColumnsOf, shown } from '../statements.ts';

export const addingRequiredColumn: MigrationRule = {
  id: 'adding-required-column',
  severity: 'error',
  summary: 'A column is added NOT NULL and without a default to a table that is in use.',
  help: 'It fails on the first row that is there; and where there is none yet, code that knows nothing of the column can insert no more. Add the column nullable or with a constant default, fill it, then make it NOT NULL through a validated CHECK.',
  examples: [
    {
      bad: 'alter table public.orders add column tenant_id uuid not null;',
      good: 'alter table public.orders add column tenant_id uuid;',
    },
  ],
  *check({ node, file, schema }) {
    for (const { table, name, column, constraints } of addedColumnsOf(node)) {
      if (schema.isNew(table, file) || isSerial(column)) continue;
      const kinds = new Set(constraints.map(({ contype }) => contype));
      const required = kinds.has('CONSTR_NOTNULL') || kinds.has('CONSTR_PRIMARY');
      const filled = kinds.has('CONSTR_DEFAULT') || kinds.has('CONSTR_IDENTITY') || kinds.has('CONSTR_GENERATED');
      if (required && !filled) {
        yield { about: `${shown(table)}.${name}`, message: `${shown(table)} has rows, and ${name} no value for them` };
      }
    }
  },
};
