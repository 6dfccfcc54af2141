import type pg from 'pg';
import { descendantsOf } from '../../catalog/lookup.ts';
import { assumeRole, assumeTruth, undone } from '../../postgres/impersonate.ts';
import { quoteIdent } from '../../sql/ident.ts';
import type { RunInput } from '../input.ts';
import { type Attempt, attempt } from '../session.ts';
import type { Target } from '../target.ts';
import { truthRows } from '../truth.ts';
import { quietly } from './live.ts';
import type { Sample } from './material.ts';
import { ageless, readState, type State } from './state.ts';
import type { Statement } from './transaction.ts';
import { takeAway } from './try.ts';

/** Does something as a subject, looks as the truth role, and undoes all. */
export type Doing = <T>(look: () => Promise<T>) => Promise<Attempt<T>>;

/** The table and the place of a row of which a statement makes a copy: it is out of the way for that. */
export interface Anew {
  readonly target: Target;
  readonly row: Sample;
}

/** Runs a statement as a subject, with what is deferred to the end of a transaction, looks as the truth role, and undoes all. */
export async function performed<T>(
  run: RunInput,
  subject: string,
  { sql, values }: Statement,
  anew: Anew | null,
  look: (result: pg.QueryResult<pg.QueryResultRow>) => T | Promise<T>,
): Promise<Attempt<T>> {
  const { client, appRole, truthRole } = run.session;
  return await undone(client, () =>
    attempt(async () => {
      if (anew !== null) await quietly(run, () => takeAway(run, anew.target, anew.row.place));
      await assumeRole(client, appRole, run.contextOf(subject));
      const result = await client.query<pg.QueryResultRow>(sql, [...values]);
      await client.query('set constraints all immediate');
      await assumeTruth(client, truthRole);
      return await look(result);
    }),
  );
}

/** What something that a subject did, did to rows that are not its own in one relation. */
export interface Harm {
  /** Rows of others that it changed or deleted. */
  readonly foreign: number;
  /** Rows that it may only read, and that it changed or deleted. */
  readonly shared: number;
  /** Rows that it stored for others. */
  readonly planted: number;
}

/** Whether a target is a table whose rows have owners, and the truth of it can be read. */
export function isOwned({ relation, intent, privileges }: Target): boolean {
  const owned = intent.tenancy === 'row' || intent.tenancy === 'root';
  return owned && (relation.relkind === 'r' || relation.relkind === 'p') && !privileges.truthBound;
}

/** The tables to which this transaction has written, whoever's code did it. The server counts no rows of a TRUNCATE, which locks. */
export async function touchedBy({ session }: RunInput): Promise<readonly number[]> {
  const { rows } = await session.client.query<{ relid: number }>(
    `select relid from pg_catalog.pg_stat_xact_user_tables where n_tup_ins + n_tup_upd + n_tup_del > 0
     union select relation from pg_catalog.pg_locks
     where pid = pg_catalog.pg_backend_pid() and locktype = 'relation' and mode = 'AccessExclusiveLock' and granted`,
  );
  return rows.map(({ relid }) => relid);
}

/** The tables with owners among some, by oid; one that is divided is there where a part of it is. */
export function ownedAmong({ snapshot, targets }: RunInput, oids: readonly number[]): readonly Target[] {
  const among = new Set(oids);
  return targets.filter(
    (target) =>
      isOwned(target) &&
      [target.relation, ...descendantsOf(snapshot, target.relation)].some(({ oid }) => among.has(oid)),
  );
}

/** Does it once more, now that it is known where to look; null where that could not be read. `known` holds states before. */
export async function harmTo(
  run: RunInput,
  other: Target,
  subject: string,
  doing: Doing,
  known: Map<Target, State>,
): Promise<Harm | null> {
  // All that is done is undone: before it does so again, things are as they were before the first time.
  const read = await attempt(async () => known.get(other) ?? (await readState(run, other, subject, ageless)));
  if (!read.ok) return null;
  const before = read.value;
  known.set(other, before);
  const after = await doing(async () => {
    const state = await readState(run, other, subject, before.youngest);
    return { state, planted: state.foreignWritten === 0 ? 0 : await plantedIn(run, other, subject, before) };
  });
  if (!after.ok) return null;
  const { state, planted } = after.value;
  return {
    planted: Math.min(planted, Math.max(0, state.foreign - before.foreign)),
    // What is not there any more as it was.
    foreign: Math.max(0, before.foreign - (state.foreign - state.foreignWritten)),
    shared: Math.max(0, before.shared - (state.shared - state.sharedWritten)),
  };
}

/** Rows of others that were written; one that names no owner is nobody's, and one of a tenant that signs up is its own. */
async function plantedIn(run: RunInput, { truth }: Target, subject: string, { youngest }: State): Promise<number> {
  const signsUp = !run.membership && run.targets.some(({ intent }) => intent.signup);
  const owner = truth.tenantColumn === null ? "''" : `t.${quoteIdent(truth.tenantColumn)}::pg_catalog.text`;
  const { rows } = await run.session.client.query<{ rows: string }>(
    `select pg_catalog.count(*) as rows ${truthRows(
      truth,
      `(${truth.foreign}) and ${owner} is not null and pg_catalog.age(t.xmin) < $2
       and ($3::pg_catalog.text[] is null or ${owner} = any ($3))`,
    )}`,
    [subject, youngest, signsUp && truth.tenantColumn !== null ? run.subjects : null],
  );
  return Number(rows[0]?.rows);
}
