/** The text of each column of a key: of a table's own, or `(page,row)` where rows are taken by their place. */
export type Key = readonly string[];

/** How far a part of a table is done. */
export interface Position {
  /** Everything up to here is done; null is before the first row. */
  readonly last: Key | null;
  /** The end of the range that is at work in several passes; null between two ranges. */
  readonly rangeEnd: Key | null;
  /** How many passes of that range are done. */
  readonly pass: number;
}

/** More than any page holds: a page of 32 kB has room for 1,169 rows. */
const rowsOfPage = 2048;

/** The place before the first row of a page: rows are numbered from 1. */
export function pageKey(page: number): Key {
  return [`(${page},0)`];
}

/** The page of a place. */
export function pageOf(key: Key | null): number {
  return Number.parseInt(key?.[0]?.slice(1) ?? '0', 10);
}

/** A place between two, at the start of a page where it can be; null where there is none, since only one row is left. */
export function halfway(from: Key | null, to: Key): Key | null {
  const [start, end] = [placeOf(from), placeOf(to)];
  const middle = Math.floor((start + end) / 2);
  if (middle <= start) return null;
  const page = Math.floor(middle / rowsOfPage);
  return page > pageOf(from) ? pageKey(page) : [`(${page},${middle % rowsOfPage})`];
}

function placeOf(key: Key | null): number {
  const [page = 0, row = 0] = (key?.[0] ?? '(0,0)').slice(1, -1).split(',').map(Number);
  return page * rowsOfPage + row;
}

export function sameKey(a: Key | null, b: Key): boolean {
  return a?.every((part, index) => part === b[index]) ?? false;
}
