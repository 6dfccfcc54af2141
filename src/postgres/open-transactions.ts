import type pg from 'pg';
import { loadSql } from '../sql/load.ts';
import { conflicts, type LockMode } from '../sql/lock-mode.ts';
import { describeBlocker } from './blockers.ts';

const openTransactionsSql = loadSql(import.meta.url, './queries/open-transactions.sql');

/** A lock on a relation, or on a partition of it. */
interface HeldLock {
  /** As it was asked for. */
  readonly relation: string;
  readonly mode: LockMode;
}

/** A transaction of another session, or a prepared one, which has no session. */
export interface OpenTransaction {
  readonly pid: number | null;
  /** The identifier of a prepared transaction. */
  readonly prepared: string | null;
  readonly user: string | null;
  readonly applicationName: string | null;
  readonly state: string | null;
  /** ISO 8601, in UTC. */
  readonly since: string | null;
  readonly ageMs: number | null;
  /** Whether it still looks at the database as it was: an index that is built concurrently waits for it. */
  readonly snapshot: boolean;
  /** The start of its current or last statement. */
  readonly query: string | null;
  /** It belongs to another role, and this one may not look: how old it is, is not known. */
  readonly hidden: boolean;
  /** An autovacuum that PostgreSQL ends for whoever has waited for its lock for `deadlock_timeout`. */
  readonly givesWay: boolean;
  /** What it holds of the relations that were asked for. */
  readonly locks: readonly HeldLock[];
}

/**
 * The open transactions of this database but our own, the oldest first.
 *
 * @param relations as SQL writes them; those that do not exist are locked by nobody
 */
export async function readOpenTransactions(
  client: pg.ClientBase,
  relations: readonly string[],
): Promise<OpenTransaction[]> {
  return (await client.query<OpenTransaction>(openTransactionsSql, [relations])).rows;
}

/** The locks of a transaction that keep `mode` on a relation from others. */
export function keepsOut({ locks }: OpenTransaction, relation: string, mode: LockMode): readonly LockMode[] {
  return locks.filter((lock) => lock.relation === relation && conflicts(lock.mode, mode)).map((lock) => lock.mode);
}

/** One line about a transaction. */
export function describeTransaction(transaction: OpenTransaction): string {
  const { pid, prepared, user, since } = transaction;
  if (pid !== null) return describeBlocker({ ...transaction, pid });
  return `the prepared transaction ${prepared ?? '?'} of ${user ?? '?'}, since ${since ?? '?'}`;
}
