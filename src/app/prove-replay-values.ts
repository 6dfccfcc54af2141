import { findType } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Column, Relation } from '../catalog/snapshot.ts';
import type { RowValues } from '../prove/evaluate.ts';
import type { Value } from '../prove/term.ts';

/** The columns of a row with their values, and something for each other that must have one. */
export function filled(
  snapshot: CatalogSnapshot,
  relation: Relation,
  values: RowValues,
): { readonly columns: readonly Column[]; readonly params: (string | null)[] } {
  const columns = relation.columns.filter(
    ({ attname, attgenerated, attnotnull, attidentity, default: preset }) =>
      attgenerated === '' && (values.has(attname) || (attnotnull && attidentity === '' && preset === null)),
  );
  return {
    columns,
    params: columns.map((column) => {
      const value = values.get(column.attname);
      return value === undefined ? anyOf(snapshot, column) : asParam(value, column);
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

/** A value as PostgreSQL reads it from a text. */
export function asParam(value: Value, column?: Column): string | null {
  if (value === null) return null;
  if (typeof value !== 'bigint' || column === undefined) return String(value);
  if (column.type === 'date') return new Date(Number(value) * 86_400_000).toISOString().slice(0, 10);
  return column.type.startsWith('timestamp') ? new Date(Number(value / 1000n)).toISOString() : String(value);
}

/** The type of a column as PostgreSQL prints it. */
export function typeOf(relation: Relation, name: string): string {
  return relation.columns.find(({ attname }) => attname === name)?.type ?? 'pg_catalog.text';
}
