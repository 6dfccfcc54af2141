import type pg from 'pg';
import { undone } from './impersonate.ts';

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

/** Runs `body` in one transaction that leaves nothing behind; where one is open already, a savepoint takes its place. */
export async function inRolledBackTransaction<T>(
  client: pg.ClientBase,
  body: () => Promise<T>,
  begin = 'begin',
): Promise<T> {
  if (client.getTransactionStatus() === 'T') return await undone(client, body);
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
