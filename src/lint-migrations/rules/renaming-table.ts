import type { WrittenName } from '../../sql/lock-mode.ts';
import type { Node } from '../../sql/parse.ts';
import { namesOf } from '../../sql/tree.ts';
import type { MigrationRule } from '../rule.ts';
import { isMadeAgain, shown, writtenName } from '../statements.ts';

export const renamingTable: MigrationRule = {
  id: 'renaming-table',
  severity: 'warning',
  summary: 'A table, view, type or schema gets another name or another schema while code may still use the old one.',
  help: 'Code that runs fails at once with "relation does not exist", and goes on failing until the last instance is replaced. Leave a view of the old name behind, in the same transaction; or rename in a file with `-- rowhouse: phase contract`, when no code is left that knows the old name.',
  examples: [
    {
      bad: 'alter table public.orders rename to purchases;',
      good: `alter table public.orders rename to purchases;
create view public.orders with (security_invoker = true) as select * from public.purchases;`,
    },
    {
      bad: 'alter schema shop rename to store;',
      good: '-- rowhouse: phase contract\nalter schema shop rename to store;',
    },
    {
      bad: `alter type public.state rename value 'open' to 'pending';`,
      good: `alter type public.state add value 'pending';`,
    },
  ],
  *check({ node, file, index, schema }) {
    if (file.direction === 'down' || file.contract) return;
    const { relation, about, now } = renamed(node) ?? { relation: null, about: '', now: '' };
    if (about === '') return;
    if (relation !== null && (schema.isNew(relation, file) || isMadeAgain(file, index, relation))) return;
    yield { about, message: `code that uses ${about} fails: it is ${now} now` };
  },
};

interface Renamed {
  /** null for what is no relation. */
  readonly relation: WrittenName | null;
  readonly about: string;
  readonly now: string;
}

function renamed(node: Node): Renamed | null {
  if ('AlterEnumStmt' in node) {
    const { typeName, oldVal, newVal = '' } = node.AlterEnumStmt;
    const about = `${oldVal} of ${namesOf(typeName).join('.')}`;
    return oldVal === undefined ? null : { relation: null, about, now: newVal };
  }
  if ('AlterObjectSchemaStmt' in node) {
    const { relation, newschema = '' } = node.AlterObjectSchemaStmt;
    const moved = writtenName(relation);
    return moved === null
      ? null
      : { relation: moved, about: shown(moved), now: shown({ schema: newschema, name: moved.name }) };
  }
  if (!('RenameStmt' in node)) return null;
  const { renameType = '', relation, object, subname = '', newname = '' } = node.RenameStmt;
  const named = writtenName(relation);
  if (named !== null && /^OBJECT_(TABLE|VIEW|MATVIEW|FOREIGN_TABLE|SEQUENCE)$/.test(renameType)) {
    return { relation: named, about: shown(named), now: shown({ ...named, name: newname }) };
  }
  if (renameType === 'OBJECT_SCHEMA') return { relation: null, about: subname, now: newname };
  if (/^OBJECT_(TYPE|DOMAIN)$/.test(renameType) && object !== undefined && 'List' in object) {
    return { relation: null, about: namesOf(object.List.items).join('.'), now: newname };
  }
  return null;
}
