import { formatDuration } from '../../domain/duration.ts';
import { describeTransaction, keepsOut, type OpenTransaction } from '../../postgres/open-transactions.ts';
import { formatIdent, formatWritten, quoteIdent, quoteLiteral } from '../../sql/ident.ts';
import { keepsFrom } from '../../sql/lock-mode.ts';
import { ok, unknown, warning, type Check } from '../check.ts';
import { known } from '../known.ts';
import type { Demand } from '../work.ts';

/** From so old on, a transaction is in the way of VACUUM and of index builds. */
const old = 60_000;
/** One that holds what a file needs is told of sooner: it is as old as a statement waits. */
const patient = 500;

export const longTransactions: Check = {
  id: 'long-transactions',
  looksAt: `transactions open for more than ${formatDuration(old)}, and those that hold what pending files lock`,
  beforeRun: true,
  judge: ({ server: { user }, work, transactions }) => {
    const demands = known(work).locks.filter(({ mode }) => keepsFrom(mode) !== null);
    const open = known(transactions).filter(({ givesWay }) => !givesWay);
    const found = open.flatMap((transaction) => {
      const holds = whatItHolds(transaction, demands);
      const age = transaction.ageMs ?? 0;
      return age > old || (age > patient && holds.length > 0) ? { transaction, holds } : [];
    });
    const hidden = open.filter((transaction) => transaction.hidden).length;
    if (found.length > 0) {
      return warning(
        found.length === 1
          ? 'A transaction is open that a run would wait for.'
          : `${found.length} transactions are open that a run would wait for.`,
        {
          details: found.flatMap(({ transaction, holds }) => [
            describeTransaction(transaction),
            ...holds.map((line) => `  ${line}`),
          ]),
          advice: 'Let them end, or end them: locks are not to be had, and old row versions and index builds wait.',
          sql: found.map(({ transaction }) => ending(transaction)),
        },
      );
    }
    if (hidden > 0) {
      return unknown(
        `Of ${hidden} session${hidden === 1 ? '' : 's'} of other roles it cannot be seen how long ${hidden === 1 ? 'its transaction is' : 'their transactions are'} open.`,
        { advice: 'Let the role see them.', sql: [`grant pg_read_all_stats to ${quoteIdent(user)};`] },
      );
    }
    return ok(`None that ${formatIdent(user)} would wait for.`);
  },
};

function whatItHolds(transaction: OpenTransaction, demands: readonly Demand[]): readonly string[] {
  const lines = demands.flatMap(({ relation, mode, at }) =>
    keepsOut(transaction, relation, mode).map(
      (held) => `holds ${held} on ${formatWritten(relation)}; ${at} needs ${mode}`,
    ),
  );
  // One file often says the same of a table many times.
  return lines.length > 3 ? [...lines.slice(0, 3), `and ${lines.length - 3} more`] : lines;
}

function ending({ pid, prepared }: OpenTransaction): string {
  return pid === null
    ? `rollback prepared ${quoteLiteral(prepared ?? '').trim()};`
    : `select pg_terminate_backend(${pid});`;
}
