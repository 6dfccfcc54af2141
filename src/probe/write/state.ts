import type { RunInput } from '../input.ts';
import type { Target } from '../target.ts';
import { truthRows } from '../truth.ts';

/** How many rows of each kind a target holds, and how many of them were written since a moment. */
export interface State {
  readonly own: number;
  readonly foreign: number;
  readonly shared: number;
  readonly foreignWritten: number;
  readonly sharedWritten: number;
  /** The age of the youngest row: what is written behind a new savepoint is younger. */
  readonly youngest: number;
}

/** Older than any row. */
export const ageless = 2_147_483_647;

/**
 * Reads the state of a target as a subject would have it, in one scan, as the truth role.
 * Ids of subtransactions grow: rows that are younger than every row was before a savepoint were written behind it, whatever
 * the same transaction had written before. REPEATABLE READ shows no rows of others that are as young.
 */
export async function readState(run: RunInput, target: Target, subject: string, since: number): Promise<State> {
  const { rows } = await run.session.client.query<
    Record<Exclude<keyof State, 'youngest'>, string> & { youngest: number | null }
  >(
    `select
       pg_catalog.count(*) filter (where not r.f and not r.u) as own,
       pg_catalog.count(*) filter (where r.f) as foreign,
       pg_catalog.count(*) filter (where r.u and not r.f) as shared,
       pg_catalog.count(*) filter (where r.f and r.age < $2) as "foreignWritten",
       pg_catalog.count(*) filter (where r.u and not r.f and r.age < $2) as "sharedWritten",
       pg_catalog.min(r.age) as youngest
     from (
       select (${target.truth.foreign}) as f, (${target.truth.unwritable}) as u, pg_catalog.age(t.xmin) as age
       ${truthRows(target.truth, 'true')} offset 0
     ) r`,
    [subject, since],
  );
  const [row] = rows;
  return {
    own: Number(row?.own),
    foreign: Number(row?.foreign),
    shared: Number(row?.shared),
    foreignWritten: Number(row?.foreignWritten),
    sharedWritten: Number(row?.sharedWritten),
    youngest: row?.youngest ?? ageless,
  };
}
