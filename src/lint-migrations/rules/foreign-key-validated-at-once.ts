import type { MigrationRule } from '../rule.ts';
import { addedColumnsOf, addedConstraintsOf, shown, writtenName } from '../statements.ts';

export const foreignKeyValidatedAtOnce: MigrationRule = {
  id: 'foreign-key-validated-at-once',
  severity: 'warning',
  summary: 'A foreign key is added without NOT VALID to a table that is in use.',
  help: 'Every row is looked up while nobody writes to either table. Add it NOT VALID, which holds for new rows at once, and VALIDATE CONSTRAINT in a later transaction: that lets reads and writes go on.',
  falsePositives: [
    'A partitioned table that no file of the project makes: before PostgreSQL 18 it takes no NOT VALID foreign key. `--pending` asks the database.',
  ],
  examples: [
    {
      bad: `alter table public.orders
  add constraint orders_customer_id_fkey foreign key (customer_id) references public.customers (id);`,
      good: `alter table public.orders
  add constraint orders_customer_id_fkey foreign key (customer_id) references public.customers (id) not valid;`,
    },
  ],
  *check({ node, file, schema }) {
    for (const { table, constraint } of addedConstraintsOf(node)) {
      const { contype, skip_validation: notValid, pktable } = constraint;
      if (contype !== 'CONSTR_FOREIGN' || notValid === true) continue;
      if (schema.isNew(table, file) || schema.table(table).partitioned) continue;
      yield observed(shown(table), pktable, constraint.conname);
    }
    for (const { table, name, constraints } of addedColumnsOf(node)) {
      const reference = constraints.find(({ contype }) => contype === 'CONSTR_FOREIGN');
      // Without a default the column is NULL in every row that is there, and PostgreSQL looks up none.
      const filled = constraints.some(({ contype }) => contype === 'CONSTR_DEFAULT');
      if (reference && filled && !schema.isNew(table, file)) yield observed(shown(table), reference.pktable, name);
    }
  },
};

function observed(table: string, parent: Parameters<typeof writtenName>[0], part: string | undefined) {
  const name = writtenName(parent);
  return {
    about: `${table}.${part ?? 'foreign key'}`,
    message: `${table}${name === null ? '' : ` and ${shown(name)}`} take no writes until every row is looked up`,
  };
}
