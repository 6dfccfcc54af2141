import { readBackfills, type BackfillState } from '../backfill/state.ts';
import { steer, type Change } from '../backfill/control.ts';
import { RowhouseError } from '../domain/errors.ts';
import { lockHolder, type LockHolder } from '../postgres/advisory-lock.ts';
import type { Connection } from '../postgres/connect.ts';
import { withDatabaseContext } from '../postgres/database-error.ts';
import { isRowhouseSchemaCurrent } from '../postgres/rowhouse-schema.ts';
import { openSession, type Session } from '../postgres/session.ts';
import { withReadOnlySession } from './run.ts';

export interface Backfills {
  /** Those that have begun and are not done. */
  readonly backfills: readonly BackfillState[];
  /** The run that is under way. */
  readonly running: LockHolder | null;
}

/** How the backfills of a database go. Reads only, without the lock of a run. */
export async function backfillStatus(connection: Connection): Promise<Backfills> {
  return withReadOnlySession(connection, 'backfill status', async ({ client }) => ({
    backfills: (await isRowhouseSchemaCurrent(client)) ? await readBackfills(client) : [],
    running: await lockHolder(client),
  }));
}

/**
 * Changes how backfills go, from beside the run: it reads what was changed within a second.
 *
 * @param name one of them; null is all
 * @returns the names of those that heed it
 * @throws RowhouseError `no-backfill`
 */
export async function steerBackfill(
  connection: Connection,
  name: string | null,
  change: Change,
): Promise<readonly string[]> {
  const session = await openSession(connection, 'rowhouse backfill');
  try {
    const names = await steerIn(session, name, change);
    if (names.length > 0) return names;
    throw new RowhouseError(
      'usage',
      'no-backfill',
      name === null ? 'No backfill is under way.' : `No backfill ${name} is under way.`,
      { hint: 'See `rowhouse backfill status`.' },
    );
  } catch (error) {
    throw withDatabaseContext(error);
  } finally {
    await session.close();
  }
}

async function steerIn({ client }: Session, name: string | null, change: Change): Promise<readonly string[]> {
  return (await isRowhouseSchemaCurrent(client)) ? steer(client, name, change) : [];
}
