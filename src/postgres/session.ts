import type pg from 'pg';
import { RowhouseError } from '../domain/errors.ts';
import type { BatchStatement } from './batch.ts';
import { blockersOf, type Blocker } from './blockers.ts';
import { connect, type Connection } from './connect.ts';
import { databaseError } from './database-error.ts';

/**
 * A session that changes a database: one connection that does the work, and a second one, opened when it is first
 * needed, that looks at the first from outside (who blocks it) and can cancel it.
 */
export interface Session {
  /** It sends a query at once, though the one before has no answer yet: what need not wait for an answer does not cost a round trip. */
  readonly client: pg.Client;
  readonly pid: number;
  /** Who the working connection waits for right now; empty where that cannot be told. */
  blockers(): Promise<Blocker[]>;
  /** The connection that looks on, for what must be seen or told while the working one is busy. */
  watcher(): Promise<pg.Client>;
  /** Forgets what a file has set in the session. */
  reset(): Promise<void>;
  /** What does that, a statement each, for who sends it along with others. */
  readonly resetting: readonly BatchStatement[];
  /** Tells that it is under way: the next `reset` only waits for it. Where it is refused, that one sends it again. */
  resetBehind(after: Promise<boolean>): void;
  /** @throws RowhouseError `cancelled` once the caller's signal is aborted */
  throwIfCancelled(): void;
  readonly signal: AbortSignal;
  close(): Promise<void>;
}

/**
 * - discard temp: a temporary table that a file has left would hide the real one of that name from the next file.
 * - row_security off: a FORCEd owner gets an error and not 0 rows.
 * - client_connection_check_interval: the server notices a killed client in the middle of a statement, and lets go of its locks.
 * - datestyle and the like: checkpoint keys are text, and must be read back as they were written.
 */
const settings = [
  'reset session authorization',
  'reset role',
  'reset all',
  'close all',
  'deallocate all',
  'discard temp',
  'set row_security = off',
  'set statement_timeout = 0',
  'set idle_in_transaction_session_timeout = 0',
  'set idle_session_timeout = 0',
  "set datestyle = 'ISO, YMD'",
  "set intervalstyle = 'postgres'",
  'set extra_float_digits = 1',
  "set bytea_output = 'hex'",
];
const checking = "set client_connection_check_interval = '1s'";

export async function openSession(
  connection: Connection,
  applicationName: string,
  options: { readonly readOnly?: boolean; readonly signal?: AbortSignal } = {},
): Promise<Session> {
  const signal = options.signal ?? new AbortController().signal;
  const client = await connect(connection, applicationName, { pipeline: true });
  const { pid, resets } = await prepare(client, options.readOnly === true).catch(async (error: unknown) => {
    await client.end().catch(() => undefined);
    throw databaseError(error);
  });
  let behind: Promise<boolean> | null = null;
  const reset = async () => {
    const done = behind;
    behind = null;
    if ((await done) !== true) await client.query(resets.join('; '));
  };
  let watcher: Promise<pg.Client> | null = null;
  const watch = () => (watcher ??= connect(connection, `${applicationName} (watching)`));
  const cancel = () => {
    watch()
      .then((client) => client.query('select pg_catalog.pg_cancel_backend($1)', [pid]))
      .catch(() => undefined);
  };
  signal.addEventListener('abort', cancel);
  return {
    client,
    pid,
    signal,
    reset,
    resetting: resets.map((text) => ({ text })),
    resetBehind: (after) => {
      behind = after;
    },
    watcher: watch,
    blockers: () =>
      watch().then(
        (client) => blockersOf(client, pid),
        () => [],
      ),
    throwIfCancelled: () => {
      if (signal.aborted) throw cancelledError();
    },
    close: async () => {
      signal.removeEventListener('abort', cancel);
      await Promise.allSettled([client.end(), watcher?.then((client) => client.end())]);
    },
  };
}

/** Makes a new session as a run wants it. @returns its process, and the statements that make it so again */
async function prepare(client: pg.Client, readOnly: boolean): Promise<{ pid: number; resets: readonly string[] }> {
  const { rows } = await client.query<{ pid: number; can_check: boolean; bounds_transactions: boolean }>(
    `select pg_catalog.pg_backend_pid() as pid,
            exists (select from pg_catalog.pg_settings as s where s.name = 'transaction_timeout') as bounds_transactions,
            exists (select from pg_catalog.pg_settings as s
                     where s.name = 'client_connection_check_interval' and s.context = 'user') as can_check`,
  );
  const { pid = 0, can_check: canCheck = false, bounds_transactions: boundsTransactions = false } = rows[0] ?? {};
  // Some platforms cannot poll a socket, and refuse any value but 0.
  const checks =
    canCheck &&
    (await client.query(checking).then(
      () => true,
      () => false,
    ));
  const resets = [
    ...settings,
    // Since 17.
    ...(boundsTransactions ? ['set transaction_timeout = 0'] : []),
    ...(checks ? [checking] : []),
    ...(readOnly ? ['set default_transaction_read_only = on'] : []),
  ];
  await client.query(resets.join('; '));
  return { pid, resets };
}

/**
 * Until the open transaction ends, is the role that logged in, whatever a file has made of the session: only that one
 * may write in the schema `rowhouse`.
 */
export const becomeLoginRole: readonly BatchStatement[] = [
  { text: 'set local session authorization default' },
  { text: 'set local role to default' },
];

/** @param where the file that was at work, where one was */
export function cancelledError(cause?: unknown, where?: string): RowhouseError {
  return new RowhouseError('cancelled', 'cancelled', `Cancelled${where === undefined ? '' : ` in ${where}`}.`, {
    hint: 'What was done stays done; run the same command again to go on.',
    cause,
  });
}
