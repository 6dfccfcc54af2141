import type pg from 'pg';
import { loadSql } from '../sql/load.ts';

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
}

/** What a backfill may cost the others. */
export interface Limits {
  /** The share of the time in which batches may run, in percent. */
  readonly load: number;
  /** Bytes of WAL that a replica may be behind. */
  readonly replicaLag: number;
  /** Other sessions at work, beyond which it waits; null where it does not matter. */
  readonly active: number | null;
}

/** Where nobody is known to feel anything. */
export const calm: Pressure = { waiting: 0, active: 0, replicaLag: null, vacuuming: false };

/** Beside a VACUUM of the same pages, which has to come to its end. */
const loadBesideVacuum = 50;

export async function readPressure(client: pg.ClientBase, pids: readonly number[], table: string): Promise<Pressure> {
  const { rows } = await client.query<Pressure>(pressureSql, [pids, table]);
  return rows[0] ?? calm;
}

/** Why no batch may begin now; null where one may. */
export function heldBack({ replicaLag, active }: Pressure, limits: Limits): string | null {
  if (replicaLag !== null && replicaLag > limits.replicaLag) {
    return `a replica is ${Math.round(replicaLag / 2 ** 20)} MB behind`;
  }
  if (limits.active !== null && active > limits.active) return `${active} other sessions are at work`;
  return null;
}

/** How long to rest after a batch, so that batches keep to their share of the time. */
export function restAfter(batchMs: number, pressure: Pressure, { load }: Limits): number {
  const share = pressure.vacuuming ? Math.min(load, loadBesideVacuum) : load;
  return batchMs * (100 / share - 1);
}
