import { checksOf, findType } from '../../catalog/lookup.ts';
import type { CatalogSnapshot } from '../../catalog/snapshot.ts';
import type { QualifiedName } from '../../sql/ident.ts';
import { quotedIn } from '../../sql/literals.ts';
import type { Table } from './graph.ts';
import type { PolymorphicPair } from './inferred.ts';
import { normalized, wordsOf } from './names.ts';

/** The values that a column may have, where an enum or a check of it alone lists them; null where anything goes. */
export function listedValues(snapshot: CatalogSnapshot, table: Table, column: string): readonly string[] | null {
  const type = table.columns.get(column)?.type ?? '';
  const named = findType(snapshot, type);
  if (named !== undefined && named.labels.length > 0) return named.labels;
  const checks = [
    ...(named?.checks ?? []),
    ...checksOf(snapshot, table.relation)
      .filter(({ columns }) => columns.length === 1 && columns[0] === column)
      .map(({ definition }) => definition),
  ];
  const values = checks.flatMap(quotedIn);
  return values.length === 0 ? null : values;
}

/** The tables that a pair may point at, in the order of the values that its type may have; null where the schema does not say. */
export function targetsOf(
  snapshot: CatalogSnapshot,
  tables: readonly Table[],
  { from, type }: PolymorphicPair,
): readonly Table[] | null {
  const listed = listedValues(snapshot, from, type);
  const found =
    listed &&
    tablesNamed(
      listed,
      tables.map((of) => ({ table: of.name, of })),
    );
  return found?.map(({ of }) => of) ?? null;
}

/** The table for each value, in the order of the values. */
export function byValue(
  values: readonly string[],
  tables: readonly { readonly table: QualifiedName }[],
): ReadonlyMap<string, QualifiedName> {
  return new Map(tables.map(({ table }, at) => [values[at] ?? '', table]));
}

/** The tables that values stand for, as `Billing::Invoice` does for `invoices`; null where one of them stands for none. */
export function tablesNamed<T extends { readonly table: QualifiedName }>(
  values: readonly string[],
  tables: readonly T[],
): readonly T[] | null {
  const found: T[] = [];
  for (const value of values) {
    const name = normalized(wordsOf(value));
    const last = normalized(wordsOf(value.split(/::|\.|\\/).at(-1) ?? value));
    const nameOf = ({ table }: T): string => normalized(wordsOf(table.name));
    const match = tables.find((table) => nameOf(table) === name) ?? tables.find((table) => nameOf(table) === last);
    if (match === undefined) return null;
    found.push(match);
  }
  return found.length === 0 ? null : found;
}
