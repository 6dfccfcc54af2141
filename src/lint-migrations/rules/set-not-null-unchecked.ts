import type { MigrationRule } from '../rule.ts';
import { addedConstraintsOf, alterationsOf, shown } from '../statements.ts';

export const setNotNullUnchecked: MigrationRule = {
  id: 'set-not-null-unchecked',
  severity: 'warning',
  summary: 'A column is made NOT NULL, by itself or by a primary key, and no validated CHECK spares reading the table.',
  help: 'Every row is read while nobody reads or writes. Add a CHECK (column IS NOT NULL) NOT VALID, validate it in a transaction of its own, which lets reads and writes go on, and then SET NOT NULL: PostgreSQL takes it from the check. Drop the check in a later statement, not in the same one: there it would go first. From PostgreSQL 18 on ADD CONSTRAINT … NOT NULL column NOT VALID does as well.',
  falsePositives: [
    'A check, or a NOT NULL, that the database has and no file of the project makes; `--pending` asks the database.',
  ],
  examples: [
    {
      bad: 'alter table public.orders alter column tenant_id set not null;',
      good: `-- rowhouse: no-transaction
alter table public.orders
  add constraint orders_tenant_id_present check (tenant_id is not null) not valid;
alter table public.orders validate constraint orders_tenant_id_present;
alter table public.orders alter column tenant_id set not null;
alter table public.orders drop constraint orders_tenant_id_present;`,
    },
    {
      bad: `-- rowhouse: no-transaction
alter table public.orders add column number bigint;
create unique index concurrently orders_number_key on public.orders (number);
alter table public.orders add constraint orders_pkey primary key using index orders_number_key;`,
      good: `-- rowhouse: no-transaction
alter table public.orders add column number bigint;
create unique index concurrently orders_number_key on public.orders (number);
alter table public.orders add constraint orders_number_present check (number is not null) not valid;
alter table public.orders validate constraint orders_number_present;
alter table public.orders alter column number set not null;
alter table public.orders add constraint orders_pkey primary key using index orders_number_key;`,
    },
  ],
  *check({ node, file, schema }) {
    const alterations = alterationsOf(node);
    const dropped = new Set(
      alterations.flatMap(({ command: { subtype, name } }) => (subtype === 'AT_DropConstraint' ? [name] : [])),
    );
    const set = alterations.flatMap(({ table, command: { subtype, name = '' } }) =>
      subtype === 'AT_SetNotNull' ? [{ table, column: name }] : [],
    );
    // A primary key makes its columns NOT NULL. Those of which nothing is known mostly are.
    const implied = addedConstraintsOf(node).flatMap(({ table, constraint: { contype, indexname: name } }) => {
      const index = contype === 'CONSTR_PRIMARY' && name !== undefined ? { schema: table.schema, name } : null;
      const columns = (index && schema.index(index)?.columns) ?? [];
      return columns.filter((column) => schema.table(table).types.has(column)).map((column) => ({ table, column }));
    });
    for (const { table, column } of [...set, ...implied]) {
      if (schema.isNew(table, file) || schema.provesNotNull(table, column, dropped)) continue;
      yield {
        about: `${shown(table)}.${column}`,
        message: `all rows of ${shown(table)} are read under an exclusive lock`,
      };
    }
  },
};
