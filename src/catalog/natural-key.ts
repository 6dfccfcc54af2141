import { findColumn } from './lookup.ts';
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

/** The columns of an index, and those that its expressions name. */
export function indexedColumns(relation: Relation, { columns, definition }: Index): readonly string[] {
  const keyed = columns.filter((column) => column !== null);
  if (keyed.length === columns.length) return keyed;
  const words = new Set(definition.slice(definition.indexOf('(')).match(/[\w$\u0080-\uffff]+/g));
  return relation.columns.map(({ attname }) => attname).filter((name) => words.has(name));
}
