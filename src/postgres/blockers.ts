import type pg from 'pg';
import { loadSql } from '../sql/load.ts';

const blockersSql = loadSql(import.meta.url, './queries/blockers.sql');

/** A session that another one waits for. */
export interface Blocker {
  readonly pid: number;
  readonly user: string | null;
  readonly applicationName: string | null;
  readonly state: string | null;
  /** Start of its transaction, ISO 8601 in UTC. */
  readonly since: string | null;
  /** The start of its current or last statement. */
  readonly query: string | null;
}

/** The sessions that `pid` waits for at this moment: `pg_blocking_pids`. Ask on another connection. */
export async function blockersOf(client: pg.ClientBase, pid: number): Promise<Blocker[]> {
  const { rows } = await client.query<Blocker>(blockersSql, [pid]);
  return rows;
}

/** One line about a blocker. */
export function describeBlocker(blocker: Blocker): string {
  const name = blocker.applicationName ? ` (${blocker.applicationName})` : '';
  return `pid ${blocker.pid} of ${blocker.user ?? '?'}${name}, ${blocker.state ?? '?'}, in a transaction since ${blocker.since ?? '?'}: ${blocker.query ?? '?'}`;
}
