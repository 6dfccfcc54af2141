import type { CatalogSnapshot, Relation } from '../catalog/snapshot.ts';
import { conditionsIn } from '../sql/conditions.ts';
import { quotedIn } from '../sql/literals.ts';
import { mentions } from '../sql/mentions.ts';

/**
 * Values of a table's columns by which policies and functions tell its rows apart, those that are named most often first: roles of
 * members, above all, without which nobody may write.
 */
export function askedValues(
  { policies, functions }: CatalogSnapshot,
  { relname, columns }: Relation,
): ReadonlyMap<string, readonly string[]> {
  const conditions = [
    ...policies.flatMap(({ polqual, polwithcheck }) => [polqual ?? '', polwithcheck ?? '']),
    ...functions.map(({ prosrc }) => prosrc),
  ]
    .filter((code) => mentions(code, relname))
    .flatMap(conditionsIn);
  return new Map(
    columns.map(({ attname }) => {
      const times = new Map<string, number>();
      for (const value of conditions.filter((one) => mentions(one, attname)).flatMap(quotedIn)) {
        times.set(value, (times.get(value) ?? 0) + 1);
      }
      return [attname, [...times].sort(([, a], [, b]) => b - a).map(([value]) => value)];
    }),
  );
}
