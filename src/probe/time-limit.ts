import { performance } from 'node:perf_hooks';

/** The time of a verification is over, in the middle of a probe. */
export class TimeLimitReached extends Error {
  constructor() {
    super('The time limit of the verification was reached.');
  }
}

/** When a verification has to have come to its end, whatever is left to look at. */
export class TimeLimit {
  readonly #end: number;

  constructor(
    readonly limitMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#end = now() + limitMs;
  }

  isOver(): boolean {
    return this.now() >= this.#end;
  }

  /** @throws TimeLimitReached where it is over */
  enforce(): void {
    if (this.isOver()) throw new TimeLimitReached();
  }

  /** What one statement may take: its own limit, or the rest of the time where that is less. */
  statementMs(limitMs: number): number {
    return Math.max(1, Math.min(limitMs, Math.ceil(this.#end - this.now())));
  }

  /** The next of `count` things of about one size that are still to be done. */
  share(count: number): TimeLimit {
    return new TimeLimit(Math.max(0, this.#end - this.now()) / Math.max(1, count), this.now);
  }
}
