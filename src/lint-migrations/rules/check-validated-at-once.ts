import { namesOf } from '../../sql/tree.ts';
import type { MigrationRule } from '../rule.ts';
import { addedColumnsOf, addedConstraintsOf, shown } from '../statements.ts';

export const checkValidatedAtOnce: MigrationRule = {
  id: 'check-validated-at-once',
  severity: 'warning',
  summary: 'A CHECK or a NOT NULL constraint is added without NOT VALID to a table that is in use.',
  help: 'Every row is read while nobody reads or writes; for a constraint of a domain, every row of every table that has a column of it. Add it NOT VALID, which holds for new rows at once, and VALIDATE CONSTRAINT in a later transaction: that lets reads and writes go on.',
  examples: [
    {
      bad: 'alter table public.orders add constraint orders_price_positive check (price > 0);',
      good: 'alter table public.orders add constraint orders_price_positive check (price > 0) not valid;',
    },
    {
      bad: 'alter table public.orders add column price numeric check (price > 0);',
      good: `alter table public.orders add column price numeric;
alter table public.orders add constraint orders_price_positive check (price > 0) not valid;`,
    },
    {
      bad: 'alter domain public.price add constraint positive check (value > 0);',
      good: 'alter domain public.price add constraint positive check (value > 0) not valid;',
    },
  ],
  *check({ node, file, schema }) {
    for (const { table, constraint } of addedConstraintsOf(node)) {
      const { contype, skip_validation: notValid, conname = 'check' } = constraint;
      if ((contype !== 'CONSTR_CHECK' && contype !== 'CONSTR_NOTNULL') || notValid === true) continue;
      if (schema.isNew(table, file)) continue;
      yield {
        about: `${shown(table)}.${conname}`,
        message: `all rows of ${shown(table)} are read under an exclusive lock`,
      };
    }
    for (const { table, name, constraints } of addedColumnsOf(node)) {
      if (schema.isNew(table, file) || !constraints.some(({ contype }) => contype === 'CONSTR_CHECK')) continue;
      yield {
        about: `${shown(table)}.${name}`,
        message: `all rows of ${shown(table)} are read under an exclusive lock`,
      };
    }
    if (!('AlterDomainStmt' in node)) return;
    const { def, typeName } = node.AlterDomainStmt;
    if (def !== undefined && 'Constraint' in def && def.Constraint.skip_validation !== true) {
      const domain = namesOf(typeName).join('.');
      yield { about: domain, message: `all rows that have a ${domain} are read, and nobody writes to their tables` };
    }
  },
};
