import { setTimeout as sleep } from 'node:timers/promises';
import { RowhouseError } from '../domain/errors.ts';
import type { Session } from '../postgres/session.ts';
import type { BackfillId } from './checkpoint.ts';
import { exchange, type Control } from './control.ts';
import type { Aim, Pace } from './pace.ts';
import { calm, heldBack, readPressure, restAfter, slowedBy, type Limits, type Pressure } from './throttle.ts';
import { WalMeter } from './wal-meter.ts';

/** How often the database is looked at, and told. */
const intervalMs = 500;
/** Over how many looks the rate is taken: batches come in bursts where they have a share of the time. */
const rateLooks = 20;

/** How far all workers together are. */
export interface Progress {
  readonly rows: number;
  readonly fraction: number | null;
}

/**
 * What all batches of a backfill pass through: it looks on from its own connection, tells others how the backfill goes,
 * and holds batches back while they ask for it or the database is under pressure.
 */
export class Gate {
  #control: Control = { paused: false, cancelled: false, batchSize: null, batchMs: null, load: null };
  #pressure: Pressure = calm;
  #meter = new WalMeter();
  /** How often it was looked, so that each worker heeds what was seen once. */
  #looks = 0;
  #heeded = new Map<Pace, number>();
  /** How many rows were done when it was last looked. */
  #seen: readonly { readonly rows: number; readonly at: number }[] = [];
  #rate: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> = Promise.resolve();

  constructor(
    private readonly session: Session,
    private readonly id: BackfillId,
    /** The table, quoted. */
    private readonly table: string,
    private readonly aim: Aim,
    private readonly limits: Limits,
    /** The sessions of the workers. */
    private readonly pids: readonly number[],
    /** Those of the run, of backfills beside this one too. */
    private readonly ours: Set<number>,
    private readonly progress: () => Progress,
    /** Called now and then while no batch may begin. */
    private readonly onHeld: () => void,
  ) {}

  /** Rows a second, of late; null at first. */
  get rate(): number | null {
    return this.#rate;
  }

  /** Why no batch may begin now; null where one may. */
  get heldBy(): string | null {
    return this.#control.paused ? 'paused' : heldBack(this.#pressure, this.#limits);
  }

  /** Why it is not as fast as it might be. */
  get slowedBy(): string | null {
    return this.heldBy ?? slowedBy(this.#pressure);
  }

  async open(): Promise<void> {
    this.#seen = [{ rows: this.progress().rows, at: Date.now() }];
    for (const pid of this.pids) this.ours.add(pid);
    await this.#look();
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.#look());
    }, intervalMs);
  }

  async close(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    await this.#looking;
    for (const pid of this.pids) this.ours.delete(pid);
  }

  /**
   * Waits until the next batch may begin, and tells the pace what others want.
   *
   * @param batchMs how long the last batch of this worker took
   * @throws RowhouseError `cancelled`
   */
  async pass(pace: Pace, batchMs: number, signal: AbortSignal): Promise<void> {
    await pause(restAfter(batchMs, this.#pressure, this.#limits), signal);
    while (this.heldBy !== null && !this.#control.cancelled && !signal.aborted) await pause(intervalMs / 2, signal);
    if (this.#control.cancelled) {
      throw new RowhouseError('cancelled', 'backfill-cancelled', 'Cancelled by `rowhouse backfill cancel`.', {
        hint: 'What was done stays done; `rowhouse migrate` goes on, `rowhouse rollback` gives it up.',
      });
    }
    const { batchSize, batchMs: ms } = this.#control;
    pace.steer({ size: batchSize ?? (ms === null ? this.aim.size : null), ms: ms ?? this.aim.ms });
    if (this.#pressure.waiting > 0 && this.#heeded.get(pace) !== this.#looks) pace.halve();
    this.#heeded.set(pace, this.#looks);
  }

  get #limits(): Limits {
    return { ...this.limits, load: this.#control.load ?? this.limits.load };
  }

  /** Best effort: where nobody can look, nothing is held back. */
  async #look(): Promise<void> {
    const { rows, fraction } = this.progress();
    const now = Date.now();
    const [first] = this.#seen;
    if (first && now > first.at) this.#rate = ((rows - first.rows) * 1000) / (now - first.at);
    this.#seen = [...this.#seen, { rows, at: now }].slice(-rateLooks);
    try {
      const watcher = await this.session.watcher();
      this.#pressure = await readPressure(watcher, this.pids, this.ours, this.table, this.#meter, this.limits);
      this.#looks += 1;
      const standing = { fraction, rate: this.#rate, heldBy: this.slowedBy };
      this.#control = (await exchange(watcher, this.id, standing)) ?? this.#control;
      if (this.heldBy !== null) this.onHeld();
    } catch {
      this.#pressure = calm;
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms >= 1) await sleep(ms, undefined, { signal }).catch(() => undefined);
}
