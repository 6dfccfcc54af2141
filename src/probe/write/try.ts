import { assumeRole, assumeTruth, type SessionSettings, undone } from '../../postgres/impersonate.ts';
import { quoteQualified } from '../../sql/ident.ts';
import type { RunInput } from '../input.ts';
import { type Attempt, attempt, type Failure } from '../session.ts';
import type { Target } from '../target.ts';
import { quietly } from './live.ts';
import { readState, type State } from './state.ts';
import type { Statement } from './transaction.ts';

/** Who tries a statement, and the settings of its session. */
export interface Attacker {
  readonly subject: string;
  readonly settings: SessionSettings;
}

/** A target as one subject finds it. */
export interface Stage extends Attacker {
  readonly target: Target;
  readonly before: State;
}

/** What a statement did: the state before it and after it, in one transaction. */
export interface Tried {
  readonly before: State;
  readonly after: State;
  /** Rows that the server says the statement wrote. */
  readonly rows: number;
}

/** Which stored rows are there when a statement is tried: all, none, one alone by its place, or all but one. */
export type Scenery = 'all' | 'none' | { readonly place: string } | { readonly without: string };

/** Runs one statement as the app role for a subject, in the open scratch transaction, and tells what it did; nothing stays. `prepare` comes last before it. */
export async function tryStatement(
  run: RunInput,
  stage: Stage,
  statement: Statement,
  scenery: Scenery = 'all',
  prepare: (run: RunInput) => Promise<void> = () => Promise.resolve(),
): Promise<Attempt<Tried>> {
  const { target, subject, settings } = stage;
  const { client, appRole, truthRole } = run.session;
  return await undone(client, async () => {
    const prepared = await attempt(async () => {
      if (scenery !== 'all') await quietly(run, () => reduce(run, target, scenery));
      const before = scenery === 'all' ? stage.before : await readState(run, target, subject, stage.before.youngest);
      await prepare(run);
      return before;
    });
    // Here the truth role was refused, and not the attack.
    if (!prepared.ok) return { ok: false, failure: { ...prepared.failure, routine: unprepared } };
    const before = prepared.value;
    return await attempt(async () => {
      await assumeRole(client, appRole, settings);
      const { rowCount } = await client.query(statement.sql, [...statement.values]);
      await assumeTruth(client, truthRole);
      return { before, after: await readState(run, target, subject, stage.before.youngest), rows: rowCount ?? 0 };
    });
  });
}

/** How many rows a statement of the app role writes, without a look at which; nothing stays. */
export async function rowsWritten(
  { session: { client, appRole } }: Pick<RunInput, 'session'>,
  settings: SessionSettings,
  { sql, values }: Statement,
): Promise<Attempt<number>> {
  return await undone(client, () =>
    attempt(async () => {
      await assumeRole(client, appRole, settings);
      return (await client.query(sql, [...values])).rowCount ?? 0;
    }),
  );
}

/** Takes the place of a routine of PostgreSQL where a statement was not tried at all. */
const unprepared = 'rowhouse_reduce';

/** Takes rows out of the way, until the savepoint goes: a statement without a WHERE then hits one row, or a copy of a row meets no key of it. */
async function reduce(run: RunInput, target: Target, scenery: Exclude<Scenery, 'all'>): Promise<void> {
  const from = `delete from ${quoteQualified(target.truth.from)} t`;
  if (scenery === 'none') await run.session.client.query(from);
  else if ('place' in scenery) await run.session.client.query(`${from} where ${placeOf} <> $1`, [scenery.place]);
  else await takeAway(run, target, scenery.without);
}

/** Takes the row at a place out of the way of a copy of it, until the savepoint goes. */
export async function takeAway(
  { session }: Pick<RunInput, 'session'>,
  { truth }: Target,
  place: string,
): Promise<void> {
  await session.client.query(`delete from ${quoteQualified(truth.from)} t where ${atPlace(1)}`, [
    ...placeValues(place),
  ]);
}

/** Where a row is stored, as text over the alias `t`: tells apart rows without a key too. */
export const placeOf = `row(t.tableoid, t.ctid)::pg_catalog.text`;

/** The row at a place, found without looking at the others; its two parameters are `placeValues`. */
export function atPlace(first: number): string {
  return `t.ctid = $${first}::pg_catalog.tid and ${placeOf} = $${first + 1}`;
}

export function placeValues(place: string): readonly [string, string] {
  return [/\(\d+,\d+\)/.exec(place)?.[0] ?? '', place];
}

/** Who refused a statement; `bound` is a partition whose bounds leave no room for such a row. */
export type Refusal = 'policy' | 'constraint' | 'bound' | 'other';

/** Code of users that raises an error, and domains, speak before or instead of the policies, whatever the SQLSTATE says. */
const notConstraints = /^(ExecFindPartition|exec_stmt_raise|domain_|ExecEvalConstraint|ExecEvalJsonCoercion)/;

/**
 * PostgreSQL checks policies before constraints and unique indexes, so that a violated constraint means a policy that let the row pass.
 * Looking for the partition of a new row comes before both. The bounds of a partition that is addressed itself hold for good.
 */
export function refusalOf({ sqlstate, routine }: Failure): Refusal {
  if (routine === 'ExecWithCheckOptions') return 'policy';
  if (routine === 'ExecPartitionCheckEmitError') return 'bound';
  if (routine === unprepared) return 'other';
  if (sqlstate.startsWith('23') && !notConstraints.test(routine ?? '')) return 'constraint';
  return 'other';
}
