import type { Session } from '../postgres/session.ts';
import type { Ledger } from './engine.ts';
import type { OnRunEvent } from './events.ts';
import type { Actor } from './history.ts';
import type { Ahead } from './ahead.ts';
import type { Lookout } from './lookout.ts';
import type { Direction } from './progress.ts';
import type { Migration } from './project.ts';
import type { SqlFile } from './sql-file.ts';
import type { Recorded } from './state.ts';
import type { WatchStatement } from './statement.ts';

/** What every file of a run shares. */
export interface Run {
  readonly session: Session;
  /** The folder of the project. */
  readonly directory: string;
  readonly actor: Actor;
  /** Opened when a file is first to be written there. */
  readonly ledger: () => Promise<Ledger>;
  /** What the database knew when the run began. Under its lock nobody else changes that, and it runs each file once. */
  readonly recorded: Recorded;
  /** How often a file is tried while others hold its locks. */
  readonly lockAttempts: number;
  /** For how long, from the first try on, in milliseconds. */
  readonly lockTotalMs: number;
  /** Looks for transactions in the way of a statement's locks, before they are asked for. */
  readonly lookout: Lookout;
  /** The file that is under way before it is its turn. */
  readonly ahead: Ahead;
  readonly onEvent: OnRunEvent;
  /** Sees each statement run, for a report. */
  readonly watchStatement?: WatchStatement | undefined;
  /** Given in, since features stand alone. */
  readonly backfills: RunsBackfills;
}

/** What a backfill has come to. */
export interface FilledRows {
  /** The rows changed, by earlier runs too. */
  readonly rows: number;
  /** As `Date.now()` says it: before its file's turn, where it ran beside another one. */
  readonly begunAt: number;
}

export interface RunsBackfills {
  /** Begins the backfills at the head of some files that may run beside each other; all come to their end by `run`. */
  begin(migrations: readonly Migration[]): Promise<void>;
  /** Runs a backfill file to its end, resuming. */
  run(name: string, direction: Direction, file: SqlFile): Promise<FilledRows>;
}
