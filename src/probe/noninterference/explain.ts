import { undone, type SessionSettings } from '../../postgres/impersonate.ts';
import { quoteIdent, quoteQualified } from '../../sql/ident.ts';
import { nameOf } from '../../catalog/lookup.ts';
import type { Relation } from '../../catalog/snapshot.ts';
import type { RunInput } from '../input.ts';
import type { Disturbance } from './disturb.ts';
import { refresh } from './matviews.ts';
import type { Observable } from './observable.ts';
import { observeAll, readRows, type Observation, sameObservation } from './observe.ts';
import type { Affected } from './tables.ts';

/** An answer that changed with rows of others. */
export interface Difference {
  readonly observable: Observable;
  readonly subject: string | null;
  readonly disturbance: Disturbance;
  readonly before: Observation;
  readonly after: Observation;
}

export interface Leak extends Difference {
  /** The tables whose rows made the difference, as far as they could be told apart. */
  readonly tables: readonly string[];
  /** Some of the tenants whose rows they were. */
  readonly owners: readonly string[];
  /** They were of nobody but people whom the subject meets in another tenant. */
  readonly acquainted: boolean;
  /** Rows of the answer that were there only before, and only after; some of them, as text. */
  readonly gone: readonly string[];
  readonly come: readonly string[];
}

/** Tables that are tried one by one for the one that makes the difference. */
const triedTables = 20;
/** Rows that evidence holds, and how much of each. */
const [namedRows, textLimit] = [5, 200];

/** Finds out which table's rows made a difference, and in which rows of the answer it shows. */
export async function explain(
  run: RunInput,
  settings: SessionSettings,
  difference: Difference,
  affected: readonly Affected[],
  matviews: readonly Relation[],
): Promise<Leak> {
  const { observable, disturbance, subject, before } = difference;
  const { reach } = observable;
  const possible = affected.filter(
    ({ table, foreign }) => foreign.length > 0 && (reach.dynamic || reach.relations.has(table.relation.oid)),
  );
  const after = async <T>(tables: readonly Affected[], look: () => Promise<T>): Promise<T> =>
    await undone(run.session.client, async () => {
      await disturbance.apply(run, tables, subject);
      await refresh(run, matviews);
      return await look();
    });
  let guilty: readonly Affected[] = possible;
  for (const one of possible.slice(0, triedTables)) {
    const observed = (await after([one], () => observeAll(run, settings, [observable]))).get(observable);
    if (observed === undefined || sameObservation(before, observed)) continue;
    guilty = [one];
    break;
  }
  const rowsBefore = await readRows(run, settings, observable);
  const rowsAfter = await after(guilty, () => readRows(run, settings, observable));
  return {
    ...difference,
    tables: guilty.map(({ table }) => table.name),
    owners: await ownersOf(run, guilty),
    acquainted: false,
    gone: without(rowsBefore, rowsAfter),
    come: without(rowsAfter, rowsBefore),
  };
}

async function ownersOf({ session }: RunInput, guilty: readonly Affected[]): Promise<readonly string[]> {
  const [one] = guilty;
  const column = one?.table.intent.tenantColumn;
  if (one === undefined || guilty.length > 1 || column === null || column === undefined) return [];
  const { rows } = await session.client.query<{ owner: string }>(
    `select distinct t.${quoteIdent(column)}::pg_catalog.text as owner
     from only ${quoteQualified(nameOf(one.table.relation))} t
     where t.ctid = any ($1::pg_catalog.tid[]) and t.${quoteIdent(column)} is not null order by 1 limit ${namedRows}`,
    [one.foreign],
  );
  return rows.map(({ owner }) => owner);
}

/** The rows of `a` that `b` does not have. */
function without(a: readonly string[], b: readonly string[]): readonly string[] {
  const there = new Set(b);
  return a
    .filter((row) => !there.has(row))
    .slice(0, namedRows)
    .map((row) => row.slice(0, textLimit));
}
