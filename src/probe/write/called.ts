import type { Routine } from '../../catalog/snapshot.ts';
import { readCallCatalog, type CallCatalog } from '../functions/catalog.ts';
import { executableRoutines } from '../functions/select.ts';
import { readValues, type Values } from '../functions/values.ts';
import type { ListedCalls } from '../asked.ts';
import type { RunInput } from '../input.ts';
import { listedCall } from '../noninterference/listed-call.ts';
import { observers } from '../noninterference/subjects.ts';
import { tenantTables } from '../noninterference/tables.ts';
import { describeFailure, isEnvironmental } from '../session.ts';
import type { Target } from '../target.ts';
import { type Doing, type Harm, harmTo, ownedAmong, performed, touchedBy } from './harm.ts';
import { withTriggers } from './live.ts';
import type { State } from './state.ts';
import { scratch, type Statement } from './transaction.ts';

/** What a call that the model lists did to rows that are not the subject's. */
export interface CallEffect extends Harm {
  readonly subject: string;
  /** The relation whose rows were written, as `schema.name`. */
  readonly on: string;
  readonly call: string;
}

export interface CallsOfRoutine {
  readonly routine: Routine;
  /** Calls that came to an answer. */
  readonly reached: number;
  readonly effects: readonly CallEffect[];
  readonly obstacles: readonly { readonly subject: string; readonly reason: string }[];
}

/** What is known of one routine, as far as its calls were made. */
interface Listed {
  readonly routine: Routine;
  readonly calls: ListedCalls['calls'];
  reached: number;
  readonly effects: CallEffect[];
  readonly obstacles: { readonly subject: string; readonly reason: string }[];
}

/** Makes the calls that the model lists, each undone, and looks at the rows of others wherever one of them wrote. */
export async function observeCalls(run: RunInput): Promise<readonly CallsOfRoutine[]> {
  const live = withTriggers(run);
  const listed = executableRoutines(run).flatMap((routine): Listed[] => {
    const calls = run.listedCalls.find(({ oid }) => oid === routine.oid)?.calls;
    return calls ? [{ routine, calls, reached: 0, effects: [], obstacles: [] }] : [];
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
}
