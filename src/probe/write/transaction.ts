import { inRolledBackTransaction } from '../../postgres/transaction.ts';
import { assumeRole, assumeTruth } from '../../postgres/impersonate.ts';
import type { RunInput } from '../input.ts';
import { type Attempt, attempt, type Failure } from '../session.ts';
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
export async function scratch<T>(run: RunInput, body: () => Promise<T>): Promise<T> {
  const { client, truthRole } = run.session;
  return await inRolledBackTransaction(client, async () => {
    for (const [name, value] of Object.entries(run.writeSettings)) {
      await client.query('select pg_catalog.set_config($1, $2, true)', [name, value]);
    }
    await assumeTruth(client, truthRole);
    return await body();
  });
}

/** Reads the state of a target as a subject would have it, in the open transaction, as the truth role. */
export async function readState(
  run: RunInput,
  target: Target,
  categories: Categories,
  subject: string,
): Promise<State> {
  // A row that a subtransaction wrote carries that one's xid: statements are tried without savepoints.
  const written = 't.xmin = pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.xid';
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

/** Runs one statement as the app role for a subject, and tells the state that it left; nothing stays. */
export async function tryStatement(
  run: RunInput,
  target: Target,
  categories: Categories,
  subject: string,
  statement: Statement,
): Promise<Attempt<State>> {
  const { client, appRole, truthRole } = run.session;
  return await scratch(run, () =>
    attempt(async () => {
      await assumeRole(client, appRole, run.contextOf(subject));
      await client.query(statement.sql, [...statement.values]);
      await assumeTruth(client, truthRole);
      return await readState(run, target, categories, subject);
    }),
  );
}

/** Who refused a statement. */
export type Refusal = 'policy' | 'constraint' | 'other';

/**
 * PostgreSQL checks policies before constraints and unique indexes, so that a violated constraint means a policy that let the row pass.
 * Looking for the partition of a new row comes before both.
 */
export function refusalOf({ sqlstate, routine }: Failure): Refusal {
  if (routine === 'ExecWithCheckOptions') return 'policy';
  if (sqlstate.startsWith('23') && routine !== 'ExecFindPartition') return 'constraint';
  return 'other';
}
