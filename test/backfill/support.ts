import type pg from 'pg';
import { runBackfill, usualPace, type BackfillPace, type BackfillProgress } from '../../src/backfill/runner.ts';
import type { BackfillDirection } from '../../src/backfill/checkpoint.ts';
import { RowhouseError } from '../../src/domain/errors.ts';
import type { Retry } from '../../src/postgres/retry.ts';
import { installRowhouseSchema } from '../../src/postgres/rowhouse-schema.ts';
import { openSession } from '../../src/postgres/session.ts';

export interface BackfillRun {
  /** What the backfill returned; null where it was stopped. */
  readonly rows: number | null;
  /** Rows changed by the end of each batch, and the share of the table. */
  readonly progress: readonly { readonly rows: number; readonly fraction: number | null }[];
  /** Rows that an earlier run had done, where it resumed. */
  readonly resumedAfter: number | null;
  readonly warnings: readonly string[];
  readonly retries: readonly Retry[];
}

export interface BackfillSettings {
  readonly direction?: BackfillDirection;
  readonly pace?: Partial<BackfillPace>;
  readonly lockAttempts?: number;
  readonly lockTimeoutMs?: number;
  readonly fires?: readonly string[];
  /** Cancel the run after so many batches. */
  readonly stopAfter?: number;
  readonly onRetry?: (retry: Retry) => void;
  readonly onProgress?: (progress: BackfillProgress) => void;
}

/** The path that errors name. */
export const path = 'migrations/0001_fill.sql';

/** Runs one backfill in a session of its own. */
export async function backfill(url: string, source: string, settings: BackfillSettings = {}): Promise<BackfillRun> {
  const controller = new AbortController();
  const session = await openSession({ url, source: '--database-url' }, 'backfill', { signal: controller.signal });
  const progress: { rows: number; fraction: number | null }[] = [];
  const warnings: string[] = [];
  const retries: Retry[] = [];
  let resumedAfter: number | null = null;
  try {
    await installRowhouseSchema(session.client);
    const rows = await runBackfill(
      session,
      { name: '0001_fill', direction: settings.direction ?? 'up' },
      { path, source },
      {
        pace: { ...usualPace, batchSize: 2, ...settings.pace },
        ours: new Set(),
        openWorker: (signal) => openSession({ url, source: '--database-url' }, 'worker', { signal }),
        lockAttempts: settings.lockAttempts ?? 3,
        lockTotalMs: 600_000,
        lockTimeoutMs: settings.lockTimeoutMs ?? 100,
        fires: settings.fires ?? [],
        onResume: (done) => {
          resumedAfter = done;
        },
        onRetry: (retry) => {
          retries.push(retry);
          settings.onRetry?.(retry);
        },
        onProgress: (now) => {
          const { rows: done, fraction } = now;
          settings.onProgress?.(now);
          progress.push({ rows: done, fraction });
          if (progress.length === settings.stopAfter) controller.abort();
        },
        onWarning: (warning) => warnings.push(warning),
      },
    ).catch((error: unknown) => {
      if (error instanceof RowhouseError && error.code === 'cancelled') return null;
      throw error;
    });
    return { rows, progress, resumedAfter, warnings, retries };
  } finally {
    await session.close();
  }
}

/** The values of one column, in the order of another. */
export async function column(client: pg.ClientBase, table: string, name: string, order: string): Promise<unknown[]> {
  const { rows } = await client.query<{ value: unknown }>(`select ${name} as value from ${table} order by ${order}`);
  return rows.map((row) => row.value);
}
