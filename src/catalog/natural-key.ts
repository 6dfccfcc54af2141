import { findColumn } from './lookup.ts';
import { mentions } from '../sql/mentions.ts';
import type { Index, Relation } from './snapshot.ts';

/** Whether people choose the values of a key's column: not random, not counted, and not the id of another row. */
export function isNatural(
  base: Relation,
  name: string,
  { indisprimary }: Index,
  pointers: ReadonlySet<string>,
): boolean {
  const column = findColumn(base, name);
  if (column === undefined || column.type === 'uuid' || column.attidentity !== '') return false;
  if (column.default !== null && column.attgenerated === '' && column.default.includes('(')) return false;
  return !(/^(smallint|integer|bigint)$/.test(column.type) && (indisprimary || pointers.has(name)));
}

/** The columns of an index, and those that its expressions name; what it only INCLUDEs, or its predicate names, is no part of the key. */
export function indexedColumns(relation: Relation, { columns, definition }: Index): readonly string[] {
  const keyed = columns.filter((column) => column !== null);
  if (keyed.length === columns.length) return keyed;
  const expressions = keyListOf(definition);
  return relation.columns.map(({ attname }) => attname).filter((name) => mentions(expressions, name));
}

/** What stands between the first parentheses of an index's definition, as `pg_get_indexdef` prints it. */
function keyListOf(definition: string): string {
  const start = definition.indexOf('(');
  let depth = 0;
  for (const { 0: token, index } of definition.slice(start).matchAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]/g)) {
    if (token === '(') depth += 1;
    if (token === ')') depth -= 1;
    if (depth === 0) return definition.slice(start, start + index);
  }
  return definition.slice(start);
}
