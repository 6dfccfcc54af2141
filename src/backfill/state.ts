import type pg from 'pg';
import { loadSql } from '../sql/load.ts';
import type { BackfillDirection } from './checkpoint.ts';
import { listed, type RefusedRow } from './refused.ts';

const stateSql = loadSql(import.meta.url, './queries/state.sql');

/** How far a backfill is, and how it goes: what its checkpoint and its runner tell. */
export interface BackfillState {
  readonly name: string;
  readonly direction: BackfillDirection;
  readonly relation: string;
  /** Pages with their number of passes, or a key. */
  readonly way: string;
  readonly rows: number;
  readonly batches: number;
  readonly refused: number;
  /** The first of them. */
  readonly refusedRows: readonly RefusedRow[];
  /** Share of the table, 0 to 1. */
  readonly fraction: number | null;
  /** Rows a second, of late. */
  readonly rate: number | null;
  readonly secondsLeft: number | null;
  /** Why no batch began when its runner last told. */
  readonly heldBy: string | null;
  readonly paused: boolean;
  readonly batchSize: number | null;
  readonly batchMs: number | null;
  readonly load: number | null;
  /** ISO 8601, in UTC. */
  readonly startedAt: string;
  /** When its runner last told. */
  readonly toldAt: string;
}

/** The backfills that have begun and are not done. */
export async function readBackfills(client: pg.ClientBase): Promise<BackfillState[]> {
  return (await client.query<BackfillState>(stateSql, [listed])).rows;
}
