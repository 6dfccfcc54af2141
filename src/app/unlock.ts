import { lockHolder, type LockHolder } from '../postgres/advisory-lock.ts';
import type { Connection } from '../postgres/connect.ts';
import { openSession } from '../postgres/session.ts';
import { withDatabaseContext } from '../postgres/database-error.ts';

/** Who holds the lock of a run, or null. */
export async function findLockHolder(connection: Connection): Promise<LockHolder | null> {
  return withSession(connection, (client) => lockHolder(client));
}

/**
 * Ends the session `pid`, if it is still the one that holds the lock: its open transaction is rolled back.
 *
 * @returns whether it was ended
 */
export async function terminateLockHolder(connection: Connection, pid: number): Promise<boolean> {
  return withSession(connection, async (client) => {
    const holder = await lockHolder(client);
    if (holder?.pid !== pid) return false;
    const { rows } = await client.query<{ ended: boolean }>('select pg_catalog.pg_terminate_backend($1) as ended', [
      pid,
    ]);
    return rows[0]?.ended === true;
  });
}

async function withSession<T>(
  connection: Connection,
  body: (client: Awaited<ReturnType<typeof openSession>>['client']) => Promise<T>,
): Promise<T> {
  const session = await openSession(connection, 'rowhouse unlock');
  try {
    return await body(session.client);
  } catch (error) {
    throw withDatabaseContext(error);
  } finally {
    await session.close();
  }
}
