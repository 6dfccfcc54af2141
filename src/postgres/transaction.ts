import type pg from 'pg';

/** Runs `body` in one transaction: committed when it returns, rolled back when it throws. */
export async function inTransaction<T>(client: pg.ClientBase, body: () => Promise<T>, begin = 'begin'): Promise<T> {
  await client.query(begin);
  try {
    const result = await body();
    await client.query('commit');
    return result;
  } catch (error) {
    await rollbackQuietly(client);
    throw error;
  }
}

/** Runs `body` in one transaction that leaves nothing behind. */
export async function inRolledBackTransaction<T>(
  client: pg.ClientBase,
  body: () => Promise<T>,
  begin = 'begin',
): Promise<T> {
  await client.query(begin);
  try {
    return await body();
  } finally {
    await rollbackQuietly(client);
  }
}

/** The error that led here matters more than a rollback that fails with it, as on a lost connection. */
export async function rollbackQuietly(client: pg.ClientBase): Promise<void> {
  await client.query('rollback').catch(() => undefined);
}
