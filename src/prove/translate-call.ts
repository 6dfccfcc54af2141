import { mayCall } from '../access/privileges.ts';
import { closureOf } from '../access/role-closure.ts';
import { derived, groupBy } from '../catalog/derived.ts';
import type { CatalogSnapshot, Routine } from '../catalog/snapshot.ts';
import { readFunctionBody } from '../sql/function-body.ts';
import { parseExpression, SqlSyntaxError } from '../sql/parse.ts';
import { isRecord, namesOf } from '../sql/tree.ts';
import { coerced } from './coerce.ts';
import { mayDisturb } from './disturbance.ts';
import { isUnderstood, type NotUnderstood, type Parts, type Reader, type Scope } from './scope.ts';
import { constant, failureIn, unknown, walk, type Term } from './term.ts';
import { typeNamed } from './types.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Functions of pg_catalog that are read, by their number of arguments. */
const builtIns: Readonly<Record<string, readonly number[] | undefined>> = {
  current_setting: [1, 2],
  lower: [1],
  upper: [1],
  now: [0],
  transaction_timestamp: [0],
};

/** Whether a call gives one value for one row: it is no aggregate, no window function, and no set of rows. */
export function isPlainFunction(snapshot: CatalogSnapshot, call: Fields): boolean {
  if (!isBareCall(call)) return false;
  const names = namesOf(call['funcname']);
  const routines = routinesNamed(snapshot, names);
  if (routines.length > 0) return routines.every(({ prokind, proretset }) => prokind === 'f' && !proretset);
  return (names.length === 1 || names[0] === 'pg_catalog') && builtIns[names.at(-1) ?? ''] !== undefined;
}

function isBareCall(call: Fields): boolean {
  const extras = ['over', 'agg_filter', 'agg_star', 'agg_order', 'agg_distinct', 'agg_within_group', 'func_variadic'];
  return extras.every((extra) => call[extra] === undefined || call[extra] === false);
}

/** Reads a call for its value. */
export function readCall(reader: Reader, call: Fields, scope: Scope): Term {
  const names = namesOf(call['funcname']);
  const written = `${names.join('.')}()`;
  if (!isBareCall(call)) return unknown('other', written);
  const nodes = Array.isArray(call['args']) ? (call['args'] as readonly unknown[]) : [];
  const routine = routineFor(reader.snapshot, names, nodes.length, scope.place.printed);
  if (routine === 'built-in') {
    return builtIn(
      names.at(-1) ?? '',
      nodes.map((node) => reader.expression(node, scope)),
    );
  }
  const { place } = scope;
  if (names.at(-1) === 'set_config') place.budget.disturbedBy ??= written;
  if (routine === undefined) {
    if (routinesNamed(reader.snapshot, names).some((one) => mayDisturb(reader.snapshot, one)))
      place.budget.disturbedBy ??= written;
    return unknown('other', written);
  }
  if (mayDisturb(reader.snapshot, routine)) place.budget.disturbedBy ??= written;
  const type = typeNamed(reader.snapshot, routine.rettype);
  if (place.user !== null && !mayCall(closureOf(reader.snapshot, place.user), routine))
    return { op: 'fails', type, what: `${written}, which ${place.user} may not call`, always: false };
  const result = inline(reader, routine, nodes, scope);
  if (result === undefined || routine.proretset) return unknown(type, written);
  const term = 'term' in result ? result.term : scalarOf(result.parts);
  return coerced(reader.snapshot, term, type) ?? unknown(type, written);
}

/** Reads a call of a function that gives a set of rows; undefined where it is none. */
export function readCallAsQuery(reader: Reader, node: unknown, scope: Scope): Parts | NotUnderstood | undefined {
  const call = isRecord(node) ? node['FuncCall'] : undefined;
  if (!isRecord(call)) return undefined;
  const names = namesOf(call['funcname']);
  const nodes = Array.isArray(call['args']) ? (call['args'] as readonly unknown[]) : [];
  const routine = routineFor(reader.snapshot, names, nodes.length, scope.place.printed);
  if (routine === 'built-in' || routine?.proretset !== true || !isBareCall(call)) return undefined;
  const notUnderstood = { notUnderstood: `${names.join('.')}()` };
  // NULL for an argument is no rows at all.
  if (routine.proisstrict) return notUnderstood;
  const result = inline(reader, routine, nodes, scope);
  if (result === undefined || 'term' in result) return notUnderstood;
  const type = typeNamed(reader.snapshot, routine.rettype);
  const parts = result.parts.flatMap(({ outputs: [output, ...others], ...part }): Parts => {
    const term = output && others.length === 0 ? coerced(reader.snapshot, output.term, type) : undefined;
    return term === undefined ? [] : [{ ...part, outputs: [{ name: routine.proname, term }] }];
  });
  return parts.length === result.parts.length ? parts : notUnderstood;
}

type Inlined = { readonly term: Term } | { readonly parts: Parts };

function inline(reader: Reader, routine: Routine, nodes: readonly unknown[], scope: Scope): Inlined | undefined {
  const { place } = scope;
  const body = place.depth < 8 && isHarmless(routine) ? readFunctionBody(routine) : null;
  if (body === null) return undefined;
  const values = argumentsOf(reader, routine, nodes, scope);
  if (values === undefined) return undefined;
  const definer = place.role !== null && routine.prosecdef ? routine.proowner : null;
  const inner: Scope = {
    place: {
      ...place,
      // Under a view with its owner's rights, too, a function runs as who asks.
      role: definer ?? (place.role === null ? null : place.user),
      user: definer ?? place.user,
      printed: isPrinted(routine),
      // The body is a statement of its own.
      rewritten: [],
      depth: place.depth + 1,
    },
    ranges: [],
    outer: null,
    parameters: { of: routine.proname, names: routine.argnames, values, hidesNothing: routine.lanname === 'plpgsql' },
  };
  if ('expression' in body)
    return checked(routine, { term: strict(routine, values, failing(reader.expression(body.expression, inner))) });
  const parts = reader.select(body.select, inner);
  if (!isUnderstood(parts)) return undefined;
  const failure = parts.map(({ query }) => failureIn(query.where)).find((one) => one !== undefined);
  if (failure !== undefined) return { term: { ...failure, always: false } };
  const [selected, ...more] = parts;
  const [output] = selected?.outputs ?? [];
  if (selected === undefined || output === undefined) return undefined;
  if (more.length > 0 || selected.query.rows.length > 0 || selected.outputs.length !== 1) {
    return routine.proisstrict ? undefined : checked(routine, { parts });
  }
  // Without FROM there is one row, or none where a condition is not true.
  const { where } = selected.query;
  const term: Term =
    where.op === 'constant'
      ? output.term
      : {
          op: 'case',
          type: output.term.type,
          branches: [{ when: where, then: output.term }],
          otherwise: constant(output.term.type, null),
        };
  return checked(routine, { term: strict(routine, values, term) });
}

/** What always fails in a body fails when the function is called. */
function failing(term: Term): Term {
  const failure = failureIn(term);
  return failure === undefined ? term : { ...failure, type: term.type, always: false };
}

/** A function that is called IMMUTABLE and is not keeps in a plan what it once gave. */
function checked(routine: Routine, result: Inlined): Inlined | undefined {
  if (routine.provolatile !== 'i') return result;
  const terms =
    'term' in result
      ? [result.term]
      : result.parts.flatMap(({ query, outputs }) => [query.where, ...outputs.map(({ term }) => term)]);
  const reads = new Set(['setting', 'exists', 'in', 'scalar', 'unknown', 'now', 'today']);
  const changes = terms.some((term) =>
    [...walk(term)].some((part) => reads.has(part.op === 'apply' ? part.name : part.op)),
  );
  return changes || ('parts' in result && result.parts.some(({ query }) => query.rows.length > 0)) ? undefined : result;
}

/** What a setting of the function itself would change is not followed; a search path changes names alone. */
function isHarmless({ proconfig, prokind }: Routine): boolean {
  return prokind === 'f' && proconfig.every((setting) => /^search_path=/i.test(setting));
}

/** Whether its body was stored parsed, and printed for us. */
function isPrinted({ lanname, prosrc }: Routine): boolean {
  return lanname === 'sql' && /^\s*(begin\s+atomic|return)\s/i.test(prosrc);
}

function argumentsOf(
  reader: Reader,
  { argtypes, argdefaults }: Routine,
  nodes: readonly unknown[],
  scope: Scope,
): readonly Term[] | undefined {
  const values = argtypes.map((printed, index): Term | undefined => {
    const type = typeNamed(reader.snapshot, printed);
    const node = nodes[index];
    if (isRecord(node) && 'NamedArgExpr' in node) return undefined;
    const term =
      node === undefined ? defaultOf(reader, argdefaults[index] ?? 'null', scope) : reader.expression(node, scope);
    return coerced(reader.snapshot, term, type) ?? unknown(type, 'an argument');
  });
  const known = values.filter((value) => value !== undefined);
  return known.length === values.length ? known : undefined;
}

function defaultOf(reader: Reader, text: string, { place }: Scope): Term {
  const scope: Scope = { place: { ...place, printed: true }, ranges: [], outer: null, parameters: null };
  try {
    return reader.expression(parseExpression(text), scope);
  } catch (error) {
    if (error instanceof SqlSyntaxError) return unknown('other', text);
    throw error;
  }
}

function strict({ proisstrict }: Routine, values: readonly Term[], term: Term): Term {
  if (!proisstrict || values.length === 0) return term;
  const when: Term = {
    op: 'or',
    type: 'bool',
    args: values.map((arg) => ({ op: 'is', type: 'bool', state: 'null', arg })),
  };
  return { op: 'case', type: term.type, branches: [{ when, then: constant(term.type, null) }], otherwise: term };
}

function scalarOf([first, ...more]: Parts): Term {
  const [output, ...others] = first?.outputs ?? [];
  if (first === undefined || output === undefined || others.length > 0) return unknown('other', 'several columns');
  // A function in SQL gives the first row, however many there are: any of them.
  if (more.length === 0)
    return { op: 'scalar', type: output.term.type, query: first.query, output: output.term, several: 'any' };
  return unknown(output.term.type, 'which of the rows of a subquery comes first');
}

function builtIn(name: string, args: readonly Term[]): Term {
  const [first, second] = args;
  if (name === 'current_setting') {
    const missingOk = second?.op === 'constant' ? second.value : second === undefined ? false : null;
    if (first?.op !== 'constant' || typeof first.value !== 'string' || typeof missingOk !== 'boolean') {
      return unknown('text', 'current_setting()');
    }
    return { op: 'setting', type: 'text', name: first.value.toLowerCase(), missingOk };
  }
  if (name === 'lower' || name === 'upper') {
    return first?.type === 'text' ? { op: 'apply', type: 'text', name, args: [first] } : unknown('text', `${name}()`);
  }
  if (name === 'now' || name === 'transaction_timestamp')
    return { op: 'apply', type: 'timestamptz', name: 'now', args: [] };
  return unknown('other', `${name}()`);
}

/** The one function that a call may mean; what has a namesake with as many arguments is left alone. */
function routineFor(
  snapshot: CatalogSnapshot,
  names: readonly string[],
  count: number,
  printed: boolean,
): Routine | 'built-in' | undefined {
  const isBuiltIn = builtIns[names.at(-1) ?? '']?.includes(count) === true;
  if (names.length === 1 && printed) return isBuiltIn ? 'built-in' : undefined;
  if (names.length === 2 && names[0] === 'pg_catalog') return isBuiltIn ? 'built-in' : undefined;
  const candidates = routinesNamed(snapshot, names).filter(
    ({ argtypes, pronargdefaults }) => count <= argtypes.length && count >= argtypes.length - pronargdefaults,
  );
  const [routine, ...others] = candidates;
  if (routine === undefined) return isBuiltIn && names.length === 1 ? 'built-in' : undefined;
  return others.length === 0 && !isBuiltIn ? routine : undefined;
}

function routinesNamed(snapshot: CatalogSnapshot, names: readonly string[]): readonly Routine[] {
  const [name, schema] = [...names].reverse();
  const all = routinesByName(snapshot).get(name ?? '') ?? [];
  return schema === undefined ? all : all.filter(({ nspname }) => nspname === schema);
}

const routinesByName = derived(({ functions }) => groupBy(functions, ({ proname }) => proname));
