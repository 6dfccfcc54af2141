import pg from 'pg';
import { assumeRole, type SessionSettings, undone } from '../../postgres/impersonate.ts';
import { type Fingerprint, type FingerprintRow, parseFingerprint, sameFingerprint } from '../fingerprint.ts';
import type { RunInput } from '../input.ts';
import { attempt, type Failure, failureOf } from '../session.ts';
import type { Observable } from './observable.ts';

/** An answer: rows, or an error. */
export type Observation =
  { readonly ok: true; readonly rows: Fingerprint } | { readonly ok: false; readonly failure: Failure };

export type Observations = ReadonlyMap<Observable, Observation>;

/** No call takes longer, in milliseconds. */
const callTimeout = 10_000;
/** Rows that are looked at one by one where two answers differ. */
const examinedRows = 1000;

export function sameObservation(a: Observation, b: Observation): boolean {
  if (a.ok && b.ok) return sameFingerprint(a.rows, b.rows);
  return !a.ok && !b.ok && a.failure.sqlstate === b.failure.sqlstate && a.failure.message === b.failure.message;
}

/** What the app role gets under `settings` in the open transaction, each answer by itself. */
export async function observeAll(
  run: RunInput,
  settings: SessionSettings,
  observables: readonly Observable[],
): Promise<Observations> {
  const observed = new Map<Observable, Observation>();
  for (const mayWrite of [false, true]) {
    const some = observables.filter((observable) => observable.mayWrite === mayWrite);
    if (some.length === 0) continue;
    await asApp(run, settings, mayWrite, async () => {
      for (const observable of some) observed.set(observable, await observeOne(run, observable));
    });
  }
  return observed;
}

/** The rows of an answer as text, up to a bound; none where it is an error. */
export async function readRows(
  run: RunInput,
  settings: SessionSettings,
  { from, row, values, mayWrite }: Observable,
): Promise<readonly string[]> {
  const sql = `select ${row}::pg_catalog.text as row from ${from} limit ${examinedRows}`;
  const read = await attempt(() =>
    asApp(
      run,
      settings,
      mayWrite,
      async () => (await run.session.client.query<{ row: string }>(sql, [...values])).rows,
    ),
  );
  return read.ok ? read.value.map((found) => found.row) : [];
}

async function asApp<T>(
  { session, limits, timeLimit }: RunInput,
  settings: SessionSettings,
  mayWrite: boolean,
  body: () => Promise<T>,
): Promise<T> {
  const { client, appRole } = session;
  return await undone(client, async () => {
    const limit = timeLimit.statementMs(Math.min(callTimeout, limits.statementTimeoutMs));
    await client.query(`select pg_catalog.set_config('statement_timeout', $1, true)`, [String(limit)]);
    await assumeRole(client, appRole, settings);
    // Whatever a function is declared to be, here it cannot write; a sequence would keep its step after a rollback.
    if (!mayWrite) await client.query('set local transaction_read_only = on');
    return await body();
  });
}

async function observeOne({ session: { client } }: RunInput, observable: Observable): Promise<Observation> {
  const { from, row, values } = observable;
  const hash = `pg_catalog.hashtextextended(${row}::pg_catalog.text, 0)`;
  const sql = `select pg_catalog.count(*)::pg_catalog.text as rows, coalesce(pg_catalog.sum(${hash}), 0)::pg_catalog.text as hash from ${from}`;
  try {
    const { rows } = await undone(client, () => client.query<FingerprintRow>(sql, [...values]));
    return { ok: true, rows: parseFingerprint(rows[0]) };
  } catch (error) {
    const failure = failureOf(error);
    // A row that fails is of one's own, and shows what was drawn for it: an id, or a time.
    const more =
      error instanceof pg.DatabaseError
        ? [error.detail, error.hint].filter((part) => part && !part.startsWith('Failing row contains'))
        : [];
    return { ok: false, failure: { ...failure, message: [failure.message, ...more].join('. ') } };
  }
}
