import { setTimeout as sleep } from 'node:timers/promises';
import { keepsOut, readOpenTransactions, type OpenTransaction } from '../postgres/open-transactions.ts';
import { sqlstateOf } from '../postgres/database-error.ts';
import type { Session } from '../postgres/session.ts';
import { inTransaction } from '../postgres/transaction.ts';
import { quoteWritten } from '../sql/ident.ts';
import { conflicts, keepsFrom, lockOn, type LockMode } from '../sql/lock-mode.ts';
import { locksTaken } from '../sql/locks.ts';
import type { CreateStmt, Node, Statement } from '../sql/parse.ts';
import type { OnRunEvent } from './events.ts';
import { isConcurrentBuild } from './sql-file.ts';

/** What a statement needs that others may keep from it. */
interface Wanted {
  /** As SQL writes it. */
  readonly relation: string;
  readonly mode: LockMode;
  /** Whether others would have to wait behind us. */
  readonly felt: boolean;
  /** Whether any old snapshot is in its way. */
  readonly noSnapshot: boolean;
}

/** How often it looks while it waits. */
const intervalMs = 200;
/** What VACUUM takes; readers and writers do not feel it. */
const vacuums = 'ShareUpdateExclusive';
/** How long PostgreSQL takes to end an autovacuum that somebody waits for, once it has seen it. */
const endingMs = 1000;

/**
 * Looks for long transactions in the way of a statement before it asks for its locks: whoever waits in the queue of a
 * lock makes everybody behind it wait too, and an index that is built concurrently waits for every old snapshot.
 */
export class Lookout {
  /** When there was no other transaction at all. */
  #quietAt = -Infinity;
  /** The tables that this run makes, as SQL writes them: nobody has had the time to be long in their way. */
  #ours = new Set<string>();

  constructor(
    private readonly session: Session,
    private readonly waitMs: number,
    private readonly onEvent: OnRunEvent,
  ) {}

  /**
   * Waits for transactions that are older than the statements would wait for their locks, and says so. What is still
   * there at the end meets the lock timeout. Call it outside a transaction.
   */
  async ahead(name: string, statements: readonly Statement[], lockTimeoutMs: number): Promise<void> {
    const wanted = this.#wanted(statements, this.#ours);
    if (wanted.length === 0) return;
    const deadline = Date.now() + this.waitMs;
    let told = '';
    // What was not there a moment ago is younger than that.
    while (performance.now() - this.#quietAt > lockTimeoutMs) {
      const open = await this.#look(wanted);
      const transactions = open.filter(({ ageMs, givesWay }) => !givesWay && (ageMs ?? 0) > lockTimeoutMs);
      if (transactions.length === 0) {
        await this.#letGiveWay(open);
        return;
      }
      const waitMs = Math.max(0, deadline - Date.now());
      const these = JSON.stringify(transactions.map(({ pid, prepared }) => [pid, prepared]));
      if (these !== told) this.onEvent({ type: 'in-the-way', name, transactions, waitMs });
      told = these;
      if (waitMs === 0) return;
      await sleep(Math.min(intervalMs, waitMs), undefined, { signal: this.session.signal }).catch(() => undefined);
      this.session.throwIfCancelled();
    }
  }

  /** Whether nothing can be in the way of the statements: then it has looked ahead of them. */
  isClear(statements: readonly Statement[]): boolean {
    const ours = new Set(this.#ours);
    if (this.#wanted(statements, ours).length > 0) return false;
    this.#ours = ours;
    return true;
  }

  /** What the statements want of tables that others know. @param ours to which the tables that they make are added */
  #wanted(statements: readonly Statement[], ours: Set<string>): readonly Wanted[] {
    return statements.flatMap(({ node }) => {
      const wanted = wantedBy(node).filter(({ relation, noSnapshot }) => noSnapshot || !ours.has(relation));
      if ('CreateStmt' in node) for (const name of madeBy(node.CreateStmt)) ours.add(name);
      return wanted;
    });
  }

  /** The open transactions that keep something from us. */
  async #look(wanted: readonly Wanted[]): Promise<OpenTransaction[]> {
    const now = performance.now();
    const relations = [...new Set(wanted.map(({ relation }) => relation))];
    const open = await readOpenTransactions(this.session.client, relations);
    if (open.length === 0) this.#quietAt = now;
    return open.filter((transaction) =>
      wanted.some(
        ({ relation, mode, felt, noSnapshot }) =>
          (noSnapshot && transaction.snapshot && !transaction.givesWay) ||
          ((felt || transaction.givesWay) && keepsOut(transaction, relation, mode).length > 0),
      ),
    );
  }

  /**
   * PostgreSQL ends an autovacuum for whoever has waited for its lock for `deadlock_timeout`, which is longer than a lock
   * timeout should be. So somebody waits whom nobody has to wait behind. Best effort: LOCK TABLE needs a privilege.
   */
  async #letGiveWay(open: readonly OpenTransaction[]): Promise<void> {
    const { client } = this.session;
    const held = open.filter(({ givesWay }) => givesWay).flatMap(({ locks }) => locks);
    for (const relation of new Set(held.map((lock) => lock.relation))) {
      await inTransaction(client, async () => {
        await client.query(
          `select pg_catalog.set_config('lock_timeout', (s.setting::integer + $1)::text, true)
             from pg_catalog.pg_settings as s
            where s.name = 'deadlock_timeout'`,
          [endingMs],
        );
        await client.query(`lock table ${relation} in share update exclusive mode`);
      }).catch((error: unknown) => {
        if (sqlstateOf(error) === null) throw error;
        this.session.throwIfCancelled();
      });
    }
  }
}

/** The table that is new; none where it may have been there, or is one of the session's own beside another one. */
function madeBy({ relation, if_not_exists: perhapsThere }: CreateStmt): readonly string[] {
  if (perhapsThere === true || relation?.relpersistence === 't') return [];
  return lockOn(relation, 'AccessExclusive').map((lock) => quoteWritten(lock.relation));
}

/** The locks that others feel or a VACUUM holds; what a concurrent build waits for is as if it asked for one that lets nobody write. */
function wantedBy(node: Node): readonly Wanted[] {
  const noSnapshot = isConcurrentBuild(node);
  return locksTaken(node)
    .filter(({ mode }) => conflicts(vacuums, mode))
    .map(({ relation, mode }) => ({
      relation: quoteWritten(relation),
      mode: noSnapshot ? 'Share' : mode,
      felt: noSnapshot || keepsFrom(mode) !== null,
      noSnapshot,
    }));
}
