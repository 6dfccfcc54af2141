import type { BatchKey } from './batch-sql.ts';

/**
 * How the rows of a table are taken.
 *
 * - by key: ranges of a unique key in order; each row once, even where the body would take it again
 * - by pages: ranges of pages, each in several passes that take every nth row. A pass frees room on its pages, which the
 *   new row versions of the next one take: less bloat, less WAL, and no work for indexes. A row that moved meanwhile may
 *   come again or be passed by, so that the body has to say what is still to do, and a sweep comes last.
 */
export type Way =
  | { readonly kind: 'key'; readonly key: BatchKey }
  | {
      readonly kind: 'pages';
      readonly passes: number;
      /** The integer column that deals the rows of a page out to the passes; null where their place does, hashed. */
      readonly dealt: string | null;
    };

/** What the pages of a table are like. */
export interface PageMeasure {
  readonly rowsPerPage: number;
  /** Rows, as wide as the body makes them, for which an average page has room beside those that are there. */
  readonly roomPerPage: number;
}

/** More passes free little more, and each one reads the pages again (docs/adr, "Backfills"). */
export const mostPasses = 8;

/** A pass that needs all the room of the average page finds too little on half of them. */
const margin = 2;

/**
 * The fewest passes that need no more than half of the room that a page has: the rows of the first one must find theirs,
 * those of the next one get what the first has left. A full page has none, and then fewer rows of a pass are fewer rows
 * that move.
 */
export function passesFor({ rowsPerPage, roomPerPage }: PageMeasure): number {
  if (roomPerPage >= rowsPerPage) return 1;
  const needed = roomPerPage > 0 ? Math.ceil((margin * rowsPerPage) / roomPerPage) : mostPasses;
  return Math.max(1, Math.min(needed, mostPasses, Math.floor(rowsPerPage)));
}
