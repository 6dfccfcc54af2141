import { sendAll, type Send } from './pipeline.ts';
import type { Session } from './session.ts';
import { rollbackQuietly } from './transaction.ts';

/**
 * Transactions that follow each other, each in a clean session and in few round trips: all of one goes in a single one, and
 * BEGIN of the next with it.
 *
 * BEGIN is waited for before anything is sent into the transaction: if it failed, as a cancel may make it, the rest would run
 * without it. COMMIT is not: where a query has failed it ends the transaction as ROLLBACK does, and locks are held for no
 * longer than the server needs.
 */
export class Transactions {
  #begun = false;

  constructor(private readonly session: Session) {}

  /**
   * Runs queries in one transaction. None of them may go back to a savepoint: COMMIT would keep what came after a failure.
   *
   * @param next whether another one follows: then nothing else may ask the session for anything before `leave`
   */
  async send(queries: readonly Send[], next: boolean): Promise<void> {
    const { client } = this.session;
    if (!this.#begun) await this.#begin();
    this.#begun = false;
    const sent = sendAll([...queries, () => client.query('commit')]);
    // Where the next one could not begin, it tries again when its time comes.
    const following = next
      ? this.#begin().then(
          () => true,
          () => false,
        )
      : false;
    const [done, begun] = await Promise.allSettled([sent, following]);
    this.#begun = begun.status === 'fulfilled' && begun.value;
    if (done.status === 'fulfilled') return;
    await this.leave();
    throw done.reason;
  }

  /** Ends what has begun, and in which nothing was done, before anything else is asked of the session. */
  async leave(): Promise<void> {
    if (this.#begun) await rollbackQuietly(this.session.client);
    this.#begun = false;
  }

  async #begin(): Promise<void> {
    const { client } = this.session;
    try {
      await sendAll([() => this.session.reset(), () => client.query('begin')]);
    } catch (error) {
      if (client.getTransactionStatus() !== 'I') await rollbackQuietly(client);
      throw error;
    }
  }
}
