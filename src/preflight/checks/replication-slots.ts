import { formatBytes } from '../../domain/bytes.ts';
import { usualReplicaLag } from '../../domain/wal-limits.ts';
import { formatIdent, formatQualified, quoteLiteral } from '../../sql/ident.ts';
import { ok, warning, type Check } from '../check.ts';
import type { Facts, Replica, Slot } from '../facts.ts';
import { known } from '../known.ts';

/** Rows that were removed so many transactions ago and are still kept. */
const manyTransactions = 1_000_000;

export const replicationSlots: Check = {
  id: 'replication-slots',
  looksAt: 'replicas and slots: what keeps WAL or old rows, is far behind, or knows no new columns',
  beforeRun: true,
  judge: (facts) => {
    const { slots, replicas } = known(facts.replication);
    const published = publishedTables(facts);
    const details = [...slots.flatMap(slotLine), ...replicas.flatMap(replicaLine), ...published];
    if (details.length === 0) {
      const count = `${slots.length} slot${slots.length === 1 ? '' : 's'}, ${replicas.length} replica${replicas.length === 1 ? '' : 's'}`;
      return ok(slots.length + replicas.length === 0 ? 'There are none.' : `${count}, none of which is in the way.`);
    }
    const dead = slots.filter(({ active }) => !active);
    return warning(summary(dead, published), {
      details,
      advice:
        dead.length > 0
          ? 'Drop a slot that nobody will come back for, or the WAL of a backfill stays until the disk is full.'
          : 'A backfill waits for replicas (--max-replica-lag); add new columns on subscribers first.',
      sql: dead.map(({ name }) => `select pg_drop_replication_slot(${quoteLiteral(name).trim()});`),
    });
  },
};

function summary(dead: readonly Slot[], published: readonly string[]): string {
  if (dead.length > 0)
    return `${dead.length} slot${dead.length === 1 ? '' : 's'} that nobody reads: ${dead.length === 1 ? 'it keeps' : 'they keep'} all WAL from now on.`;
  return published.length > 0
    ? 'Tables that pending files change are published.'
    : 'Replicas are behind, or keep old rows.';
}

function slotLine({ name, type, active, keeps, oldRows }: Slot): readonly string[] {
  const old = oldRows !== null && oldRows > manyTransactions;
  if (active && !old) return [];
  const facts = [
    active ? 'is read' : 'nobody reads it',
    keeps === null ? null : `keeps ${formatBytes(keeps)} of WAL`,
    old ? `keeps rows that were removed ${oldRows.toLocaleString('en')} transactions ago` : null,
  ];
  return [`${type} slot ${formatIdent(name)}: ${facts.filter(Boolean).join(', ')}`];
}

function replicaLine({ name, state, lag, oldRows }: Replica): readonly string[] {
  const behind = lag !== null && lag > usualReplicaLag;
  const old = oldRows !== null && oldRows > manyTransactions;
  if (!behind && !old) return [];
  const facts = [
    behind ? `${formatBytes(lag)} behind` : null,
    old ? `keeps rows that were removed ${oldRows.toLocaleString('en')} transactions ago (hot_standby_feedback)` : null,
  ];
  return [`replica ${name || 'without a name'} (${state ?? '?'}): ${facts.filter(Boolean).join(', ')}`];
}

/** Changes of a table's columns do not reach its subscribers by themselves. */
function publishedTables({ work, relations }: Facts): readonly string[] {
  const tables = known(relations);
  const changed = new Set(
    known(work).locks.flatMap(({ relation, mode }) => (mode === 'AccessExclusive' ? relation : [])),
  );
  return [...changed].flatMap((relation) => {
    const facts = tables.get(relation);
    if (facts === undefined || facts.publications.length === 0) return [];
    return `${formatQualified(facts)} is published by ${facts.publications.join(', ')}: a column that it gets is to be added on subscribers first`;
  });
}
