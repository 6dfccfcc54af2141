import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { RowhouseError } from '../domain/errors.ts';
import { loadSql } from '../sql/load.ts';

/**
 * The lock of a run: a session-level advisory lock of two keys, per database.
 * https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
 * It lives on the migrating session itself, so it ends with it, whatever kills it.
 */
const key = [0x526f_7768, 1] as const;

const holderSql = loadSql(import.meta.url, './queries/lock-holder.sql');

/** Who holds the lock, as pg_stat_activity tells it. */
export interface LockHolder {
  readonly pid: number;
  readonly user: string | null;
  readonly applicationName: string | null;
  readonly clientAddress: string | null;
  readonly since: string | null;
  readonly state: string | null;
  readonly query: string | null;
}

/** Who holds the lock of this database, or null. */
export async function lockHolder(client: pg.ClientBase): Promise<LockHolder | null> {
  const { rows } = await client.query<LockHolder>(holderSql, [...key]);
  return rows[0] ?? null;
}

/**
 * Takes the lock, asking again and again for `waitMs`: a waiting `pg_advisory_lock` would hold a snapshot
 * that CREATE INDEX CONCURRENTLY of the holder waits for.
 *
 * @throws RowhouseError `locked`, naming the holder
 */
export async function acquireLock(
  client: pg.ClientBase,
  options: {
    readonly waitMs: number;
    readonly onWait?: (holder: LockHolder | null) => void;
    readonly signal?: AbortSignal;
  },
): Promise<void> {
  const deadline = Date.now() + options.waitMs;
  let told = false;
  for (;;) {
    const { rows } = await client.query<{ locked: boolean }>(
      'select pg_catalog.pg_try_advisory_lock($1, $2) as locked',
      [...key],
    );
    if (rows[0]?.locked) return;
    const holder = await lockHolder(client);
    if (Date.now() >= deadline) throw lockedError(holder);
    if (!told) options.onWait?.(holder);
    told = true;
    await sleep(Math.min(200, Math.max(1, deadline - Date.now())), undefined, { signal: options.signal });
  }
}

/** One line about the holder. */
export function describeHolder(holder: LockHolder): string {
  const where = holder.clientAddress ?? 'a local socket';
  return `pid ${holder.pid}, ${holder.applicationName || 'no application name'}, user ${holder.user ?? '?'} from ${where}, connected since ${holder.since ?? '?'}, ${holder.state ?? '?'}`;
}

function lockedError(holder: LockHolder | null): RowhouseError {
  return new RowhouseError('locked', 'locked', 'Another run holds the lock of this database.', {
    detail: holder ? describeHolder(holder) : 'Its session is not visible to this role.',
    hint: 'Wait for it, give --lock-wait more time, or look with `rowhouse unlock`.',
  });
}
