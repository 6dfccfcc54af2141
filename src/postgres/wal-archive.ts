import type pg from 'pg';
import { loadSql } from '../sql/load.ts';

const walArchiveSql = loadSql(import.meta.url, './queries/wal-archive.sql');

/** How the archiving of WAL goes. */
export interface WalArchive {
  readonly on: boolean;
  /** Whether the last attempt has failed. */
  readonly fails: boolean;
  /** Bytes of WAL in full segments that wait for it; null where nobody can tell. */
  readonly waiting: number | null;
}

interface Row {
  readonly on: boolean;
  readonly fails: boolean;
  readonly archived: string | null;
  readonly failed: string | null;
  readonly current: string | null;
  readonly segmentBytes: number;
}

/** How the archiving of WAL goes; on a standby nothing is known of it. */
export async function readWalArchive(client: pg.ClientBase): Promise<WalArchive> {
  const [row] = (await client.query<Row>(walArchiveSql)).rows;
  if (row === undefined || !row.on || row.current === null)
    return { on: row?.on === true, fails: false, waiting: null };
  const { archived, failed, current, segmentBytes, fails } = row;
  // Segments are archived in order: the one that fails is the oldest that is left.
  const [first, done] = fails ? [failed, 0] : [archived, 1];
  const waiting = segmentOf(current, segmentBytes) - segmentOf(first, segmentBytes) - done;
  return { on: true, fails, waiting: Number.isNaN(waiting) ? null : Math.max(0, waiting) * segmentBytes };
}

/** The number of a segment, by the name of its file: 8 digits of a timeline, and two numbers. NaN where it is no segment's. */
function segmentOf(name: string | null, segmentBytes: number): number {
  const [, high = '', low = ''] = /^[0-9A-F]{8}([0-9A-F]{8})([0-9A-F]{8})$/.exec(name ?? '') ?? [];
  return Number.parseInt(high, 16) * (2 ** 32 / segmentBytes) + Number.parseInt(low, 16);
}
