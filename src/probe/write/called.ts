import type { Routine } from '../../catalog/snapshot.ts';
import { readCallCatalog, type CallCatalog } from '../functions/catalog.ts';
import { executableRoutines } from '../functions/select.ts';
import { readValues, type Values } from '../functions/values.ts';
import type { ListedCalls } from '../asked.ts';
import type { RunInput } from '../input.ts';
import { listedCall } from '../noninterference/listed-call.ts';
import { observers } from '../noninterference/subjects.ts';
import { removal } from '../noninterference/disturb.ts';
import { findAffected, tenantTables } from '../noninterference/tables.ts';
import { undone } from '../../postgres/impersonate.ts';
import { describeFailure, isEnvironmental } from '../session.ts';
import type { Target } from '../target.ts';
import { type Doing, type Harm, harmTo, ownedAmong, performed, touchedBy } from './harm.ts';
import { withTriggers } from './live.ts';
import { onlyIn, ownRowsOf } from './own-rows.ts';
import type { State } from './state.ts';
import { scratch, type Statement } from './transaction.ts';

/** What a call that the model lists did to rows that are not the subject's. */
export interface CallEffect extends Harm {
  readonly subject: string;
  /** The relation whose rows were written, as `schema.name`. */
  readonly on: string;
  readonly call: string;
}

/** What a call left in rows of the subject's own, with rows of others there, and without them. */
export interface CallTold {
  readonly subject: string;
  readonly on: string;
  readonly call: string;
  readonly before: string;
  readonly after: string;
}

export interface CallsOfRoutine {
  readonly routine: Routine;
  /** Calls that came to an answer. */
  readonly reached: number;
  readonly effects: readonly CallEffect[];
  readonly told: readonly CallTold[];
  readonly obstacles: readonly { readonly subject: string; readonly reason: string }[];
}

/** What is known of one routine, as far as its calls were made. */
interface Listed {
  readonly routine: Routine;
  readonly calls: ListedCalls['calls'];
  reached: number;
  readonly effects: CallEffect[];
  readonly told: CallTold[];
  readonly obstacles: { readonly subject: string; readonly reason: string }[];
}

/** Makes the calls that the model lists, each undone, and looks at the rows of others wherever one of them wrote, and at what it left in own ones. */
export async function observeCalls(run: RunInput): Promise<readonly CallsOfRoutine[]> {
  const live = withTriggers(run);
  const listed = executableRoutines(run).flatMap((routine): Listed[] => {
    const calls = run.listedCalls.find(({ oid }) => oid === routine.oid)?.calls;
    return calls ? [{ routine, calls, reached: 0, effects: [], told: [], obstacles: [] }] : [];
  });
  if (listed.length === 0) return [];
  const routines = listed.map(({ routine }) => routine);
  const catalog = await scratch(live, () => readCallCatalog(live, routines));
  // Where answers are compared, it is said.
  if (!catalog.ok) return [];
  for (const subject of observers(run)) {
    if (subject === null) continue;
    run.progress(`what ${run.noun} ${subject} calls`);
    await scratch(live, async () => {
      const values = await readValues(live, tenantTables(live), subject);
      const known = new Map<Target, State>();
      for (const one of listed) {
        for (const call of statementsOf(one, catalog.value, values)) await tryCall(live, one, subject, call, known);
      }
    });
  }
  return listed;
}

interface CallStatement extends Statement {
  readonly text: string;
}

/** The calls for which the subject has values; that it has none for others is said where answers are compared. */
function statementsOf({ routine, calls }: Listed, catalog: CallCatalog, values: Values): readonly CallStatement[] {
  const parameters = catalog.parameters.get(routine.oid);
  if (parameters === undefined) return [];
  return calls.flatMap((params): CallStatement[] => {
    const made = listedCall(routine, parameters, catalog.types, params, values);
    if (!made.ok) return [];
    const { from, call, values: passed, text } = made.call;
    return [{ sql: routine.prokind === 'p' ? `call ${call}` : `select from ${from}`, values: passed, text }];
  });
}

async function tryCall(
  run: RunInput,
  into: Listed,
  subject: string,
  call: CallStatement,
  known: Map<Target, State>,
): Promise<void> {
  const doing: Doing = (look) => performed(run, subject, call, null, look);
  const touched = await doing(() => touchedBy(run));
  if (!touched.ok && isEnvironmental(touched.failure)) {
    into.obstacles.push({ subject, reason: `${call.text}: ${describeFailure(touched.failure)}.` });
    return;
  }
  into.reached += 1;
  // Refused, it did nothing to anybody; a call that never succeeds is reported with the answers.
  if (!touched.ok) return;
  for (const other of ownedAmong(run, touched.value)) {
    const did = await harmTo(run, other, subject, doing, known);
    if (did === null || did.foreign + did.planted + did.shared === 0) continue;
    into.effects.push({ subject, on: other.name, ...did, call: call.text });
  }
  into.told.push(...(await toldBy(run, subject, call, ownedAmong(run, touched.value))));
}

/** What the call leaves in own rows of tables that it writes to, where that is something else without the rows of others. */
async function toldBy(
  run: RunInput,
  subject: string,
  call: CallStatement,
  written: readonly Target[],
): Promise<readonly CallTold[]> {
  const left = async (): Promise<ReadonlyMap<string, string>> => {
    const done = await performed(run, subject, call, null, async () => {
      const rows = new Map<string, string>();
      for (const other of written) {
        const own = await ownRowsOf(run, other, subject);
        if (own !== null) rows.set(other.name, own);
      }
      return rows;
    });
    return done.ok ? done.value : new Map();
  };
  const [first, second] = [await left(), await left()];
  const stable = [...first].filter(([on, rows]) => second.get(on) === rows);
  if (stable.length === 0) return [];
  const { affected } = await findAffected(run, tenantTables(run), subject);
  return await undone(run.session.client, async () => {
    await removal.apply(run, affected, subject);
    const alone = await left();
    return stable.flatMap(([on, rows]): CallTold[] => {
      const after = alone.get(on);
      if (after === undefined || after === rows) return [];
      return [{ subject, on, call: call.text, before: onlyIn(rows, after), after: onlyIn(after, rows) }];
    });
  });
}
