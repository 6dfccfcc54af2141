import { formatIdent, formatQualified } from '../../sql/ident.ts';
import type { Basis, Reference, Table } from './graph.ts';

export function columnList(columns: readonly string[]): string {
  return columns.map(formatIdent).join(', ');
}

const bases: Record<Basis, string> = {
  declared: 'foreign key',
  learned: 'no foreign key, but columns of that name have one elsewhere',
  custom: 'no foreign key, but most tables have such a column, and its type fits',
  'key-name': 'no foreign key, but the name and type of its key',
  'table-name': 'no foreign key, but its name and type',
  'part-name': 'no foreign key; its name ends alike and the type fits',
  'short-name': 'no foreign key; its name begins alike and the type fits',
};

/** `project_id leads to public.projects (foreign key, NOT NULL)`. */
export function describeReference({ columns, to, basis, nullable }: Reference): string {
  return `${columnList(columns)} leads to ${nameOf(to)} (${bases[basis]}, ${nullable ? 'may be NULL' : 'NOT NULL'})`;
}

export function nameOf({ name }: Table): string {
  return formatQualified(name);
}

/** `a, b and c`. */
export function listOf(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
}
