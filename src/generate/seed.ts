import { createHash } from 'node:crypto';

/** What the values of one row are made of: the same seed gives the same values, on every server and in every run. */
export interface Seed {
  /** Whose the row is, as its texts say it: `a`, `platform`, `shared`. */
  readonly label: string;
  readonly table: string;
  /** The number of the row among those of its owner, from 1. */
  readonly index: number;
  /** The number of the row in its table, from 1. */
  readonly serial: number;
  /** Grows with every try that met a row which was there before. */
  readonly salt: number;
}

/** A number that no other row of the table has. */
export function numberOf({ serial, salt }: Seed): number {
  return serial + salt * 997;
}

/** A text by which people know the row: `rowhouse-a-1`. */
export function wordOf({ label, index, salt }: Seed): string {
  return `rowhouse-${label}-${index}${salt === 0 ? '' : `-${salt}`}`;
}

/** Hexadecimal digits that are the seed's own; `aspect` tells apart several of one row. */
export function digestOf({ label, table, index, salt }: Seed, aspect: string): string {
  return createHash('sha256').update(['rowhouse', label, table, index, salt, aspect].join('\u0000')).digest('hex');
}

/** A version 4 uuid that is the seed's own. */
export function uuidOf(seed: Seed, aspect: string): string {
  const hex = digestOf(seed, aspect);
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
