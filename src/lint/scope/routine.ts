import { derived, groupBy } from '../../catalog/derived.ts';
import type { CatalogSnapshot, Routine } from '../../catalog/snapshot.ts';
import { readFunctionBody } from '../../sql/function-body.ts';
import { fromNode, loneTarget, type Expression } from './expression.ts';

/** The functions that a call may mean: of that schema, or of any where none is written. */
export function routinesOf(
  snapshot: CatalogSnapshot,
  { schema, name, args }: Extract<Expression, { kind: 'call' }>,
): readonly Routine[] {
  return (routinesByName(snapshot).get(name) ?? []).filter(
    ({ nspname, argtypes, pronargdefaults }) =>
      (schema === null || nspname === schema) &&
      args.length <= argtypes.length &&
      args.length >= argtypes.length - pronargdefaults,
  );
}

const routinesByName = derived(({ functions }) => groupBy(functions, ({ proname }) => proname));

/** Whether the database has a function of its own by that name. */
export function isRoutine(snapshot: CatalogSnapshot, name: string): boolean {
  return routinesByName(snapshot).has(name);
}

/** The expression that a function is, where its body is one `select expression`, or one RETURN. */
export function bodyOf(routine: Routine): Expression | null {
  const known = bodies.get(routine);
  if (known !== undefined) return known;
  const body = routine.proretset ? null : readBody(routine);
  bodies.set(routine, body);
  return body;
}

const bodies = new WeakMap<Routine, Expression | null>();

function readBody(routine: Routine): Expression | null {
  const body = readFunctionBody(routine);
  if (body === null) return null;
  if ('expression' in body) return fromNode(body.expression);
  const target = loneTarget(body.select);
  return target === undefined ? null : fromNode(target);
}
