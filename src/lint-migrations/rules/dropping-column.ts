import type { MigrationRule } from '../rule.ts';
import { alterationsOf, shown } from '../statements.ts';

export const droppingColumn: MigrationRule = {
  id: 'dropping-column',
  severity: 'warning',
  summary: 'A column is dropped while code may still read or write it.',
  help: 'Code that runs fails at once with "column does not exist", also where it only asks for all columns by name, as object mappers do; and the values are gone. Deploy code that does not know the column, then drop it in a file with `-- rowhouse: phase contract`.',
  examples: [
    {
      bad: 'alter table public.orders drop column note;',
      good: '-- rowhouse: phase contract\nalter table public.orders drop column note;',
    },
  ],
  *check({ node, file, schema }) {
    if (file.direction === 'down' || file.contract) return;
    for (const { table, command } of alterationsOf(node)) {
      const { subtype, name = '' } = command;
      if (subtype !== 'AT_DropColumn' || schema.isNew(table, file)) continue;
      yield {
        about: `${shown(table)}.${name}`,
        message: `code that knows ${name} of ${shown(table)} fails, and its values are gone`,
      };
    }
  },
};
