import type { MigrationRule } from '../rule.ts';
import { alterationsOf, shown } from '../statements.ts';
import { isSameValue, sharesRows, typeText } from '../types.ts';

export const changingColumnType: MigrationRule = {
  id: 'changing-column-type',
  severity: 'warning',
  summary: 'A column of a table that is in use changes its type.',
  help: 'The whole table and all its indexes are written anew, and nobody reads or writes meanwhile; old code may not understand the new type. Add a column of the new type, keep both in step by a trigger, fill it by a backfill, and let code move over. What widens a type (varchar(n) to a longer one or to text, numeric with more digits at the same scale, a finer timestamp) writes nothing anew.',
  falsePositives: [
    'A type that is widened, where no file of the project makes the column; `--pending` asks the database.',
  ],
  examples: [
    {
      bad: 'alter table public.orders alter column number type bigint;',
      good: `alter table public.orders add column title varchar(20);
alter table public.orders alter column title type text;`,
    },
  ],
  *check({ node, file, schema }) {
    for (const { table, command } of alterationsOf(node)) {
      const { subtype, name: column = '', def } = command;
      if (subtype !== 'AT_AlterColumnType' || def === undefined || !('ColumnDef' in def)) continue;
      const { typeName: to, raw_default: using, collClause } = def.ColumnDef;
      if (to === undefined || schema.isNew(table, file)) continue;
      const from = schema.table(table).types.get(column);
      const keeps = collClause === undefined && isSameValue(using, column);
      if (keeps && from !== undefined && sharesRows(from, to)) continue;
      const was = from === undefined ? '' : ` from ${typeText(from)}`;
      yield {
        about: `${shown(table)}.${column}`,
        message: `${shown(table)} is written anew, to turn ${column}${was} into ${typeText(to)}`,
      };
    }
  },
};
