import { gateShut, runBatch } from '../postgres/batch.ts';
import { sqlstateOf } from '../postgres/database-error.ts';
import { inTransaction, rollbackQuietly } from '../postgres/transaction.ts';
import { lockTimeout, type Transaction } from './ahead.ts';
import type { Run } from './run.ts';
import { runStatement } from './statement.ts';

/**
 * Runs a file's statements with its records: all at once, or one by one where somebody looks at what each has done.
 *
 * @param next what is sent behind it, where something may be
 */
export async function runInOneTransaction(run: Run, transaction: Transaction, next?: Transaction): Promise<void> {
  const { session, ahead } = run;
  const { client } = session;
  if (run.watchStatement !== undefined) {
    const { file, statements, records } = transaction;
    session.throwIfCancelled();
    await inTransaction(client, async () => {
      await runBatch(client, [lockTimeout(file)]);
      for (const statement of statements) await runStatement(run, file, statement);
      await runBatch(client, records());
    });
    return;
  }
  const gated = ahead.holds(transaction.name);
  if (!gated) session.throwIfCancelled();
  try {
    await ahead.send(transaction, session.signal.aborted ? undefined : next);
  } catch (error) {
    await rollbackQuietly(client);
    // What is no part of a transaction, such as PREPARE, would be in the way of another try.
    await session.reset().catch(() => undefined);
    if (!gated || sqlstateOf(error) !== gateShut) throw error;
    // The one before it is done, but nothing behind that, as where a cancel came in between.
    await runInOneTransaction(run, transaction, next);
  }
}
