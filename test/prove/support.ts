import { afterAll } from 'vitest';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import { compileIntent } from '../../src/intent/compile.ts';
import type { Model } from '../../src/model/model.ts';
import { prove, type Decided, type ProveOptions } from '../../src/prove/prove.ts';
import { Solver } from '../../src/prove/smt/solver.ts';
import { formatQualified } from '../../src/sql/ident.ts';
import type { TestDatabase } from '../support/database.ts';

/** One solver for all tests of a file. */
export function sharedSolver(): Solver {
  const solver = new Solver();
  afterAll(() => solver.close());
  return solver;
}

/** What was decided in a database. */
export async function proveIn(
  { client }: TestDatabase,
  model: Model,
  solver: Solver,
  options?: ProveOptions,
): Promise<readonly Decided[]> {
  const snapshot = await readSnapshot(client);
  return await prove(solver, snapshot, model, compileIntent(model, snapshot), options);
}

/** What is not proved, as `refuted sees public.tools`; `nobody` for a session without a context. */
export function notProved(decided: readonly Decided[]): readonly string[] {
  return decided
    .filter(({ verdict }) => verdict.verdict !== 'proved')
    .map(
      ({ claim: { relation, kind, session }, verdict: { verdict } }) =>
        `${verdict} ${kind} ${formatQualified(relation)}${session === 'nobody' ? ' nobody' : ''}`,
    );
}
