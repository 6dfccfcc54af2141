/** How many of the last batches the mean is taken of. */
const remembered = 5;
const most = 100_000;

/** What a pace goes by. */
export interface Aim {
  /** Rows of each batch; null where the time decides. */
  readonly size: number | null;
  /** How long a batch should take. */
  readonly ms: number;
}

/** The size of a worker's batches: as told, or what takes the time that it should, by the mean of the last ones. */
export class Pace {
  #batches: { readonly size: number; readonly ms: number }[] = [];
  #aim: Aim;
  #size: number;
  #limit = most;

  /** @param start rows of the first batch, where the time decides */
  constructor(aim: Aim, start: number) {
    this.#aim = aim;
    this.#size = aim.size ?? start;
  }

  /** Rows of the next batch. */
  get size(): number {
    return Math.min(this.#size, this.#limit);
  }

  /** Whether the time decides. */
  get adapts(): boolean {
    return this.#aim.size === null;
  }

  /** Goes by something else from now on. */
  steer(aim: Aim): void {
    if (aim.size === this.#aim.size && aim.ms === this.#aim.ms) return;
    this.#aim = aim;
    this.#size = aim.size ?? this.#size;
  }

  /** Learns from a batch that has committed; the size at most doubles or halves. */
  ran(size: number, ms: number): void {
    this.#limit = Math.min(most, this.#limit * 2);
    if (!this.adapts) return;
    this.#batches = [...this.#batches, { size, ms }].slice(-remembered);
    const rows = this.#batches.reduce((sum, batch) => sum + batch.size, 0);
    const time = this.#batches.reduce((sum, batch) => sum + batch.ms, 0);
    const fitting = (rows / Math.max(1, time)) * this.#aim.ms;
    const next = Math.max(this.#size / 2, Math.min(this.#size * 2, fitting));
    this.#size = Math.max(1, Math.min(most, Math.round(next)));
  }

  /** Half as many, after a time-out or where others wait for us: what the last batches took is no guide any more. */
  halve(): void {
    if (!this.adapts) return;
    this.#batches = [];
    this.#size = Math.max(1, Math.floor(this.#size / 2));
  }

  /** Half of a batch that failed, whatever the pace is: it doubles again with each one that does not. */
  narrow(size: number): void {
    this.#limit = Math.max(1, Math.floor(size / 2));
  }
}
