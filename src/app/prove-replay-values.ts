import { findType } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Column, Relation } from '../catalog/snapshot.ts';
import type { RowValues } from '../prove/evaluate.ts';
import type { Value } from '../prove/term.ts';
import { writtenAs } from '../prove/words.ts';

/** The columns of a row with their values, and something for each other that must have one. */
export function filled(
  snapshot: CatalogSnapshot,
  relation: Relation,
  values: RowValues,
  shift = 0n,
): { readonly columns: readonly Column[]; readonly params: (string | null)[] } {
  const columns = relation.columns.filter(
    ({ attname, attgenerated, attnotnull, attidentity, default: preset }) =>
      attgenerated === '' && (values.has(attname) || (attnotnull && attidentity === '' && preset === null)),
  );
  return {
    columns,
    params: columns.map((column) => {
      const value = values.get(column.attname);
      return value === undefined ? anyOf(snapshot, column) : asParam(value, column, shift);
    }),
  };
}

function anyOf(snapshot: CatalogSnapshot, { type }: Column): string {
  const named = findType(snapshot, type);
  if (named?.typtype === 'e') return named.labels[0] ?? '';
  const base = type.replace(/\(.*\)/, '');
  return fillers[base] ?? (base.endsWith('[]') ? '{}' : 'x');
}

const fillers: Readonly<Record<string, string | undefined>> = {
  uuid: '99999999-9999-4999-8999-999999999999',
  smallint: '1',
  integer: '1',
  bigint: '1',
  numeric: '1',
  real: '1',
  'double precision': '1',
  boolean: 'true',
  date: '2024-01-01',
  'timestamp without time zone': '2024-01-01',
  'timestamp with time zone': '2024-01-01',
  'time without time zone': '12:00',
  json: '{}',
  jsonb: '{}',
  interval: '1 day',
  inet: '127.0.0.1',
};

/**
 * A value as PostgreSQL reads it from a text.
 *
 * @param shift by how many microseconds moments are later on the server than in an example
 */
export function asParam(value: Value, column: Column | undefined, shift = 0n): string | null {
  if (value === null || column === undefined) return value === null ? null : String(value);
  return writtenAs(
    column.type,
    column.type === 'timestamp with time zone' && typeof value === 'bigint' ? value + shift : value,
  );
}

/** The type of a column as PostgreSQL prints it. */
export function typeOf(relation: Relation, name: string): string {
  return relation.columns.find(({ attname }) => attname === name)?.type ?? 'pg_catalog.text';
}
