import { assumeRole, assumeTruth, undone } from '../../postgres/impersonate.ts';
import { quoteIdent, quoteQualified } from '../../sql/ident.ts';
import type { RunInput } from '../input.ts';
import { type Attempt, attempt, describeFailure, isEnvironmental } from '../session.ts';
import type { Target } from '../target.ts';
import { truthRows } from '../truth.ts';
import { chooseAttackers } from './attackers.ts';
import { quietly, withTriggers } from './live.ts';
import { plainColumns, readMaterial, type Sample } from './material.ts';
import { ageless, readState, type State } from './state.ts';
import { deleteStatement, insertableColumns, insertStatement, updateStatement } from './statements.ts';
import { scratch, type Statement } from './transaction.ts';
import { atPlace, placeValues } from './try.ts';

/** What a statement about a subject's own rows did to rows of others, through triggers or rules. */
export interface Collateral {
  readonly subject: string;
  readonly command: Deed['command'];
  /** The relation whose rows were written, as `schema.name`. */
  readonly on: string;
  /** Rows of others that it changed or deleted. */
  readonly foreign: number;
  /** Rows that it stored for others. */
  readonly planted: number;
  readonly statement: string;
}

export interface CollateralOfTarget {
  readonly target: Target;
  readonly reached: number;
  readonly effects: readonly Collateral[];
  readonly obstacles: readonly { readonly subject: string; readonly reason: string }[];
}

interface Deed {
  readonly command: 'INSERT' | 'INSERT for another' | 'UPDATE' | 'DELETE';
  readonly statement: Statement;
  /** The row of which it makes a copy, and which is out of the way for it. */
  readonly anew: Sample | null;
}

/** Triggers and rules do the same for all: so many subjects are enough. */
const enough = 2;

/** Writes rows of its own where triggers and rules act, and looks at the rows of others wherever something was written. */
export async function observeCollateral(run: RunInput): Promise<readonly CollateralOfTarget[]> {
  const live = withTriggers(run);
  const attackers = chooseAttackers(run);
  const observed: CollateralOfTarget[] = [];
  for (const target of run.targets) {
    if (!isStored(target) || !acts(run, target)) continue;
    run.progress(`triggers of ${target.name}`);
    const effects: Collateral[] = [];
    const obstacles: { subject: string; reason: string }[] = [];
    let subjects = 0;
    let reached = 0;
    for (const subject of await attackers.on(target)) {
      if (subjects >= enough) break;
      const tried = await scratch(live, () => observeSubject(live, target, subject));
      effects.push(...tried.effects);
      obstacles.push(...tried.obstacles.map((reason) => ({ subject, reason })));
      reached += tried.reached;
      subjects += tried.reached > 0 ? 1 : 0;
    }
    observed.push({ target, reached, effects, obstacles });
  }
  return observed;
}

function isStored({ relation, intent, privileges }: Target): boolean {
  const owned = intent.tenancy === 'row' || intent.tenancy === 'root';
  return owned && (relation.relkind === 'r' || relation.relkind === 'p') && privileges.usage && !privileges.truthBound;
}

/** Whether triggers or rules of users act when the relation is written to. */
function acts({ snapshot }: RunInput, { relation }: Target): boolean {
  return (
    snapshot.triggers.some(({ tgrelid, tgenabled }) => tgrelid === relation.oid && 'OA'.includes(tgenabled)) ||
    snapshot.rules.some(({ ev_class: on, ev_enabled: enabled }) => on === relation.oid && 'OA'.includes(enabled))
  );
}

interface ObservedOfSubject {
  readonly reached: number;
  readonly effects: readonly Collateral[];
  readonly obstacles: readonly string[];
}

async function observeSubject(run: RunInput, target: Target, subject: string): Promise<ObservedOfSubject> {
  const effects: Collateral[] = [];
  const obstacles: string[] = [];
  let reached = 0;
  const prepared = await attempt(() => deedsOf(run, target, subject));
  if (!prepared.ok) {
    return { reached, effects, obstacles: [`The truth could not be read: ${describeFailure(prepared.failure)}.`] };
  }
  const before = new Map<Target, State>();
  for (const deed of prepared.value) {
    const touched = await perform(run, target, subject, deed, () => touchedBy(run));
    if (!touched.ok) {
      // Refused by a policy, a constraint or a trigger, it did nothing to anybody.
      if (isEnvironmental(touched.failure)) obstacles.push(`${deed.command}: ${describeFailure(touched.failure)}.`);
      else reached += 1;
      continue;
    }
    reached += 1;
    const others = run.targets.filter((other) => isStored(other) && touched.value.includes(other.relation.oid));
    for (const other of others) {
      const did = await harm(run, target, other, subject, deed, before);
      if (did === null || did.foreign + did.planted === 0) continue;
      effects.push({ subject, command: deed.command, on: other.name, ...did, statement: deed.statement.sql });
    }
  }
  return { reached, effects, obstacles };
}

async function deedsOf(run: RunInput, target: Target, subject: string): Promise<readonly Deed[]> {
  const { own, foreign } = await readMaterial(run, target, subject);
  const [row] = own;
  if (row === undefined) return [];
  const { privileges, truth } = target;
  const [plain] = plainColumns(run, target);
  const victim = truth.tenantColumn === null ? null : (foreign[0]?.row[truth.tenantColumn] ?? null);
  const insertable = insertableColumns(run, target).map(({ attname }) => attname);
  return [
    ...(insertable.length > 0
      ? [{ command: 'INSERT' as const, statement: insertStatement(run, target, row.row), anew: row }]
      : []),
    ...(victim !== null && truth.tenantColumn !== null && insertable.includes(truth.tenantColumn)
      ? [
          {
            command: 'INSERT for another' as const,
            statement: insertStatement(run, target, row.row, { [truth.tenantColumn]: victim }),
            anew: row,
          },
        ]
      : []),
    ...(plain === undefined
      ? []
      : [
          {
            command: 'UPDATE' as const,
            statement: updateStatement(target, { [plain]: row.row[plain] ?? null }, target.keyed ? row.row : undefined),
            anew: null,
          },
        ]),
    ...(privileges.delete
      ? [
          {
            command: 'DELETE' as const,
            statement: deleteStatement(target, target.keyed ? row.row : undefined),
            anew: null,
          },
        ]
      : []),
  ];
}

async function perform<T>(
  run: RunInput,
  target: Target,
  subject: string,
  { statement, anew }: Deed,
  look: () => Promise<T>,
): Promise<Attempt<T>> {
  const { client, appRole, truthRole } = run.session;
  return await undone(client, () =>
    attempt(async () => {
      if (anew !== null) {
        await quietly(run, async () => {
          await client.query(`delete from ${quoteQualified(target.truth.from)} t where ${atPlace(1)}`, [
            ...placeValues(anew.place),
          ]);
        });
      }
      await assumeRole(client, appRole, run.contextOf(subject));
      await client.query(statement.sql, [...statement.values]);
      await client.query('set constraints all immediate');
      await assumeTruth(client, truthRole);
      return await look();
    }),
  );
}

/** The tables to which this transaction has written, whoever's code did it. */
async function touchedBy({ session }: RunInput): Promise<readonly number[]> {
  const { rows } = await session.client.query<{ relid: number }>(
    'select relid from pg_catalog.pg_stat_xact_user_tables where n_tup_ins + n_tup_upd + n_tup_del > 0',
  );
  return rows.map(({ relid }) => relid);
}

/** Runs it once more, now that it is known where to look. */
async function harm(
  run: RunInput,
  target: Target,
  other: Target,
  subject: string,
  deed: Deed,
  known: Map<Target, State>,
): Promise<{ readonly foreign: number; readonly planted: number } | null> {
  // Every deed is undone: before the next one all is as it was before the first.
  const read = await attempt(async () => known.get(other) ?? (await readState(run, other, subject, ageless)));
  if (!read.ok) return null;
  const before = read.value;
  known.set(other, before);
  const after = await perform(run, target, subject, deed, async () => {
    const state = await readState(run, other, subject, before.youngest);
    return { state, planted: state.foreignWritten === 0 ? 0 : await plantedIn(run, other, subject, before) };
  });
  if (!after.ok) return null;
  const { state, planted } = after.value;
  return {
    planted: Math.min(planted, Math.max(0, state.foreign - before.foreign)),
    // What is not there any more as it was.
    foreign: Math.max(0, before.foreign - (state.foreign - state.foreignWritten)),
  };
}

/** Rows of others that were written; one that names no owner is nobody's. */
async function plantedIn(run: RunInput, { truth }: Target, subject: string, { youngest }: State): Promise<number> {
  const named = truth.tenantColumn === null ? 'true' : `t.${quoteIdent(truth.tenantColumn)} is not null`;
  const { rows } = await run.session.client.query<{ rows: string }>(
    `select pg_catalog.count(*) as rows ${truthRows(truth, `(${truth.foreign}) and ${named} and pg_catalog.age(t.xmin) < $2`)}`,
    [subject, youngest],
  );
  return Number(rows[0]?.rows);
}
