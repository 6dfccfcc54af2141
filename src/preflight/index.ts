import type { Check } from './check.ts';
import { diskSpace } from './checks/disk-space.ts';
import { duration } from './checks/duration.ts';
import { firingTriggers } from './checks/firing-triggers.ts';
import { history } from './checks/history.ts';
import { invalidIndexes } from './checks/invalid-indexes.ts';
import { longTransactions } from './checks/long-transactions.ts';
import { pooler } from './checks/pooler.ts';
import { privileges } from './checks/privileges.ts';
import { replicationSlots } from './checks/replication-slots.ts';
import { rowSecurity } from './checks/row-security.ts';
import { runLock } from './checks/run-lock.ts';
import { server } from './checks/server.ts';
import { settings } from './checks/settings.ts';
import { synchronousStandby } from './checks/synchronous-standby.ts';
import { walArchive } from './checks/wal-archive.ts';

/** Every check, in the order in which they are told of. */
export const checks: readonly Check[] = [
  server,
  pooler,
  runLock,
  history,
  privileges,
  rowSecurity,
  settings,
  synchronousStandby,
  replicationSlots,
  walArchive,
  diskSpace,
  longTransactions,
  invalidIndexes,
  firingTriggers,
  duration,
];
