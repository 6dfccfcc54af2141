/**
 * Sends queries one behind the other, and waits for no answer in between: together they cost one round trip, on a
 * connection with a pipeline.
 *
 * Only in a transaction that has begun: what comes behind a query that fails is run all the same, and there it fails too.
 * Leave the end of the transaction to the caller, who knows whether all went well.
 *
 * @param queries each sends its query as soon as it is called
 * @throws what the first one that fails throws
 */
export async function sendAll(queries: readonly (() => Promise<unknown>)[]): Promise<void> {
  const answers = await Promise.allSettled(queries.map((send) => send()));
  const failed = answers.find((answer) => answer.status === 'rejected');
  if (failed) throw failed.reason;
}
