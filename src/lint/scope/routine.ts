import { derived, groupBy } from '../../catalog/derived.ts';
import type { CatalogSnapshot, Routine } from '../../catalog/snapshot.ts';
import { splitStatements, SqlSyntaxError, type Statement } from '../../sql/parse.ts';
import { isRecord } from '../../sql/tree.ts';
import { fromNode, loneTarget, readExpression, type Expression } from './expression.ts';

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

function readBody({ lanname, prosrc }: Routine): Expression | null {
  if (lanname === 'plpgsql') {
    const [, returned] = /^\s*begin\s+return\s+([^;]+);\s*end\s*;?\s*$/i.exec(prosrc) ?? [];
    return returned === undefined ? null : readExpression(returned);
  }
  if (lanname !== 'sql') return null;
  const [, returned] = /^\s*return\s+(.+)$/is.exec(prosrc) ?? [];
  return returned === undefined ? selectedBy(prosrc) : readExpression(returned);
}

function selectedBy(prosrc: string): Expression | null {
  const [, atomic] = /^\s*begin\s+atomic\s(.*)\send\s*$/is.exec(prosrc) ?? [];
  const [statement, ...others] = statementsOf(atomic ?? prosrc);
  const select = isRecord(statement?.node) ? (statement.node as Fields)['SelectStmt'] : undefined;
  const target = isRecord(select) && others.length === 0 ? loneTarget(select) : undefined;
  return target === undefined ? null : fromNode(target);
}

type Fields = Readonly<Record<string, unknown>>;

/** The statements of a body; none where it does not parse: one of a newer server, or of another language. */
export function statementsOf(body: string): readonly Statement[] {
  try {
    return splitStatements(body);
  } catch (error) {
    if (error instanceof SqlSyntaxError) return [];
    throw error;
  }
}
