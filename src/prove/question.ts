import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { ContextModel } from '../model/model.ts';
import { checksHeldBy } from './checks.ts';
import { evaluate, type Result, type RowValues, type Situation } from './evaluate.ts';
import { Encoder, type UnknownMode } from './smt/encoder.ts';
import { equal, not, type Formula } from './smt/formula.ts';
import { ModelReader } from './smt/model.ts';
import { mayBeFalse, mayBeTrue, mustBeTrue, type Outcome } from './smt/outcome.ts';
import { Script } from './smt/script.ts';
import { Session, type SessionOptions } from './smt/session.ts';
import type { Solver } from './smt/solver.ts';
import { Vocabulary } from './smt/vocabulary.ts';
import { World, type Instance } from './smt/world.ts';
import { type Row, type Term, walk } from './term.ts';

/** How a term has to come out for something to be wrong. `not shown`: it is not certain to be true. */
export type Demand = 'true' | 'false' | 'not shown';

/** Whether there are rows and a session in which all of this comes out so. */
export interface Question {
  readonly rows: readonly AskedRow[];
  readonly demands: readonly { readonly term: Term; readonly demand: Demand }[];
  readonly session: SessionOptions;
  /** Whether it is likely that there are. */
  readonly isLikely?: boolean;
}

/** A row that is asked about. */
export interface AskedRow {
  readonly row: Row;
  /** Whether it is in its table when the question is asked: a new one is not. */
  readonly stored: boolean;
  /** For a new version of a row: that row, and the columns that may differ. */
  readonly of?: { readonly row: Row; readonly changeable: ReadonlySet<string> };
}

/** Rows and a session in which what should not be is. */
export interface Example {
  readonly situation: Situation;
  readonly rows: ReadonlyMap<Row, RowValues>;
}

export type Answer =
  | { readonly answer: 'proved' }
  | { readonly answer: 'refuted'; readonly example: Example }
  | { readonly answer: 'unknown'; readonly reasons: readonly string[] };

/** How a question is put. */
interface Attempt {
  readonly mode: UnknownMode;
  /** Whether an example must come upon no error. */
  readonly withoutErrors?: boolean;
  /** The moment of an example, where it may be any. */
  readonly now?: bigint;
}

/** 2030-01-01: an example at some such time says more than one at any. */
const someTime = 1_893_456_000_000_000n;

/** Asks the solver, and looks at what it finds: an example counts only if all comes out so when it is computed. */
export async function ask(
  solver: Solver,
  snapshot: CatalogSnapshot,
  context: ContextModel,
  question: Question,
): Promise<Answer> {
  const put = async (how: Attempt): Promise<Answer> => await attempt(solver, snapshot, context, question, how);
  const wide = await put({ mode: 'anything' });
  const parts = question.demands.flatMap(({ term }) => [...walk(term)]);
  const zoned = parts.some((part) => part.op === 'apply' && (part.name === 'today' || part.name === 'plus'));
  const timed = zoned || parts.some((part) => part.op === 'apply' && part.name === 'now');
  const at = timed ? { now: someTime } : {};
  if (wide.answer === 'refuted' && (timed || mayFail(wide.example, question))) {
    // PostgreSQL may come upon an error first: one without says more.
    const sure = await put({
      mode: zoned ? 'error' : 'anything',
      withoutErrors: mayFail(wide.example, question),
      ...at,
    });
    return sure.answer === 'refuted' ? sure : wide;
  }
  const hasUnknown = zoned || parts.some(({ op }) => op === 'unknown');
  if (wide.answer !== 'unknown' || !hasUnknown) return wide;
  // What is not understood may be what makes it possible: perhaps it is so without, too.
  const narrow = await put({ mode: 'error', ...at });
  return narrow.answer === 'refuted' ? narrow : wide;
}

async function attempt(
  solver: Solver,
  snapshot: CatalogSnapshot,
  context: ContextModel,
  question: Question,
  { mode, withoutErrors = false, now }: Attempt,
): Promise<Answer> {
  const script = new Script();
  const vocabulary = new Vocabulary(snapshot, script);
  const world = new World(snapshot, script);
  const session = new Session(script, vocabulary, context, question.session);
  const encoder = new Encoder(snapshot, script, vocabulary, world, session, mode, (relation) =>
    checksHeldBy(snapshot, relation),
  );
  const instances = bind(world, question.rows);
  for (const { term, demand } of question.demands) {
    const outcome = encoder.encode(term, instances);
    script.assert(demanded(outcome, demand));
    if (withoutErrors && demand !== 'not shown') script.assert(not(outcome.raises));
  }
  encoder.close();
  if (now !== undefined && vocabulary.askedNow !== undefined) script.assert(equal(vocabulary.askedNow, String(now)));
  const reader = new ModelReader(snapshot, vocabulary, world, session, context);
  const solved = await solver.solve(script.text(), reader.asked, question.isLikely);
  if (solved.answer === 'unsat') return { answer: 'proved' };
  if (solved.answer === 'unknown') return { answer: 'unknown', reasons: [`the solver gave up: ${solved.reason}`] };
  const { situation, valuesOf } = reader.read(solved.values);
  const rows = new Map(question.rows.map(({ row }) => [row, valuesOf(instances.get(row))]));
  const results = question.demands.map(({ term, demand }) => ({ demand, result: evaluate(situation, term, rows) }));
  if (results.every(({ result, demand }) => comesOut(result, demand))) {
    return { answer: 'refuted', example: { situation, rows } };
  }
  const reasons = results.flatMap(({ result }) => (result.kind === 'unknown' ? [result.what] : []));
  return {
    answer: 'unknown',
    reasons: reasons.length > 0 ? reasons : ['an example that does not hold when it is computed'],
  };
}

/** Whether an error hides behind what an example comes to. */
function mayFail({ situation, rows }: Example, { demands }: Question): boolean {
  return demands.some(({ term, demand }) => {
    const result = evaluate(situation, term, rows);
    return demand !== 'not shown' && result.kind === 'value' && result.mayRaise;
  });
}

function bind(world: World, asked: readonly AskedRow[]): ReadonlyMap<Row, Instance> {
  const bound = new Map<Row, Instance>();
  for (const { row, stored, of } of asked) {
    const before = of && bound.get(of.row);
    const version = before && { before: { row: before, changeable: of.changeable } };
    bound.set(row, world.add(row.relation, String(stored), version));
  }
  return bound;
}

function demanded(outcome: Outcome, demand: Demand): Formula {
  if (demand === 'true') return mayBeTrue(outcome);
  return demand === 'false' ? mayBeFalse(outcome) : not(mustBeTrue(outcome));
}

function comesOut(result: Result, demand: Demand): boolean {
  if (result.kind === 'unknown') return false;
  if (demand === 'not shown') return result.kind === 'raises' || result.value !== true;
  return result.kind === 'value' && result.value === (demand === 'true');
}
