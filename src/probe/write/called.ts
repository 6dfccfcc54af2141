import { assumeRole, assumeTruth, undone } from '../../postgres/impersonate.ts';
import type { Routine } from '../../catalog/snapshot.ts';
import { truncates } from '../functions/body.ts';
import { callOf } from '../functions/calls.ts';
import { readCallCatalog, type CallCatalog } from '../functions/catalog.ts';
import { Dependencies } from '../functions/dependencies.ts';
import { executableRoutines } from '../functions/select.ts';
import { readValues, type Values } from '../functions/values.ts';
import type { ListedCalls } from '../asked.ts';
import type { RunInput } from '../input.ts';
import { resolveParams } from '../noninterference/params.ts';
import { observers } from '../noninterference/subjects.ts';
import { tenantTables } from '../noninterference/tables.ts';
import { type Attempt, attempt, describeFailure, isEnvironmental } from '../session.ts';
import type { Target } from '../target.ts';
import { type Doing, type Harm, harmTo, ownedAmong, touchedBy } from './harm.ts';
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

interface ListedRoutine {
  readonly routine: Routine;
  readonly listed: ListedCalls;
}

/** Makes the calls that the model lists, each undone, and looks at the rows of others wherever one of them wrote. */
export async function observeCalls(run: RunInput): Promise<readonly CallsOfRoutine[]> {
  const live = withTriggers(run);
  const routines = executableRoutines(run).flatMap((routine): ListedRoutine[] => {
    const listed = run.listedCalls.find(({ oid }) => oid === routine.oid);
    return listed ? [{ routine, listed }] : [];
  });
  if (routines.length === 0) return [];
  const catalog = await scratch(live, () =>
    readCallCatalog(
      live,
      routines.map(({ routine }) => routine),
    ),
  );
  if (!catalog.ok) return [];
  const seen = new Map<
    Routine,
    { reached: number; effects: CallEffect[]; obstacles: CallsOfRoutine['obstacles'][number][] }
  >(routines.map(({ routine }) => [routine, { reached: 0, effects: [], obstacles: [] }]));
  const dependencies = new Dependencies(run.snapshot, Object.keys(run.contextOf('')));
  for (const subject of observers(run)) {
    if (subject === null) continue;
    run.progress(`what ${run.noun} ${subject} calls`);
    await scratch(live, async () => {
      const values = await readValues(live, tenantTables(live), subject);
      const known = new Map<Target, State>();
      for (const one of routines) {
        const into = seen.get(one.routine);
        for (const call of statementsOf(one, catalog.value, values)) {
          const tried = await tryCall(live, dependencies, one.routine, subject, call, known);
          into?.effects.push(...tried.effects);
          if (tried.obstacle !== null) into?.obstacles.push({ subject, reason: tried.obstacle });
          if (into && tried.obstacle === null) into.reached += 1;
        }
      }
    });
  }
  return [...seen].map(([routine, calls]) => ({ routine, ...calls }));
}

interface CallStatement extends Statement {
  readonly text: string;
}

/** The calls for which the subject has values; that it has none for others is said where answers are compared. */
function statementsOf(
  { routine, listed }: ListedRoutine,
  catalog: CallCatalog,
  values: Values,
): readonly CallStatement[] {
  const parameters = catalog.parameters.get(routine.oid);
  if (parameters === undefined) return [];
  return listed.calls.flatMap((params): CallStatement[] => {
    const resolved = resolveParams(params, values);
    if (!resolved.ok) return [];
    const passed = parameters.types
      .slice(0, params.length)
      .map((oid) => ({ sql: catalog.types.get(oid)?.name ?? 'text' }));
    const call = callOf(routine, parameters.variadic && params.length === passed.length, passed, resolved.values);
    const sql = routine.prokind === 'p' ? `call ${call.call}` : `select from ${call.from}`;
    return [{ sql, values: call.values, text: call.text }];
  });
}

async function tryCall(
  run: RunInput,
  dependencies: Dependencies,
  routine: Routine,
  subject: string,
  call: CallStatement,
  known: Map<Target, State>,
): Promise<{ readonly effects: readonly CallEffect[]; readonly obstacle: string | null }> {
  const doing: Doing = (look) => perform(run, subject, call, look);
  const touched = await doing(() => touchedBy(run));
  if (!touched.ok) {
    // Refused, it did nothing to anybody; a call that never succeeds is reported with the answers.
    const obstacle = isEnvironmental(touched.failure) ? `${call.text}: ${describeFailure(touched.failure)}.` : null;
    return { effects: [], obstacle };
  }
  const reach = dependencies.ofRoutine(routine);
  // The server counts no rows of a TRUNCATE.
  const emptied = [...reach.routines].some(({ prosrc }) => truncates(prosrc)) ? [...reach.relations] : [];
  const effects: CallEffect[] = [];
  for (const other of ownedAmong(run, [...touched.value, ...emptied])) {
    const did = await harmTo(run, other, subject, doing, known);
    if (did === null || did.foreign + did.planted + did.shared === 0) continue;
    effects.push({ subject, on: other.name, ...did, call: call.text });
  }
  return { effects, obstacle: null };
}

async function perform<T>(
  run: RunInput,
  subject: string,
  { sql, values }: CallStatement,
  look: () => Promise<T>,
): Promise<Attempt<T>> {
  const { client, appRole, truthRole } = run.session;
  return await undone(client, () =>
    attempt(async () => {
      await assumeRole(client, appRole, run.contextOf(subject));
      await client.query(sql, [...values]);
      await client.query('set constraints all immediate');
      await assumeTruth(client, truthRole);
      return await look();
    }),
  );
}
