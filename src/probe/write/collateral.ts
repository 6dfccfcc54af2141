import type { RunInput } from '../input.ts';
import { attempt, describeFailure, isEnvironmental } from '../session.ts';
import type { Target } from '../target.ts';
import { chooseAttackers } from './attackers.ts';
import { type Doing, harmTo, isOwned, ownedAmong, performed, touchedBy } from './harm.ts';
import { withTriggers } from './live.ts';
import { changesOfOwn } from './changes.ts';
import { plainColumns, readMaterial, type Sample } from './material.ts';
import type { State } from './state.ts';
import { deleteStatement, insertableColumns, insertStatement, updateStatement } from './statements.ts';
import { scratch, type Statement } from './transaction.ts';

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
    if (!isOwned(target) || !target.privileges.usage || !acts(run, target)) continue;
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
  const known = new Map<Target, State>();
  for (const deed of prepared.value) {
    const anew = deed.anew && { target, row: deed.anew };
    const doing: Doing = (look) => performed(run, subject, deed.statement, anew, look);
    const touched = await doing(() => touchedBy(run));
    if (!touched.ok) {
      // Refused by a policy, a constraint or a trigger, it did nothing to anybody.
      if (isEnvironmental(touched.failure)) obstacles.push(`${deed.command}: ${describeFailure(touched.failure)}.`);
      else reached += 1;
      continue;
    }
    reached += 1;
    for (const other of ownedAmong(run, touched.value)) {
      const did = await harmTo(run, other, subject, doing, known);
      if (did === null || did.foreign + did.planted === 0) continue;
      const { foreign, planted } = did;
      effects.push({ subject, command: deed.command, on: other.name, foreign, planted, statement: deed.statement.sql });
    }
  }
  return { reached, effects, obstacles };
}

async function deedsOf(run: RunInput, target: Target, subject: string): Promise<readonly Deed[]> {
  const material = await readMaterial(run, target, subject);
  const { own, foreign } = material;
  const [row] = own;
  if (row === undefined) return [];
  const { privileges, truth } = target;
  const [plain] = plainColumns(run, target);
  const victim = truth.tenantColumn === null ? null : (foreign[0]?.row[truth.tenantColumn] ?? null);
  const insertable = insertableColumns(run, target).map(({ attname }) => attname);
  const changed = (granted: readonly string[]) => changesOfOwn(run, target, material, granted);
  return [
    ...changed(insertable).map(({ row: copied, changes }): Deed => {
      return { command: 'INSERT', statement: insertStatement(run, target, copied.row, changes), anew: copied };
    }),
    ...(target.keyed ? changed(privileges.update) : []).map(({ row: updated, changes }): Deed => {
      return { command: 'UPDATE', statement: updateStatement(target, changes, updated.row), anew: null };
    }),
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
