import { readCallCatalog, type CallCatalog } from '../functions/catalog.ts';
import { Dependencies } from '../functions/dependencies.ts';
import { type Callable, executableRoutines, selectCallables } from '../functions/select.ts';
import type { RunInput } from '../input.ts';
import { describeFailure } from '../session.ts';
import type { VisibilityOfTarget } from '../judge.ts';
import { noninterference } from '../../domain/rules/noninterference.ts';
import type { NotCalled, Observable, Unreached } from './observable.ts';
import { judgedByAnswer, observableRelations } from './relations.ts';
import { type TenantTable, tenantTables } from './tables.ts';

/** What is observed, whoever asks. */
export interface Plan {
  readonly tables: readonly TenantTable[];
  readonly dependencies: Dependencies;
  readonly relations: readonly Observable[];
  /** Relations outside the model of which an answer says all. */
  readonly judgedByAnswer: readonly string[];
  readonly callables: readonly Callable[];
  readonly notCalled: readonly NotCalled[];
  readonly types: CallCatalog['types'];
  /** What could not be planned. */
  readonly unreached: readonly Unreached[];
}

/** Reads, as the truth role, what there is to observe. Where a relation shows foreign rows already, nothing is added to that. */
export async function makePlan(run: RunInput, visibility: readonly VisibilityOfTarget[]): Promise<Plan> {
  const tables = tenantTables(run);
  const dependencies = new Dependencies(run.snapshot, Object.keys(run.contextOf('')));
  const leaking = new Set(visibility.filter(({ leaks }) => leaks.count > 0).map(({ target }) => target.name));
  const relations = observableRelations(run, dependencies, tables).filter(({ object }) => !leaking.has(object));
  const missing = run.listedCalls.filter(({ oid }) => oid === null);
  const unreached = missing.map(({ signature }) => unreachable(signature, 'The database has no such function.'));
  const routines = run.queries === null ? [] : executableRoutines(run);
  const catalog = await readCallCatalog(run, routines);
  if (!catalog.ok) {
    const reason = `What its functions take could not be read: ${describeFailure(catalog.failure)}.`;
    unreached.push(unreachable(run.snapshot.database, reason));
  }
  const selected = catalog.ok
    ? selectCallables(run, routines, catalog.value, dependencies, tables)
    : { callables: [], notCalled: [] };
  return {
    tables,
    dependencies,
    relations,
    judgedByAnswer: judgedByAnswer(run, dependencies),
    types: catalog.ok ? catalog.value.types : new Map(),
    unreached,
    ...selected,
  };
}

function unreachable(object: string, reason: string): Unreached {
  return { ruleId: noninterference.id, object, reason };
}
