import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { ContextModel, Model } from '../model/model.ts';
import { additionsOf, differencesOf, stateOf, type Addition, type Difference } from './change.ts';
import { verdictOf, type Verdict } from './decide.ts';
import type { ProveOptions } from './prove.ts';
import { ask, type AskedRow } from './question.ts';
import type { Solver } from './smt/solver.ts';

/** `more`: what a role may do after a change and not before it; `less`: the other way round. */
export type Direction = 'more' | 'less';

export interface DecidedDifference extends Difference {
  readonly direction: Direction;
  readonly verdict: Verdict;
}

/** What a change does to what the app roles may do. */
export interface Change {
  readonly differences: readonly DecidedDifference[];
  /** Relations that are there only after the change: there is nothing to compare them with. */
  readonly additions: readonly Addition[];
}

/**
 * Decides whether anybody may see or do more after a change than before it, for every row and every session: both catalogs are
 * asked about the same rows, as the later one allows them.
 */
export async function proveChange(
  solver: Solver,
  before: CatalogSnapshot,
  after: CatalogSnapshot,
  model: Model,
  {
    onProgress,
    isOver,
  }: Omit<ProveOptions, 'onProgress'> & {
    readonly onProgress?: (progress: { readonly difference: Difference; readonly fraction: number }) => void;
  } = {},
): Promise<Change> {
  const states = model.roles.app.map((role) => ({ before: stateOf(before, role), after: stateOf(after, role) }));
  const all = states.flatMap((state) => [
    ...differencesOf(state.after, state.before).map((one) => ({ ...one, direction: 'more' as const, in: after })),
    ...differencesOf(state.before, state.after).map((one) => ({ ...one, direction: 'less' as const, in: before })),
  ]);
  const differences: DecidedDifference[] = [];
  for (const [index, { in: snapshot, ...difference }] of all.entries()) {
    onProgress?.({ difference, fraction: index / all.length });
    const verdict: Verdict =
      isOver?.() === true
        ? { verdict: 'unknown', reasons: ['there was no time left'] }
        : await decideDifference(solver, snapshot, model.context, difference);
    differences.push({ ...difference, verdict });
  }
  return { differences, additions: states.flatMap((state) => additionsOf(state.after, state.before)) };
}

async function decideDifference(
  solver: Solver,
  snapshot: CatalogSnapshot,
  context: ContextModel,
  { question, rewritten }: Difference,
): Promise<Verdict> {
  if (question === null) return { verdict: 'proved', notes: [] };
  const asked = async (rows: readonly AskedRow[]): Promise<Verdict> => {
    const session = { kind: 'anyone' as const, othersUnset: false, alias: null };
    return verdictOf(await ask(solver, snapshot, context, { ...question, rows, session }));
  };
  const plain = await asked(question.rows);
  if (plain.verdict !== 'proved' || rewritten === null) return plain;
  const behind = await asked(rewritten);
  if (behind.verdict === 'proved') return behind;
  return { verdict: 'unknown', reasons: ['it holds unless a trigger writes columns that the role may not'] };
}
