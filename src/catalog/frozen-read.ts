import type pg from 'pg';

/**
 * Runs reads of the catalog in one repeatable read transaction with an empty search path, so that PostgreSQL prints every name qualified.
 * Within a caller's transaction a savepoint takes its place: settings return to what they were, and the isolation level is the caller's.
 */
export async function frozenRead<T>(client: pg.ClientBase, read: () => Promise<T>): Promise<T> {
  const nested = client.getTransactionStatus() === 'T';
  await client.query(nested ? 'savepoint rowhouse_read' : 'begin isolation level repeatable read, read only');
  const undo = nested ? 'rollback to savepoint rowhouse_read; release savepoint rowhouse_read' : 'rollback';
  try {
    await client.query(`select pg_catalog.set_config('search_path', '', true)`);
    const result = await read();
    await client.query(undo);
    return result;
  } catch (error) {
    // A lost connection cannot be rolled back, and its error says more than that of the rollback.
    await client.query(undo).catch(() => undefined);
    throw error;
  }
}
