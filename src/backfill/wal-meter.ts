/** How fast WAL is written, by all of the server together. */
export interface WalPace {
  /** Bytes a second, of late; null at first. */
  readonly rate: number | null;
  /** Bytes that were written beyond what the limit has allowed since: nothing may be written until they are worked off. */
  readonly debt: number;
}

/** Measures how fast WAL is written, by looking where its end is. */
export class WalMeter {
  #last: { readonly position: number; readonly at: number } | null = null;
  #debt = 0;

  /** @param limit bytes a second; null where it does not matter */
  seen(position: number | null, at: number, limit: number | null): WalPace {
    const last = this.#last;
    if (position === null) return { rate: null, debt: 0 };
    this.#last = { position, at };
    if (last === null || at <= last.at) return { rate: null, debt: this.#debt };
    const written = position - last.position;
    const seconds = (at - last.at) / 1000;
    this.#debt = limit === null ? 0 : Math.max(0, this.#debt + written - limit * seconds);
    return { rate: written / seconds, debt: this.#debt };
  }
}
