import type pg from 'pg';
import { formatBytes } from '../domain/bytes.ts';
import { readWalArchive } from '../postgres/wal-archive.ts';
import { loadSql } from '../sql/load.ts';
import type { WalMeter, WalPace } from './wal-meter.ts';

const pressureSql = loadSql(import.meta.url, './queries/pressure.sql');

/** What others feel while a backfill runs. */
export interface Pressure {
  /** Sessions that wait for a lock which a batch holds. */
  readonly waiting: number;
  /** Other sessions at work. */
  readonly active: number;
  /** How far the furthest replica is behind, in bytes of WAL; null where there is none, or it is not ours to see. */
  readonly replicaLag: number | null;
  /** Whether a VACUUM of the table is under way. */
  readonly vacuuming: boolean;
  readonly wal: WalPace;
  /** Bytes of WAL that wait to be archived; null where none is, or nobody can tell. */
  readonly unarchived: number | null;
}

type Seen = Omit<Pressure, 'wal' | 'unarchived'> & {
  /** Whether WAL is archived at all: only then it is asked how that goes. */
  readonly archives: boolean;
  /** Where the end of the WAL is, in bytes. */
  readonly walPosition: number | null;
};

/** What a backfill may cost the others. */
export interface Limits {
  /** The share of the time in which batches may run, in percent. */
  readonly load: number;
  /** Bytes of WAL that a replica may be behind. */
  readonly replicaLag: number;
  /** Bytes of WAL a second, of the server as a whole; null where it does not matter. */
  readonly walRate: number | null;
  /** Bytes of WAL that may wait to be archived. */
  readonly archiveBacklog: number;
  /** Other sessions at work, beyond which it waits; null where it does not matter. */
  readonly active: number | null;
}

/** Where nobody is known to feel anything. */
export const calm: Pressure = {
  waiting: 0,
  active: 0,
  replicaLag: null,
  vacuuming: false,
  wal: { rate: null, debt: 0 },
  unarchived: null,
};

/** Beside a VACUUM of the same pages, which has to come to its end. */
const loadBesideVacuum = 50;

/**
 * What others feel at this moment.
 *
 * @param pids the sessions of the workers
 * @param ours those of the whole run, which are no others
 */
export async function readPressure(
  client: pg.ClientBase,
  pids: readonly number[],
  ours: ReadonlySet<number>,
  table: string,
  meter: WalMeter,
  limits: Limits,
): Promise<Pressure> {
  const [seen] = (await client.query<Seen>(pressureSql, [pids, table, [...ours]])).rows;
  if (seen === undefined) return calm;
  const { archives, walPosition, ...felt } = seen;
  const wal = meter.seen(walPosition, performance.now(), limits.walRate);
  const unarchived = archives ? (await readWalArchive(client)).waiting : null;
  return { ...felt, wal, unarchived };
}

/** Why no batch may begin now; null where one may. */
export function heldBack({ replicaLag, active, wal, unarchived }: Pressure, limits: Limits): string | null {
  if (replicaLag !== null && replicaLag > limits.replicaLag) return `a replica is ${formatBytes(replicaLag)} behind`;
  if (unarchived !== null && unarchived > limits.archiveBacklog) {
    return `${formatBytes(unarchived)} of WAL wait to be archived`;
  }
  if (wal.debt > 0) return `WAL is written faster than ${formatBytes(limits.walRate ?? 0)} a second`;
  if (limits.active !== null && active > limits.active) return `${active} other sessions are at work`;
  return null;
}

/** Why batches are fewer or smaller than they might be; null where they are not. */
export function slowedBy({ vacuuming, waiting }: Pressure): string | null {
  if (vacuuming) return 'a VACUUM of the table is under way: it has half of the time';
  return waiting > 0
    ? `${waiting} other session${waiting === 1 ? ' waits' : 's wait'} for its locks: smaller batches`
    : null;
}

/** How long to rest after a batch, so that batches keep to their share of the time. */
export function restAfter(batchMs: number, pressure: Pressure, { load }: Limits): number {
  const share = pressure.vacuuming ? Math.min(load, loadBesideVacuum) : load;
  return batchMs * (100 / share - 1);
}
