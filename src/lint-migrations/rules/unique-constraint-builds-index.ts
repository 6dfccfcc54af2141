import type { MigrationRule } from '../rule.ts';
import { addedColumnsOf, addedConstraintsOf, shown } from '../statements.ts';

export const uniqueConstraintBuildsIndex: MigrationRule = {
  id: 'unique-constraint-builds-index',
  severity: 'warning',
  summary: 'A UNIQUE or PRIMARY KEY constraint builds its index on a table that is in use.',
  help: 'Nobody reads or writes until it is built. Build a unique index CONCURRENTLY first, in a file with `-- rowhouse: no-transaction`, and then ADD CONSTRAINT … USING INDEX, which takes an instant; for a primary key make the columns NOT NULL before.',
  falsePositives: [
    'A partitioned table that no file of the project makes: it takes no USING INDEX. `--pending` asks the database.',
  ],
  examples: [
    {
      bad: 'alter table public.orders add constraint orders_number_key unique (number);',
      good: `-- rowhouse: no-transaction
create unique index concurrently orders_number_key on public.orders (number);
alter table public.orders add constraint orders_number_key unique using index orders_number_key;`,
    },
  ],
  *check({ node, file, schema }) {
    const ofTables = addedConstraintsOf(node).map(({ table, constraint }) => ({
      table,
      part: constraint.conname ?? 'key',
      constraints: [constraint],
    }));
    const ofColumns = addedColumnsOf(node).map(({ table, name, constraints }) => ({ table, part: name, constraints }));
    for (const { table, part, constraints } of [...ofTables, ...ofColumns]) {
      const builds = constraints.some(
        ({ contype, indexname }) =>
          (contype === 'CONSTR_UNIQUE' || contype === 'CONSTR_PRIMARY') && indexname === undefined,
      );
      if (!builds || schema.isNew(table, file) || schema.table(table).partitioned) continue;
      yield {
        about: `${shown(table)}.${part}`,
        message: `${shown(table)} is locked against reads and writes until the index is built`,
      };
    }
  },
};
