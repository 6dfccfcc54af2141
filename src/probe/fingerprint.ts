import { quoteIdent } from '../sql/ident.ts';

/**
 * A multiset of rows, told by their number and the sum, in 64 bits, of a 64-bit hash of their identities.
 * The sum does not depend on the order and, unlike a count, changes when one row stands in for another.
 */
export interface Fingerprint {
  readonly rows: bigint;
  readonly hash: bigint;
}

export const emptyFingerprint: Fingerprint = { rows: 0n, hash: 0n };

/** As the queries of `fingerprintColumns` return it: bigint and numeric come as text. */
export interface FingerprintRow {
  readonly rows: string;
  readonly hash: string;
}

export function parseFingerprint(row: FingerprintRow | undefined): Fingerprint {
  return row === undefined ? emptyFingerprint : { rows: BigInt(row.rows), hash: wrapped(BigInt(row.hash)) };
}

export function sameFingerprint(a: Fingerprint, b: Fingerprint): boolean {
  return a.rows === b.rows && a.hash === b.hash;
}

export function addFingerprints(a: Fingerprint, b: Fingerprint): Fingerprint {
  return { rows: a.rows + b.rows, hash: wrapped(a.hash + b.hash) };
}

/** A sum of hashes in as many bits as one of them has. */
export function wrapped(sum: bigint): bigint {
  return BigInt.asIntN(64, sum);
}

/**
 * The text by which a row is known, over the alias `t`. A row constructor is written by the types' own output functions,
 * so that no cast of a user can interfere, and NULL has a text too.
 */
export function identityText(columns: readonly string[]): string {
  return `row(${columns.map((column) => `t.${quoteIdent(column)}`).join(', ')})::pg_catalog.text`;
}

/** Types with a 64-bit hash of their own that depends on the value alone, by the name that `format_type` prints. */
const hashes: readonly (readonly [type: RegExp, hash: (column: string, seed: string) => string])[] = [
  [/^uuid$/, (column, seed) => `pg_catalog.uuid_hash_extended(${column}, ${seed})`],
  [/^smallint$/, (column, seed) => `pg_catalog.hashint2extended(${column}, ${seed})`],
  [/^integer$/, (column, seed) => `pg_catalog.hashint4extended(${column}, ${seed})`],
  [/^bigint$/, (column, seed) => `pg_catalog.hashint8extended(${column}, ${seed})`],
  [
    /^(text|character varying(\(\d+\))?)$/,
    (column, seed) => `pg_catalog.hashtextextended(${column}::pg_catalog.text collate pg_catalog."C", ${seed})`,
  ],
];

/**
 * A 64-bit hash by which a row is known, over the alias `t`: of the columns themselves where each has a `type` that is
 * hashed as it is, and otherwise of their text, which takes three times as long. Two columns are a chain of seeds.
 */
export function identityHash(columns: readonly string[], types: readonly (string | null)[]): string {
  let hash = '0';
  for (const [index, column] of columns.entries()) {
    const type = types[index];
    const own = type === undefined || type === null ? undefined : hashes.find(([pattern]) => pattern.test(type));
    if (!own) return `pg_catalog.hashtextextended(${identityText(columns)}, 0)`;
    hash = own[1](`t.${quoteIdent(column)}`, hash);
  }
  return hash;
}

/** The select list that `parseFingerprint` reads; `hash` as `identityHash` writes it. */
export function fingerprintColumns(hash: string): string {
  return `pg_catalog.count(*)::pg_catalog.text as rows, coalesce(pg_catalog.sum(${hash}), 0)::pg_catalog.text as hash`;
}
