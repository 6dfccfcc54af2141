import pg from 'pg';

/** A statement of a batch: exactly one, as the protocol wants it. */
export interface BatchStatement {
  readonly text: string;
  /** The values of `$1` and so on. */
  readonly values?: readonly (string | null)[];
  /** What is thrown where it fails, of what the server or the connection threw. */
  readonly failure?: (error: unknown) => unknown;
}

/**
 * Runs statements one behind the other in a single round trip. Where one fails, the server passes over all that is behind
 * it: with BEGIN in front and COMMIT at the end, either all of them have run or none counts. The transaction is open then,
 * unless it was BEGIN that failed: roll back.
 *
 * That is how the extended protocol treats what comes before a Sync; of each of node-postgres' own queries it has one.
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 *
 * @returns how many rows each has changed; the rows that they return are nobody's
 */
export function runBatch(client: pg.ClientBase, statements: readonly BatchStatement[]): Promise<readonly number[]> {
  return new Promise((resolve, reject) => {
    client.query(new Batch(statements, resolve, reject));
  });
}

/** node-postgres calls its methods with the server's answers, as it does with those of its own queries. */
class Batch extends pg.Query {
  readonly #changed: number[] = [];

  constructor(
    private readonly statements: readonly BatchStatement[],
    private readonly resolve: (changed: readonly number[]) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    super('');
  }

  /** Sends all of it at once, so that nothing can come in between. */
  override readonly submit = (connection: pg.Connection): void => {
    connection.stream.cork();
    for (const { text, values = [] } of this.statements) {
      connection.parse({ name: '', text, types: [] }, true);
      connection.bind({ values: [...values] }, true);
      connection.execute(null, true);
    }
    connection.sync();
    connection.stream.uncork();
  };

  handleCommandComplete({ text }: { readonly text: string }): void {
    // Such as `INSERT 0 1`; other words have no number at their end.
    this.#changed.push(Number(/ (\d+)$/.exec(text)?.[1] ?? 0));
  }

  handleRowDescription(): void {
    // Nobody has asked for one.
  }

  handleDataRow(): void {
    // Nobody reads it.
  }

  handleError(error: unknown): void {
    const failed = this.statements[this.#changed.length];
    this.reject(failed?.failure?.(error) ?? error);
  }

  handleReadyForQuery(): void {
    this.resolve(this.#changed);
    this.emit('end');
  }
}
