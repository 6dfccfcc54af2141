/** A type whose values have one text each, and whose comparisons are leakproof: an index serves them before a policy is asked. */
export interface IdType {
  /** As a cast names it. */
  readonly cast: string;
  /** Texts that are certain to be read, and written in the same way again. */
  readonly reads: RegExp;
  readonly numeric: boolean;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const integer = (digits: number): RegExp => new RegExp(String.raw`^(0|-?[1-9]\d{0,${digits - 1}})$`);

const idTypes: ReadonlyMap<string, IdType> = new Map([
  ['uuid', { cast: 'pg_catalog.uuid', reads: uuid, numeric: false }],
  ['smallint', { cast: 'pg_catalog.int2', reads: integer(4), numeric: true }],
  ['integer', { cast: 'pg_catalog.int4', reads: integer(9), numeric: true }],
  ['bigint', { cast: 'pg_catalog.int8', reads: integer(18), numeric: true }],
]);

/** The order that the type has, for texts of it. */
export function orderOf({ numeric }: IdType): (a: string, b: string) => number {
  return (a, b) => (numeric ? Number(BigInt(a) - BigInt(b)) : a < b ? -1 : a > b ? 1 : 0);
}

/** What is known of a type, by the name that `format_type` prints; undefined for all that are compared by their text. */
export function idTypeOf(type: string | null | undefined): IdType | undefined {
  return idTypes.get(type ?? '');
}
