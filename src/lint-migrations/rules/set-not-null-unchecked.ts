import type { MigrationRule } from '../rule.ts';
import { alterationsOf, shown } from '../statements.ts';

export const setNotNullUnchecked: MigrationRule = {
  id: 'set-not-null-unchecked',
  severity: 'warning',
  summary: 'A column is made NOT NULL, and no validated CHECK spares reading the table.',
  help: 'Every row is read while nobody reads or writes. Add a CHECK (column IS NOT NULL) NOT VALID, validate it in a transaction of its own, which lets reads and writes go on, and then SET NOT NULL: PostgreSQL takes it from the check. Drop the check in a later statement, not in the same one: there it would go first. From PostgreSQL 18 on ADD CONSTRAINT … NOT NULL column NOT VALID does as well.',
  falsePositives: ['A check, or a NOT NULL, that the database has and no file of the project makes.'],
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
  ],
  *check({ node, file, schema }) {
    const alterations = alterationsOf(node);
    const dropped = new Set(
      alterations.flatMap(({ command: { subtype, name } }) => (subtype === 'AT_DropConstraint' ? [name] : [])),
    );
    for (const { table, command } of alterations) {
      const { subtype, name: column = '' } = command;
      if (subtype !== 'AT_SetNotNull' || schema.isNew(table, file)) continue;
      if (schema.provesNotNull(table, column, dropped)) continue;
      yield {
        about: `${shown(table)}.${column}`,
        message: `all rows of ${shown(table)} are read under an exclusive lock`,
      };
    }
  },
};
