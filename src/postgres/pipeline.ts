/** Sends a query, at once when it is called. */
export type Send = () => Promise<unknown>;

/**
 * Sends queries one behind the other, and waits for no answer in between: together they cost one round trip, on a
 * connection with a pipeline. What comes behind a query that fails is run all the same: only in a transaction it fails too.
 *
 * @throws what the first one that fails throws
 */
export async function sendAll(queries: readonly Send[]): Promise<void> {
  const answers = await Promise.allSettled(queries.map((send) => send()));
  const failed = answers.find((answer) => answer.status === 'rejected');
  if (failed) throw failed.reason;
}
