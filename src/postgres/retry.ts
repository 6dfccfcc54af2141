import { setTimeout as sleep } from 'node:timers/promises';
import { formatDuration } from '../domain/duration.ts';
import { RowhouseError } from '../domain/errors.ts';
import { describeBlocker, type Blocker } from './blockers.ts';
import { sqlstate, sqlstateOf } from './database-error.ts';
import type { Session } from './session.ts';

/** How long and how often something is tried while others are in its way. */
export interface Patience {
  readonly attempts: number;
  /** No try begins later than this after the first one, in milliseconds. */
  readonly totalMs: number;
}

/** One more try is about to be made. */
export interface Retry {
  readonly reason: string;
  readonly attempt: number;
  readonly attempts: number;
  readonly waitMs: number;
  readonly blockers: readonly Blocker[];
}

const reasons: Readonly<Record<string, string>> = {
  [sqlstate.lockNotAvailable]: 'a lock was not to be had in time',
  [sqlstate.deadlockDetected]: 'a deadlock with another session',
  [sqlstate.serializationFailure]: 'a concurrent change',
};

/** The error that a try ended with, and who was in its way. */
class BlockedError extends Error {
  constructor(
    override readonly cause: unknown,
    readonly reason: string,
    readonly blockers: readonly Blocker[],
  ) {
    super(reason);
  }
}

/**
 * Runs `body` until it succeeds, so often and so long as `options` say, while what stops it is a lock that others hold, a
 * deadlock or a serialization failure. `body` must leave nothing behind when it throws. It waits between two tries, twice
 * as long each time (100 ms to 5 s, with jitter), so that the queue behind our lock request drains.
 *
 * @throws RowhouseError `lock-timeout` with the blockers, after the last try; any other error at once
 */
export async function retrying<T>(
  session: Session,
  options: Patience & { readonly lockTimeoutMs: number; readonly onRetry: (retry: Retry) => void },
  body: () => Promise<T>,
): Promise<T> {
  const { attempts, totalMs } = options;
  const started = Date.now();
  // Opened beforehand: by the time that a short lock timeout is over, a new connection would have seen nothing.
  session.watcher().catch(() => undefined);
  let blockers: readonly Blocker[] = [];
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await watchingBlockers(session, options.lockTimeoutMs, body);
    } catch (error) {
      if (!(error instanceof BlockedError)) throw error;
      // Under load the look may come too late for one attempt: the last ones seen are most likely still in the way.
      if (error.blockers.length > 0) blockers = error.blockers;
      const waitMs = Math.round(Math.min(5000, 100 * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2));
      const elapsedMs = Date.now() - started;
      if (attempt >= attempts || elapsedMs + waitMs > totalMs) {
        throw exhausted(error, blockers, { tries: attempt, elapsedMs, lockTimeoutMs: options.lockTimeoutMs });
      }
      options.onRetry({ reason: error.reason, attempt: attempt + 1, attempts, waitMs, blockers });
      await sleep(waitMs, undefined, { signal: session.signal }).catch(() => undefined);
      session.throwIfCancelled();
    }
  }
}

/** After a lock time-out nobody blocks any more: who it was must be asked while it waits. */
async function watchingBlockers<T>(session: Session, lockTimeoutMs: number, body: () => Promise<T>): Promise<T> {
  let blockers: readonly Blocker[] = [];
  let looking = false;
  const look = () => {
    if (looking) return;
    looking = true;
    void session.blockers().then(
      (seen) => {
        if (seen.length > 0) blockers = seen;
        looking = false;
      },
      () => {
        looking = false;
      },
    );
  };
  const timer = setInterval(look, Math.max(20, lockTimeoutMs * 0.4));
  try {
    return await body();
  } catch (error) {
    const reason = reasons[blockedState(error) ?? ''];
    throw reason === undefined ? error : new BlockedError(error, reason, blockers);
  } finally {
    clearInterval(timer);
  }
}

/** The SQLSTATE of an error or of what caused it. */
function blockedState(error: unknown): string | null {
  return sqlstateOf(error) ?? (error instanceof Error && error.cause !== undefined ? sqlstateOf(error.cause) : null);
}

function exhausted(
  error: BlockedError,
  seen: readonly Blocker[],
  { tries, elapsedMs, lockTimeoutMs }: Readonly<Record<'tries' | 'elapsedMs' | 'lockTimeoutMs', number>>,
): RowhouseError {
  const at = error.cause instanceof RowhouseError ? `${error.cause.message}\n${error.cause.detail ?? ''}` : '';
  const blockers = seen.map((blocker) => `blocked by ${describeBlocker(blocker)}`);
  const times = tries === 1 ? 'once' : `${tries} times`;
  return new RowhouseError(
    'database',
    'lock-timeout',
    `Gave up after ${formatDuration(elapsedMs)}, having tried ${times}, ${lockTimeoutMs} ms each: ${error.reason}.`,
    {
      detail: [at.trim(), ...blockers].filter(Boolean).join('\n'),
      hint: 'Wait for the blockers or end them, then run the same command again: it goes on from here.',
      cause: error.cause,
    },
  );
}
