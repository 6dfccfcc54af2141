import { randomInt } from 'node:crypto';
import type pg from 'pg';
import { messageOf } from '../../domain/errors.ts';
import { inTransaction } from '../../postgres/transaction.ts';

/** What a client makes in its session, and the next client may find: each harmless, and taken away again. */
export type Leftover = 'setting' | 'statement' | 'cursor' | 'lock';

/** What one client leaves to another one that the same server process serves after it. */
export interface Reuse {
  readonly survives: readonly Leftover[];
  /** Why it could not be told, or null. */
  readonly obstacle: string | null;
}

/** As often do two clients take turns before their server processes count as apart. */
const turns = 8;
/** Turns after which nothing more is expected of a server process that stays with its client. */
const steadyTurns = 3;
/** A pool that has no server process left makes its clients wait. */
const patienceMs = 3000;

/** Two keys that no application has by chance: `row` and `hous`. */
const lockKeys = [0x726f_7700, 0x686f_7573] as const;

const takeAway: Readonly<Record<Leftover, string>> = {
  setting: 'reset rowhouse.reuse',
  statement: 'deallocate rowhouse_reuse',
  cursor: 'close rowhouse_reuse',
  lock: `select pg_catalog.pg_advisory_unlock(${lockKeys.join(', ')})`,
};

const lookSql = `
  select
    pg_catalog.pg_backend_pid() as pid,
    coalesce(pg_catalog.current_setting('rowhouse.reuse', true) = $1, false) as setting,
    exists (select from pg_catalog.pg_prepared_statements where name = 'rowhouse_reuse') as statement,
    exists (select from pg_catalog.pg_cursors where name = 'rowhouse_reuse') as cursor,
    exists (
      select from pg_catalog.pg_locks
      where locktype = 'advisory' and pid = pg_catalog.pg_backend_pid() and classid = $2 and objid = $3
    ) as lock`;

type Look = Readonly<Record<Leftover, boolean>> & { readonly pid: number };

/**
 * Has one client leave things behind and looks for them as others: while it is still there, as a pooler by transactions hands its
 * server process on, and after it has gone, as one by sessions does. No setting, statement or lock of the application is touched.
 */
export async function observeReuse(open: () => Promise<pg.Client>): Promise<Reuse> {
  const clients: pg.Client[] = [];
  const opened = async (): Promise<pg.Client> => {
    const client = await inTime(open());
    clients.push(client);
    return client;
  };
  const token = String(randomInt(2 ** 47));
  const survives = new Set<Leftover>();
  try {
    const first = await opened();
    const found = await takeTurns(first, opened, token);
    for (const leftover of found.survives) survives.add(leftover);
    await inTime(leave(first, token));
    await first.end();
    for (const leftover of kindsOf(await inTime(lookAndClean(await opened(), token)))) survives.add(leftover);
    return { survives: [...survives], obstacle: survives.size === 0 ? found.obstacle : null };
  } catch (error) {
    return { survives: [...survives], obstacle: `Sessions of other clients could not be tried: ${messageOf(error)}.` };
  } finally {
    // One that still waits for a server process must not make us wait.
    for (const client of clients) void client.end().catch(() => undefined);
  }
}

async function takeTurns(first: pg.Client, open: () => Promise<pg.Client>, token: string): Promise<Reuse> {
  const second = await open();
  const processes = new Set<number>();
  for (let turn = 1; turn <= turns; turn += 1) {
    processes.add(await inTime(leave(first, token)));
    const look = await Promise.race([lookAndClean(second, token), waiting()]);
    await inTime(lookAndClean(first, token));
    // By sessions, the pool keeps its last server process for the client that has it.
    if (look === null) break;
    if (processes.has(look.pid)) return { survives: kindsOf(look), obstacle: null };
    if (processes.size === 1 && turn >= steadyTurns) break;
  }
  const obstacle =
    processes.size > 1
      ? 'Clients share server processes, and none was met by two of them: nothing could be left.'
      : null;
  return { survives: [], obstacle };
}

/** @returns the server process in which it was left */
async function leave(client: pg.Client, token: string): Promise<number> {
  return await inTransaction(client, async () => {
    const { rows } = await client.query<{ pid: number }>(
      `select pg_catalog.pg_backend_pid() as pid, pg_catalog.set_config('rowhouse.reuse', $1, false),
         pg_catalog.pg_try_advisory_lock($2, $3)`,
      [token, ...lockKeys],
    );
    await client.query('prepare rowhouse_reuse as select 1; declare rowhouse_reuse cursor with hold for select 1');
    return rows[0]?.pid ?? 0;
  });
}

async function lookAndClean(client: pg.Client, token: string): Promise<Look> {
  return await inTransaction(client, async () => {
    const { rows } = await client.query<Look>(lookSql, [token, ...lockKeys]);
    const [look] = rows;
    if (look === undefined) throw new TypeError('The look returned no row.');
    for (const leftover of kindsOf(look)) await client.query(takeAway[leftover]);
    return look;
  });
}

function kindsOf(look: Look): readonly Leftover[] {
  return (['setting', 'statement', 'cursor', 'lock'] as const).filter((leftover) => look[leftover]);
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  const done = await Promise.race([work, waiting()]);
  if (done === null) throw new Error(`no answer within ${patienceMs / 1000} seconds`);
  return done;
}

function waiting(): Promise<null> {
  return new Promise((resolve) => {
    setTimeout(resolve, patienceMs, null).unref();
  });
}
