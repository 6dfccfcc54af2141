import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { Range } from './scope.ts';
import type { Row, Term } from './term.ts';
import { columnTypeNamed } from './types.ts';

/** A table's row as something in FROM. */
export function rangeOf(snapshot: CatalogSnapshot, row: Row, alias: string): Range {
  const { relation } = row;
  return {
    schema: relation.nspname,
    alias,
    names: relation.columns.map(({ attname }) => attname),
    column: (name) => columnOf(snapshot, row, name),
  };
}

export function columnOf(snapshot: CatalogSnapshot, row: Row, name: string): Term | undefined {
  const column = row.relation.columns.find(({ attname }) => attname === name);
  if (column === undefined) return undefined;
  const type = columnTypeNamed(snapshot, column.type);
  if (column.collisdeterministic !== false) return { op: 'column', type, row, name };
  return { op: 'column', type: type === 'text' ? 'loose' : 'other', row, name };
}
