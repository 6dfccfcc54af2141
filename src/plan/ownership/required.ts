import { checksOf } from '../../catalog/lookup.ts';
import type { CatalogSnapshot, Constraint, Relation } from '../../catalog/snapshot.ts';

/** Of each set of columns, every row has at least one that is not NULL: what NOT NULL and the checks of a table say. */
export function requiredOf(snapshot: CatalogSnapshot, relation: Relation): readonly (readonly string[])[] {
  return [
    ...relation.columns.filter(({ attnotnull }) => attnotnull).map(({ attname }) => [attname]),
    ...checksOf(snapshot, relation)
      .filter(asksForOne)
      .map(({ columns }) => columns),
  ];
}

const name = String.raw`(?:"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)`;

/** How applications write it, as PostgreSQL prints it, without the parentheses. */
const forms = [
  `${name} IS NOT NULL(?: OR ${name} IS NOT NULL)*`,
  `${name} IS NULL <> ${name} IS NULL`,
  `${name} IS NOT NULL <> ${name} IS NOT NULL`,
  `${name} IS NULL = ${name} IS NOT NULL`,
  `${name} IS NOT NULL = ${name} IS NULL`,
  `num_nonnulls ${name}(?:, ${name})* (?:>|>= [1-9]|= [1-9])\\s?\\d*`,
].map((form) => new RegExp(`^${form}$`, 'u'));

/** A check that is not valid yet counts too: it says what is meant. */
function asksForOne({ definition, columns }: Constraint): boolean {
  const plain = definition
    .replace(/^CHECK /, '')
    .replace(/ NOT VALID$/, '')
    .replace(/[()\s]+/g, ' ')
    .trim();
  return columns.length > 0 && forms.some((form) => form.test(plain));
}
