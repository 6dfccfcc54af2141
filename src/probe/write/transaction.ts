import { inRolledBackTransaction } from '../../postgres/transaction.ts';
import { assumeRole, assumeTruth, type SessionSettings } from '../../postgres/impersonate.ts';
import type { RunInput } from '../input.ts';
import { type Attempt, attempt, type Failure } from '../session.ts';
import { quoteQualified } from '../../sql/ident.ts';
import type { Target } from '../target.ts';
import { truthRows } from '../truth.ts';
import type { Categories } from './categories.ts';

export interface Statement {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** How many rows of each kind a target holds, and how many of them this transaction wrote. */
export interface State {
  readonly own: number;
  readonly foreign: number;
  readonly shared: number;
  readonly foreignWritten: number;
  readonly sharedWritten: number;
}

/** Runs `body` as the truth role in a transaction of its own, which is rolled back whatever happens. */
export async function scratch<T>(
  { session, writeSettings }: Pick<RunInput, 'session' | 'writeSettings'>,
  body: () => Promise<T>,
): Promise<T> {
  const { client, truthRole } = session;
  const attempted = async (): Promise<T> => {
    for (const [name, value] of Object.entries(writeSettings)) {
      await client.query('select pg_catalog.set_config($1, $2, true)', [name, value]);
    }
    await assumeTruth(client, truthRole);
    return await body();
  };
  // What other sessions commit meanwhile must not look like the work of an attack.
  return await inRolledBackTransaction(client, attempted, 'begin isolation level repeatable read read write');
}

/** Reads the state of a target as a subject would have it, in the open transaction, as the truth role. */
export async function readState(
  run: RunInput,
  target: Target,
  categories: Categories,
  subject: string,
): Promise<State> {
  // Subtransactions, as of triggers, have ids after their transaction's, and REPEATABLE READ shows no other ids after it.
  const written =
    'pg_catalog.age(t.xmin) <= pg_catalog.age(pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.xid)';
  const { rows } = await run.session.client.query<Record<keyof State, string>>(
    `select
       pg_catalog.count(*) filter (where not (${categories.foreign}) and not (${categories.shared})) as own,
       pg_catalog.count(*) filter (where ${categories.foreign}) as foreign,
       pg_catalog.count(*) filter (where ${categories.shared}) as shared,
       pg_catalog.count(*) filter (where (${categories.foreign}) and ${written}) as "foreignWritten",
       pg_catalog.count(*) filter (where (${categories.shared}) and ${written}) as "sharedWritten"
     ${truthRows(target.truth, 'true')}`,
    [subject],
  );
  const [row] = rows;
  return {
    own: Number(row?.own),
    foreign: Number(row?.foreign),
    shared: Number(row?.shared),
    foreignWritten: Number(row?.foreignWritten),
    sharedWritten: Number(row?.sharedWritten),
  };
}

/** What a statement did: the state before it and after it, in one transaction. */
export interface Tried {
  readonly before: State;
  readonly after: State;
}

/** Which stored rows are there when a statement is tried: all, none, or one by its place. */
export type Scenery = 'all' | 'none' | { readonly place: string };

/** Runs one statement as the app role for a subject, and tells what it did; nothing stays. */
export async function tryStatement(
  run: RunInput,
  target: Target,
  categories: Categories,
  { subject, settings }: Attacker,
  statement: Statement,
  scenery: Scenery = 'all',
): Promise<Attempt<Tried>> {
  const { client, appRole, truthRole } = run.session;
  return await scratch(run, async () => {
    const reduced = await attempt(() => reduce(run, target, scenery));
    // Here the truth role was refused, and not the attack.
    if (!reduced.ok) return { ok: false, failure: { ...reduced.failure, routine: unprepared } };
    return await attempt(async () => {
      const before = await readState(run, target, categories, subject);
      await assumeRole(client, appRole, settings);
      await client.query(statement.sql, [...statement.values]);
      await assumeTruth(client, truthRole);
      return { before, after: await readState(run, target, categories, subject) };
    });
  });
}

/** Takes the place of a routine of PostgreSQL where a statement was not tried at all. */
const unprepared = 'rowhouse_reduce';

/** Who tries a statement, and the settings of its session. */
export interface Attacker {
  readonly subject: string;
  readonly settings: SessionSettings;
}

/** Takes the other rows out of the way, for the rest of the transaction: a statement without a WHERE then hits one row. */
async function reduce(run: RunInput, { truth }: Target, scenery: Scenery): Promise<void> {
  if (scenery === 'all') return;
  const from = `delete from ${quoteQualified(truth.from)} t`;
  const others = scenery === 'none' ? '' : ` where ${placeOf} <> $1`;
  await run.session.client.query(from + others, scenery === 'none' ? [] : [scenery.place]);
}

/** Where a row is stored, as text over the alias `t`: tells apart rows without a key too. */
export const placeOf = `row(t.tableoid, t.ctid)::pg_catalog.text`;

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
