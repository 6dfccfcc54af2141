import type { Blocker } from '../postgres/blockers.ts';
import type { OpenTransaction } from '../postgres/open-transactions.ts';
import type { LockHolder } from '../postgres/advisory-lock.ts';
import type { Phase } from '../domain/phase.ts';
import type { Direction } from './progress.ts';

/** How far the build of an index is: `pg_stat_progress_create_index`. */
export interface IndexProgress {
  /** null before PostgreSQL has made it. */
  readonly index: string | null;
  /** In PostgreSQL's words: `building index: scanning table`. */
  readonly phase: string;
  /** The share of this phase, 0 to 1; null where it is not told. */
  readonly fraction: number | null;
  /** The session whose transaction has to end first. */
  readonly waitsFor: number | null;
}

/** What happens during a run, as it happens; the shell draws it. */
export type RunEvent =
  | { readonly type: 'planned'; readonly names: readonly string[] }
  | { readonly type: 'waiting-for-run'; readonly holder: LockHolder | null }
  | {
      readonly type: 'file-started';
      readonly name: string;
      readonly direction: Direction;
      readonly phase: Phase | null;
    }
  | {
      readonly type: 'statement-done';
      readonly name: string;
      readonly done: number;
      readonly total: number;
    }
  | {
      readonly type: 'in-the-way';
      readonly name: string;
      /** Open for longer than a statement of the file would wait for its lock. */
      readonly transactions: readonly OpenTransaction[];
      /** How long it waits for their end. */
      readonly waitMs: number;
    }
  | { readonly type: 'resumed'; readonly name: string; readonly from: string }
  | {
      readonly type: 'retrying';
      readonly name: string;
      readonly reason: string;
      readonly attempt: number;
      readonly attempts: number;
      readonly waitMs: number;
      readonly blockers: readonly Blocker[];
    }
  | { readonly type: 'index-rebuilt'; readonly name: string; readonly index: string }
  | ({ readonly type: 'index-progress'; readonly name: string } & IndexProgress)
  | {
      readonly type: 'backfill-progress';
      readonly name: string;
      readonly rows: number;
      readonly fraction: number | null;
      /** Rows a second, of late. */
      readonly rate: number | null;
      /** Why no batch may begin now. */
      readonly heldBy: string | null;
    }
  | {
      readonly type: 'preflight';
      /** Of the check. */
      readonly id: string;
      readonly outcome: 'warning' | 'unknown' | 'skipped';
      readonly message: string;
    }
  | { readonly type: 'warning'; readonly name: string; readonly message: string }
  | { readonly type: 'notice'; readonly message: string }
  | {
      readonly type: 'file-done';
      readonly name: string;
      readonly direction: Direction;
      readonly phase: Phase | null;
      readonly durationMs: number;
      /** Rows that a backfill changed. */
      readonly rows: number | null;
    };

export type OnRunEvent = (event: RunEvent) => void;
