import { sendBatch, type BatchStatement, type SentBatch } from '../postgres/batch.ts';
import type { Session } from '../postgres/session.ts';
import { statementError } from '../postgres/statement-error.ts';
import type { Statement } from '../sql/parse.ts';
import type { SqlFile } from './sql-file.ts';

/** A file that runs in one transaction. */
export interface Transaction {
  readonly name: string;
  readonly file: SqlFile;
  readonly statements: readonly Statement[];
  /** What tells that it has run, in the same transaction. */
  readonly records: () => readonly BatchStatement[];
}

/** Sends transactions, one of them ahead: behind the one whose turn it is, which has no answer yet. */
export class Ahead {
  #ahead: { readonly name: string; readonly batch: SentBatch } | null = null;
  #sent = 0;

  constructor(private readonly session: Session) {}

  /** Whether this file is under way before it is its turn. */
  holds(name: string): boolean {
    return this.#ahead?.name === name;
  }

  /**
   * Sends a transaction, unless it is under way, and behind it the next one, which runs where this one has.
   *
   * @returns when it has committed; it rejects with `gateShut` where it was ahead, and its gate was not opened
   */
  async send(transaction: Transaction, next: Transaction | undefined): Promise<void> {
    const { batch } = this.holds(transaction.name) && this.#ahead ? this.#ahead : { batch: this.#send(transaction) };
    const gate = gateName(this.#sent);
    this.#ahead = next === undefined ? null : { name: next.name, batch: this.#send(next, gate) };
    await batch.done;
  }

  #send({ file, statements, records }: Transaction, gate?: string): SentBatch {
    const { session } = this;
    const own = statements.map((statement) => ({
      text: statement.text,
      failure: (error: unknown) => statementError(session, file, statement, error),
    }));
    this.#sent += 1;
    const batch = sendBatch(
      session.client,
      [{ text: 'begin' }, lockTimeout(file), ...own, ...records(), { text: 'commit' }],
      { gate, after: session.resetting, opens: gateName(this.#sent) },
    );
    session.resetBehind(batch.after);
    // Whoever's turn it is meets the error; after one that failed, nobody's is.
    batch.done.catch(() => undefined);
    return batch;
  }
}

/** For how long the statements of a transaction wait for each of their locks. */
export function lockTimeout({ header }: SqlFile): BatchStatement {
  return { text: `set local lock_timeout = ${header.lockTimeoutMs}` };
}

function gateName(number: number): string {
  return `rowhouse gate ${number}`;
}
