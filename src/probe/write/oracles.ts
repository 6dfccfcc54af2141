import { undone } from '../../postgres/impersonate.ts';
import { checksOf } from '../../catalog/lookup.ts';
import { mentions } from '../../sql/mentions.ts';
import { Dependencies } from '../functions/dependencies.ts';
import type { RunInput } from '../input.ts';
import { change, removal } from '../noninterference/disturb.ts';
import { findAffected, type TenantTable, tenantTables } from '../noninterference/tables.ts';
import { attempt, describeFailure, isEnvironmental } from '../session.ts';
import type { Target } from '../target.ts';
import { chooseAttackers } from './attackers.ts';
import { isOwned, performed } from './harm.ts';
import { withTriggers } from './live.ts';
import { changesOfOwn } from './changes.ts';
import { type Material, readMaterial, type Sample } from './material.ts';
import { lasting, onlyIn, ownRowsOf } from './own-rows.ts';
import { allowedOn } from './attacks.ts';
import { deleteStatement, insertableColumns, insertStatement, updateStatement } from './statements.ts';
import { scratch, type Statement } from './transaction.ts';

/** What a subject's own write came to with rows of others there, and without them. */
export interface Told {
  readonly subject: string;
  readonly statement: string;
  readonly before: string;
  readonly after: string;
}

export interface OraclesOfTarget {
  readonly target: Target;
  /** Writes that came to the same either way. */
  readonly reached: number;
  readonly told: readonly Told[];
}

/** Subjects for whom it is looked at. */
const enough = 2;

/**
 * Whether what comes of a subject's write of its own row depends on rows of others: code that runs in it, of triggers, rules,
 * checks, defaults and generated columns, may look at them, and says so by an error or by what it stores, in that row or others of its own.
 */
export async function observeOracles(run: RunInput): Promise<readonly OraclesOfTarget[]> {
  const live = withTriggers(run);
  const attackers = chooseAttackers(run);
  const dependencies = new Dependencies(run.snapshot, Object.keys(run.contextOf('')));
  const stored = tenantTables(run);
  const observed: OraclesOfTarget[] = [];
  for (const target of run.targets) {
    if (!isOwned(target) || !target.privileges.usage) continue;
    const reached = reachedBy(run, dependencies, target);
    const tables = stored.filter(({ relation }) => reached === null || reached.has(relation.oid));
    if (tables.length === 0) continue;
    const beside = run.targets.filter((other) => isOwned(other) && reached?.has(other.relation.oid) === true);
    run.progress(`what writes on ${target.name} tell`);
    const told: Told[] = [];
    let answered = 0;
    let subjects = 0;
    for (const subject of await attackers.on(target)) {
      if (subjects >= enough || told.length > 0) break;
      const seen = await scratch(live, () => observeSubject(live, target, tables, beside, subject));
      told.push(...seen.told);
      answered += seen.reached;
      subjects += seen.reached > 0 ? 1 : 0;
    }
    observed.push({ target, reached: answered, told });
  }
  return observed;
}

/** The tables with owners that code of users reaches which runs when a row of the relation is written; null for any. */
function reachedBy(
  { snapshot }: RunInput,
  dependencies: Dependencies,
  { relation }: Target,
): ReadonlySet<number> | null {
  const texts = [
    ...checksOf(snapshot, relation).map(({ definition }) => definition),
    ...relation.columns.flatMap((column) => column.default ?? []),
  ];
  const fired = new Set(
    snapshot.triggers
      .filter(({ tgrelid, tgenabled }) => tgrelid === relation.oid && 'OA'.includes(tgenabled))
      .map(({ tgfoid }) => tgfoid),
  );
  const reaches = snapshot.functions
    .filter(({ oid, proname }) => fired.has(oid) || texts.some((text) => mentions(text, proname)))
    .map((routine) => dependencies.ofRoutine(routine));
  if (reaches.some(({ dynamic }) => dynamic)) return null;
  const ruled = snapshot.rules
    .filter(({ ev_class: on, ev_enabled: enabled }) => on === relation.oid && 'OA'.includes(enabled))
    .flatMap(({ dependsOn }) => dependsOn);
  return new Set([...ruled, ...reaches.flatMap(({ relations }) => [...relations])]);
}

interface OwnWrite extends Statement {
  /** The row that is out of its way: one of which it makes a copy. */
  readonly anew: Sample | null;
}

async function observeSubject(
  run: RunInput,
  target: Target,
  tables: readonly TenantTable[],
  beside: readonly Target[],
  subject: string,
): Promise<{ readonly told: readonly Told[]; readonly reached: number }> {
  const none = { told: [], reached: 0 };
  const prepared = await attempt(async () => {
    const writes = ownWrites(run, target, await readMaterial(run, target, subject));
    return { writes, affected: (await findAffected(run, tables, subject)).affected };
  });
  if (!prepared.ok) return none;
  const { writes, affected } = prepared.value;
  const outcome = (write: OwnWrite): Promise<Outcome> => outcomeOf(run, target, beside, subject, write);
  const stable: { readonly write: OwnWrite; readonly came: Outcome }[] = [];
  for (const write of writes) {
    const [first, second] = [await outcome(write), await outcome(write)];
    const came = new Map([...first].filter(([what, text]) => second.get(what) === text));
    if (came.size > 0) stable.push({ write, came });
  }
  const told: Told[] = [];
  for (const disturbance of stable.length > 0 ? [removal, change] : []) {
    await undone(run.session.client, async () => {
      await disturbance.apply(run, affected, subject);
      for (const { write, came } of stable) {
        const after = await outcome(write);
        const [changed] = [...came].filter(([what, text]) => after.has(what) && after.get(what) !== text);
        if (changed === undefined) continue;
        const [before, now] = [changed[1], after.get(changed[0]) ?? ''];
        told.push({ subject, statement: write.sql, before: onlyIn(before, now), after: onlyIn(now, before) });
      }
    });
    if (told.length > 0) break;
  }
  return { told, reached: stable.length };
}

/** Copies of own rows, and changes of them: as one is, and with other values. */
function ownWrites(run: RunInput, target: Target, material: Material): readonly OwnWrite[] {
  const [row] = material.own;
  const may = allowedOn(target, { insert: true, update: true, delete: true });
  const shown = returning(target);
  if (row === undefined) return [];
  const insertable = insertableColumns(run, target).map(({ attname }) => attname);
  const said = ({ sql, values }: Statement, anew: Sample | null): OwnWrite => ({ sql: sql + shown, values, anew });
  const copies = may.insert ? [{ row, changes: {} }, ...changesOfOwn(run, target, material, insertable)] : [];
  const updates = may.update && target.keyed ? changesOfOwn(run, target, material, target.privileges.update) : [];
  return [
    ...copies.map((copy) => said(insertStatement(run, target, copy.row.row, copy.changes), copy.row)),
    ...updates.map((update) => said(updateStatement(target, update.changes, update.row.row), null)),
    ...(may.delete && target.keyed ? [said(deleteStatement(target, row.row), null)] : []),
  ];
}

/** What a write shows of the row, without what is another value at every try; nothing where nothing may be read. */
function returning({ relation, privileges }: Target): string {
  const shown = lasting(relation.columns.filter(({ attname }) => privileges.select.includes(attname)));
  return shown === null ? '' : ` returning ${shown} as row`;
}

/**
 * What a write ends with: under '', the row or the error, and by table the subject's own rows that there are then. What says nothing is
 * left out: an answer of the surroundings, or of a key of PostgreSQL's own, of which unique-oracle tells, and very many rows.
 */
type Outcome = ReadonlyMap<string, string>;

async function outcomeOf(
  run: RunInput,
  target: Target,
  beside: readonly Target[],
  subject: string,
  write: OwnWrite,
): Promise<Outcome> {
  const done = await performed(run, subject, write, write.anew && { target, row: write.anew }, async ({ rows }) => {
    const outcome = new Map([['', rows.map((row) => String(row['row'])).join('\n')]]);
    for (const other of beside) {
      const stored = await ownRowsOf(run, other, subject);
      if (stored !== null) outcome.set(other.name, stored);
    }
    return outcome;
  });
  if (done.ok) return done.value;
  const { failure } = done;
  const byKey = /^(_bt_check_unique|check_exclusion_or_unique_constraint|ri_)/i.test(failure.routine ?? '');
  return new Map(byKey || isEnvironmental(failure) ? [] : [['', describeFailure(failure)]]);
}
