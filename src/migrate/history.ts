import type pg from 'pg';
import { runBatch, type BatchStatement } from '../postgres/batch.ts';
import { hasRowhouseSchema } from '../postgres/rowhouse-schema.ts';
import { loadSql } from '../sql/load.ts';
import type { Direction } from './progress.ts';

const recordSql = loadSql(import.meta.url, './queries/record.sql');

export type HistoryDirection = 'up' | 'down' | 'baseline' | 'repair' | 'seed' | 'unseed';

/** Who runs Rowhouse: the part of a history row that is the same for a whole run. */
export interface Actor {
  /** `user@host`, of the machine that Rowhouse runs on. */
  readonly client: string;
  readonly toolVersion: string;
}

/** One row of `rowhouse.history`. */
export interface HistoryEntry {
  readonly id: number;
  readonly name: string;
  readonly direction: HistoryDirection;
  readonly outcome: 'done' | 'failed';
  readonly checksum: string | null;
  /** ISO 8601, in UTC. */
  readonly finishedAt: string;
  readonly durationMs: number;
  readonly performedBy: string;
  readonly client: string;
  readonly toolVersion: string;
  readonly error: string | null;
}

export interface NewHistoryEntry {
  readonly name: string;
  readonly direction: HistoryDirection;
  readonly outcome: 'done' | 'failed';
  readonly checksum: string | null;
  readonly source: string | null;
  readonly durationMs: number;
  readonly error?: string;
}

/** Appends one row; in the transaction of the work itself where there is one. */
export function historyRow({ client, toolVersion }: Actor, entry: NewHistoryEntry): BatchStatement {
  const { name, direction, outcome, checksum, source, durationMs, error = null } = entry;
  return {
    text: `insert into rowhouse.history (name, direction, outcome, checksum, source, duration_ms, client, tool_version, error)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    values: [name, direction, outcome, checksum, source, String(Math.round(durationMs)), client, toolVersion, error],
  };
}

export async function appendHistory(client: pg.ClientBase, actor: Actor, entry: NewHistoryEntry): Promise<void> {
  await runBatch(client, [historyRow(actor, entry)]);
}

/** A file that has run to its end. */
export interface FinishedFile {
  readonly name: string;
  readonly direction: Direction;
  readonly checksum: string;
  readonly source: string;
  /** Until the open transaction began, in milliseconds; what the transaction itself has taken is added. */
  readonly durationMs: number;
}

/** Records a file as done or undone, in the transaction of its last work. */
export function recordFinished({ client, toolVersion }: Actor, file: FinishedFile): BatchStatement {
  const { name, direction, checksum, source, durationMs } = file;
  return {
    text: recordSql,
    values: [name, direction, checksum, source, String(Math.round(durationMs)), client, toolVersion],
  };
}

/** The whole history, oldest first; the last `limit` rows where one is given. */
export async function readHistory(client: pg.ClientBase, limit: number | null = null): Promise<HistoryEntry[]> {
  if (!(await hasRowhouseSchema(client))) return [];
  const { rows } = await client.query<Omit<HistoryEntry, 'id'> & { id: string }>(
    `select h.id, h.name, h.direction, h.outcome, h.checksum,
            pg_catalog.to_char(h.finished_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "finishedAt",
            h.duration_ms as "durationMs", h.performed_by as "performedBy", h.client, h.tool_version as "toolVersion", h.error
       from (select * from rowhouse.history order by id desc limit $1) as h
      order by h.id`,
    [limit],
  );
  return rows.map((row) => ({ ...row, id: Number(row.id) }));
}

/** A file as it was when it last counted as applied. */
export interface AppliedFile {
  readonly checksum: string;
  readonly source: string;
}

/** What the applied files looked like when they ran, or when a repair accepted them. */
export async function readAppliedFiles(client: pg.ClientBase): Promise<Map<string, AppliedFile>> {
  const { rows } = await client.query<AppliedFile & { name: string }>(
    `select distinct on (h.name) h.name, h.checksum, h.source
       from rowhouse.history as h
      where h.outcome = 'done' and h.direction in ('up', 'baseline', 'repair')
      order by h.name, h.id desc`,
  );
  return new Map(rows.map(({ name, checksum, source }) => [name, { checksum, source }]));
}
