import type { MigrationRule } from '../rule.ts';
import { shown, writtenName } from '../statements.ts';

export const renamingColumn: MigrationRule = {
  id: 'renaming-column',
  severity: 'warning',
  summary: 'A column gets another name while code may still use the old one.',
  help: 'Code that runs fails at once with "column does not exist", and goes on failing until the last instance is replaced. Add a column of the new name, keep both in step by a trigger, and drop the old one in a contract file; or rename it there, with `-- rowhouse: phase contract`, when no code is left that knows the old name.',
  examples: [
    {
      bad: 'alter table public.orders rename column number to reference;',
      good: '-- rowhouse: phase contract\nalter table public.orders rename column number to reference;',
    },
  ],
  *check({ node, file, schema }) {
    if (!('RenameStmt' in node) || file.direction === 'down' || file.contract) return;
    const { renameType, relation, subname = '', newname = '' } = node.RenameStmt;
    const table = writtenName(relation);
    if (table === null || !/^OBJECT_(COLUMN|ATTRIBUTE)$/.test(renameType ?? '') || schema.isNew(table, file)) return;
    yield {
      about: `${shown(table)}.${subname}`,
      message: `code that reads ${subname} of ${shown(table)} fails: it is ${newname} now`,
    };
  },
};
