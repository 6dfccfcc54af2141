import { isSerial } from '../../sql/alter-locks.ts';
import { evaluatedPerRow } from '../../sql/volatility.ts';
import type { MigrationRule } from '../rule.ts';
import { addedColumnsOf, shown } from '../statements.ts';

export const volatileColumnDefault: MigrationRule = {
  id: 'volatile-column-default',
  severity: 'warning',
  summary: 'A column is added with a default that is evaluated for each row.',
  help: 'The whole table and all its indexes are written anew, and nobody reads or writes meanwhile. Add the column without a default, set the default in a statement of its own, which holds for new rows alone, and fill the old ones by a backfill. A default that is one value for all rows, such as now(), costs nothing.',
  falsePositives: [
    'A function that is STABLE or IMMUTABLE and that no file of the project makes; `--pending` asks the database.',
  ],
  examples: [
    {
      bad: 'alter table public.orders add column token uuid default gen_random_uuid();',
      good: `alter table public.orders add column token uuid;
alter table public.orders alter column token set default gen_random_uuid();`,
    },
  ],
  *check({ node, file, schema }) {
    for (const { table, name, column, constraints } of addedColumnsOf(node)) {
      if (schema.isNew(table, file) || isSerial(column)) continue;
      const expression = constraints.find(({ contype }) => contype === 'CONSTR_DEFAULT')?.raw_expr;
      const answer = evaluatedPerRow(expression, (called) => schema.isVolatile(called));
      if (answer === 'never') continue;
      const unless = answer === 'maybe' ? ', unless the function is STABLE or IMMUTABLE' : '';
      yield {
        about: `${shown(table)}.${name}`,
        message: `${shown(table)} is written anew, a ${name} for each row${unless}`,
      };
    }
  },
};
