import type { MigrationRule } from '../rule.ts';
import { alterationsOf, shown } from '../statements.ts';

export const validatedInSameTransaction: MigrationRule = {
  id: 'validated-in-same-transaction',
  severity: 'warning',
  summary: 'A constraint is validated in the transaction that adds it NOT VALID.',
  help: 'The lock of ADD CONSTRAINT stays until the transaction ends, so every row is read while nobody writes, as if it had been added without NOT VALID. Validate in a file of its own, or say `-- rowhouse: no-transaction`.',
  examples: [
    {
      bad: `alter table public.orders add constraint orders_price_positive check (price > 0) not valid;
alter table public.orders validate constraint orders_price_positive;`,
      good: `-- rowhouse: no-transaction
alter table public.orders add constraint orders_price_positive check (price > 0) not valid;
alter table public.orders validate constraint orders_price_positive;`,
    },
  ],
  *check({ node, file, schema }) {
    if (!file.transactional) return;
    for (const { table, command } of alterationsOf(node)) {
      const { subtype, name = '' } = command;
      if (subtype !== 'AT_ValidateConstraint' || schema.isNew(table, file)) continue;
      if (schema.table(table).constraints.get(name)?.addedBy !== file.path) continue;
      yield {
        about: `${shown(table)}.${name}`,
        message: `all rows of ${shown(table)} are read under the lock that adding ${name} took`,
      };
    }
  },
};
