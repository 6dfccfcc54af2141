import type pg from 'pg';
import type { Session } from './session.ts';

/**
 * What stands between us and the server:
 *
 * - `none`: nothing
 * - `session`: a pooler or a proxy that keeps one server process for as long as we are connected
 * - `transaction`: one that gives each transaction the process that is free: a lock of the session is somebody else's at once
 */
export type Pooling = 'none' | 'session' | 'transaction';

/** What a pooler means for a run. */
export const poolingWords: Readonly<Record<Exclude<Pooling, 'none'>, string>> = {
  session: 'A pooler or proxy stands between, and seems to keep one session for each connection.',
  transaction: 'A pooler gives each transaction another session: the lock of a run would not hold.',
};
export const poolingAdvice = 'Give --database-url the address of the server itself, and not of the pooler.';

/** Whose turn it is: never just one after the other, which two processes could take in turns too. */
const turns = 'AABABBABBAAB';

/**
 * Finds a pooler: the key by which a connection may be cancelled names the server's process, and who stands between has
 * to make one up. Costs nothing where nobody does.
 */
export async function poolingOf(session: Session): Promise<Pooling> {
  const { processID } = session.client as pg.Client & { readonly processID?: number | null };
  if (processID === session.pid) return 'none';
  const other = await session.watcher();
  const seen = { A: new Set<number>(), B: new Set<number>() };
  for (const turn of turns) {
    const client = turn === 'A' ? session.client : other;
    const { rows } = await client.query<{ pid: number }>('select pg_catalog.pg_backend_pid() as pid');
    seen[turn === 'A' ? 'A' : 'B'].add(rows[0]?.pid ?? 0);
  }
  return seen.A.size > 1 || seen.B.size > 1 || [...seen.A].some((pid) => seen.B.has(pid)) ? 'transaction' : 'session';
}
