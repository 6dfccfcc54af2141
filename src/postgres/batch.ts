import pg from 'pg';

/** A statement of a batch: exactly one, as the protocol wants it. */
export interface BatchStatement {
  readonly text: string;
  /** The values of `$1` and so on. */
  readonly values?: readonly (string | null)[];
  /** What is thrown where it fails, of what the server or the connection threw. */
  readonly failure?: (error: unknown) => unknown;
}

/** What is sent around the statements of a batch. */
export interface Around {
  /** The gate that another batch opens: where it stays shut, nothing of this one runs, and it fails with `gateShut`. */
  readonly gate?: string | undefined;
  /** Runs when the statements have, and undoes nothing of them where it fails. */
  readonly after?: readonly BatchStatement[];
  /** The gate that is open when all of this batch has run: a name that no other has had on this connection. */
  readonly opens?: string;
}

/** A batch that is under way. */
export interface SentBatch {
  /** How many rows each statement has changed; the rows that they return are nobody's. */
  readonly done: Promise<readonly number[]>;
  /** Whether what comes after them has run, too. It never rejects. */
  readonly after: Promise<boolean>;
}

/** invalid_sql_statement_name: nobody has prepared it. */
export const gateShut = '26000';

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
  return sendBatch(client, statements).done;
}

/**
 * Sends a batch, behind others that have no answer yet where the client pipelines its queries. A gate is a prepared
 * statement: the batch in front prepares it as the last that it does, so it is not there where anything of that has failed.
 */
export function sendBatch(
  client: pg.ClientBase,
  statements: readonly BatchStatement[],
  around: Around = {},
): SentBatch {
  let whole: (ran: boolean) => void = () => undefined;
  const after = new Promise<boolean>((resolve) => {
    whole = resolve;
  });
  const done = new Promise<readonly number[]>((resolve, reject) => {
    client.query(new Batch(statements, around, { resolve, reject, whole }));
  });
  return { done, after };
}

interface Outcome {
  resolve(changed: readonly number[]): void;
  reject(error: unknown): void;
  whole(ran: boolean): void;
}

/** node-postgres calls its methods with the server's answers, as it does with those of its own queries. */
class Batch extends pg.Query {
  readonly #changed: number[] = [];

  constructor(
    private readonly statements: readonly BatchStatement[],
    private readonly around: Around,
    private readonly outcome: Outcome,
  ) {
    super('');
  }

  /** Sends all of it at once, so that nothing can come in between. */
  override readonly submit = (connection: pg.Connection): void => {
    const { gate, after = [], opens } = this.around;
    connection.stream.cork();
    if (gate !== undefined) {
      connection.bind({ statement: gate, values: [] }, true);
      connection.execute(null, true);
    }
    for (const { text, values = [] } of [...this.statements, ...after]) {
      connection.parse({ name: '', text, types: [] }, true);
      connection.bind({ values: [...values] }, true);
      connection.execute(null, true);
    }
    if (opens !== undefined) connection.parse({ name: opens, text: '', types: [] }, true);
    connection.sync();
    connection.stream.uncork();
  };

  /** The gate is no command. */
  handleEmptyQuery(): void {
    // It has opened.
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    // Such as `INSERT 0 1`; other words have no number at their end.
    this.#changed.push(Number(/ (\d+)$/.exec(text)?.[1] ?? 0));
    if (this.#changed.length === this.statements.length) this.outcome.resolve([...this.#changed]);
  }

  handleRowDescription(): void {
    // Nobody has asked for one.
  }

  handleDataRow(): void {
    // Nobody reads it.
  }

  handleError(error: unknown): void {
    const failed = this.statements[this.#changed.length];
    // Of no effect where the statements have run, and it was what comes after them.
    this.outcome.reject(failed?.failure?.(error) ?? error);
    this.outcome.whole(false);
  }

  handleReadyForQuery(): void {
    this.outcome.whole(true);
    this.emit('end');
  }
}
