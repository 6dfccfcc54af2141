import { formatBytes } from '../../domain/bytes.ts';
import { formatQualified, quoteIdent } from '../../sql/ident.ts';
import { ok, refused, warning, type Check, type Verdict } from '../check.ts';
import type { Facts, Setting } from '../facts.ts';
import { known } from '../known.ts';
import { roomOf } from '../room.ts';

/** So many checkpoints are forced by a backfill before it is worth a word. */
const manyCheckpoints = 4;

export const settings: Check = {
  id: 'settings',
  looksAt: 'settings of the server, the database and the role that get in the way of a run',
  beforeRun: true,
  judge: (facts) => {
    const { server } = facts;
    if (server.settings['default_transaction_read_only']?.value === 'on' && !server.standby) {
      return refused('Transactions of this role are read-only here (default_transaction_read_only).', {
        advice: 'Set it back, wherever it was set: for the role, the database, or the server.',
        sql: [
          `alter role ${quoteIdent(server.user)} reset default_transaction_read_only;`,
          `alter database ${quoteIdent(server.database)} reset default_transaction_read_only;`,
        ],
      });
    }
    const found = [...autovacuum(facts), ...checkpoints(facts)];
    const [first] = found;
    if (first === undefined) return ok('None gets in the way; sessions of a run set their own timeouts.');
    return found.length === 1
      ? first
      : warning(`${found.length} settings make a backfill dearer than it need be.`, {
          details: found.flatMap(({ message, details = [] }) => [message, ...details]),
          sql: found.flatMap(({ sql = [] }) => sql),
        });
  },
};

function autovacuum({ server, work, relations }: Facts): readonly Verdict[] {
  const backfills = known(work).backfills;
  const off = ['autovacuum', 'track_counts'].find((name) => server.settings[name]?.value === 'off');
  if (off !== undefined) {
    return [
      warning(`Autovacuum does nothing on this server (${off} is off): old versions of filled rows stay.`, {
        sql: [`alter system set ${off} = on;`, 'select pg_reload_conf();'],
      }),
    ];
  }
  const tables = known(relations);
  const without = [...new Set(backfills.map(({ relation }) => relation))].flatMap((relation) => {
    const facts = tables.get(relation);
    return facts?.autovacuumOff === true ? { facts, relation } : [];
  });
  if (without.length === 0) return [];
  return [
    warning('Autovacuum is off for tables that are to be filled: old versions of their rows stay.', {
      details: without.map(({ facts }) => formatQualified(facts)),
      sql: without.map(({ relation }) => `alter table ${relation} reset (autovacuum_enabled);`),
    }),
  ];
}

function checkpoints({ server, work, relations }: Facts): readonly Verdict[] {
  const most = bytesOf(server.settings['max_wal_size']);
  const { wal } = roomOf(known(work), known(relations));
  if (most === null || wal < manyCheckpoints * most) return [];
  return [
    warning(
      `About ${formatBytes(wal)} of WAL will be written, and max_wal_size is ${formatBytes(most)}: that is a checkpoint, and every page in full again, some ${Math.round(wal / most)} times.`,
      { sql: [`alter system set max_wal_size = '${Math.ceil((most * 4) / 2 ** 30)}GB';`, 'select pg_reload_conf();'] },
    ),
  ];
}

/** A size in bytes, by a setting that is one; null where it is unlimited, or nobody may see it. */
export function bytesOf(setting: Setting | undefined): number | null {
  if (setting?.bytes == null) return null;
  const value = Number(setting.value);
  return value < 0 ? null : value * setting.bytes;
}
