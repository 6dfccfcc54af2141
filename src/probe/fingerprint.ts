import { quoteIdent } from '../sql/ident.ts';

/**
 * A multiset of rows, told by their number and the sum of a 64-bit hash of their identities.
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
  return row === undefined ? emptyFingerprint : { rows: BigInt(row.rows), hash: BigInt(row.hash) };
}

export function sameFingerprint(a: Fingerprint, b: Fingerprint): boolean {
  return a.rows === b.rows && a.hash === b.hash;
}

export function addFingerprints(a: Fingerprint, b: Fingerprint): Fingerprint {
  return { rows: a.rows + b.rows, hash: a.hash + b.hash };
}

/**
 * The text by which a row is known, over the alias `t`. A row constructor is written by the types' own output functions,
 * so that no cast of a user can interfere, and NULL has a text too.
 */
export function identityText(columns: readonly string[]): string {
  return `row(${columns.map((column) => `t.${quoteIdent(column)}`).join(', ')})::pg_catalog.text`;
}

/** The 64-bit hash of that text. */
export function identityHash(columns: readonly string[]): string {
  return `pg_catalog.hashtextextended(${identityText(columns)}, 0)`;
}

/** The select list that `parseFingerprint` reads. */
export function fingerprintColumns(columns: readonly string[]): string {
  return `pg_catalog.count(*)::pg_catalog.text as rows, coalesce(pg_catalog.sum(${identityHash(columns)}), 0)::pg_catalog.text as hash`;
}
