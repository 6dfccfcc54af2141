import { parseBackfill } from '../backfill/body.ts';
import { dependencies } from '../backfill/dependencies.ts';
import { runBackfill, type BackfillPace } from '../backfill/runner.ts';
import type { OnRunEvent } from '../migrate/events.ts';
import type { Direction } from '../migrate/progress.ts';
import type { Migration } from '../migrate/project.ts';
import type { FilledRows } from '../migrate/run.ts';
import type { SqlFile } from '../migrate/sql-file.ts';
import type { Connection } from '../postgres/connect.ts';
import { openSession, type Session } from '../postgres/session.ts';

/** What a run is given, as far as backfills need it. */
interface BackfillsRequest {
  readonly connection: Connection;
  readonly lockAttempts: number;
  readonly lockTotalMs: number;
  readonly pace: BackfillPace;
  readonly signal: AbortSignal;
  readonly onEvent: OnRunEvent;
}

/** A backfill that runs beside others, or is going to. */
interface Begun {
  readonly migration: Migration;
  /** Those that it has to wait for. */
  readonly after: readonly Begun[];
  readonly filled: Promise<FilledRows>;
  /** Starts it with so many workers. */
  readonly start: (jobs: number) => void;
  state: 'waiting' | 'running' | 'done' | 'failed';
}

/**
 * The backfills of a run. Those of files that stand next to each other run at the same time where none needs another, each on a
 * connection of its own; whoever runs the files waits for each in their order, so that ledger and history know no other.
 */
export class Backfills {
  readonly #begun: Begun[] = [];
  readonly #stop = new AbortController();
  /** The sessions at work, so that they do not wait for each other as for others. */
  readonly #ours = new Set<number>();
  #free: number;

  constructor(
    private readonly request: BackfillsRequest,
    private readonly session: Session,
    private readonly applicationName: string,
  ) {
    this.#free = request.pace.jobs;
  }

  /** Begins what stands next to each other at the head of the files, where there are workers for more than one. */
  async begin(migrations: readonly Migration[]): Promise<void> {
    const [first] = migrations;
    if (this.request.pace.jobs === 1 || first === undefined || this.#find(first.id, 'up') !== undefined) return;
    const end = migrations.findIndex(({ up }) => !up.header.backfill);
    const group = migrations.slice(0, end === -1 ? undefined : end);
    // What fires may write anywhere.
    if (group.length < 2 || group.some(({ up }) => up.header.fires.length > 0)) return;
    const bodies = group.map(({ up }) => parseBackfill(up.path, up.source));
    const before = await dependencies(this.session.client, bodies);
    const begun: Begun[] = [];
    for (const [at, migration] of group.entries()) {
      const after = (before[at] ?? []).flatMap((place) => begun[place] ?? []);
      begun.push(this.#beside(migration, after));
    }
    this.#begun.push(...begun);
    this.#startReady();
  }

  /** Runs a backfill to its end, or waits for one that has begun. */
  async run(name: string, direction: Direction, file: SqlFile): Promise<FilledRows> {
    const begun = this.#find(name, direction);
    return begun === undefined
      ? await this.#fill(this.session, name, direction, file, this.request.pace.jobs)
      : await begun.filled;
  }

  /** Stops those that still run, as after one that has failed. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#begun.filter(({ state }) => state === 'running').map(({ filled }) => filled));
  }

  #find(name: string, direction: Direction): Begun | undefined {
    return direction === 'up' ? this.#begun.find(({ migration }) => migration.id === name) : undefined;
  }

  #beside(migration: Migration, after: readonly Begun[]): Begun {
    let start: (jobs: number) => void = () => undefined;
    const started = new Promise<number>((resolve) => {
      start = resolve;
    });
    const filled = started.then(async (jobs) => {
      // Nothing that needs it may start behind one that has failed.
      begun.state = 'failed';
      try {
        const rows = await this.#inOwnSession(migration, jobs);
        begun.state = 'done';
        return rows;
      } finally {
        this.#free += jobs;
        this.#startReady();
      }
    });
    // Whoever runs the files comes to it in its turn.
    filled.catch(() => undefined);
    const begun: Begun = { migration, after, filled, start, state: 'waiting' };
    return begun;
  }

  /** Shares the workers that are free among those that wait for nothing but them. */
  #startReady(): void {
    if (this.#stop.signal.aborted) return;
    const ready = this.#begun.filter(
      ({ state, after }) => state === 'waiting' && after.every((earlier) => earlier.state === 'done'),
    );
    for (const [at, begun] of ready.entries()) {
      if (this.#free === 0) return;
      const jobs = Math.max(1, Math.floor(this.#free / (ready.length - at)));
      this.#free -= jobs;
      begun.state = 'running';
      begun.start(jobs);
    }
  }

  async #inOwnSession({ id, up }: Migration, jobs: number): Promise<FilledRows> {
    const signal = AbortSignal.any([this.request.signal, this.#stop.signal]);
    const session = await openSession(this.request.connection, this.applicationName, { signal });
    try {
      return await this.#fill(session, id, 'up', up, jobs);
    } finally {
      await session.close();
    }
  }

  async #fill(session: Session, name: string, direction: Direction, file: SqlFile, jobs: number): Promise<FilledRows> {
    const { request, applicationName } = this;
    const { lockAttempts, lockTotalMs, onEvent } = request;
    const begunAt = Date.now();
    const rows = await runBackfill(session, { name, direction }, file, {
      pace: { ...request.pace, jobs },
      lockAttempts,
      lockTotalMs,
      lockTimeoutMs: file.header.lockTimeoutMs,
      fires: file.header.fires,
      ours: this.#ours,
      openWorker: (stop) => openSession(request.connection, applicationName, { signal: stop }),
      onResume: (done) => {
        onEvent({ type: 'resumed', name, from: `${done} rows done` });
      },
      onRetry: (retry) => {
        onEvent({ type: 'retrying', name, ...retry });
      },
      onProgress: (progress) => {
        onEvent({ type: 'backfill-progress', name, ...progress });
      },
      onWarning: (message) => {
        onEvent({ type: 'warning', name, message });
      },
    });
    return { rows, begunAt };
  }
}
