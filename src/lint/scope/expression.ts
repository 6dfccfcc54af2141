import { parseExpression, SqlSyntaxError } from '../../sql/parse.ts';
import { isRecord, lastName, namesOf } from '../../sql/tree.ts';

/** An SQL expression, cut down to what decides whose rows pass. Casts that change nothing but the type stay, as `cast`. */
export type Expression =
  | { readonly kind: 'and' | 'or' | 'coalesce' | 'array'; readonly args: readonly Expression[] }
  | { readonly kind: 'not'; readonly arg: Expression }
  | { readonly kind: 'compare'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  /** `operator ANY (array)`, and IN over a list. */
  | { readonly kind: 'any'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'distinct'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'nullif'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'is'; readonly state: 'true' | 'false' | 'null'; readonly arg: Expression }
  | { readonly kind: 'case'; readonly branches: readonly Branch[]; readonly otherwise: Expression }
  | { readonly kind: 'constant'; readonly value: string | boolean | null }
  | { readonly kind: 'column'; readonly name: string }
  | { readonly kind: 'parameter'; readonly number: number }
  | { readonly kind: 'cast'; readonly type: string; readonly arg: Expression }
  | {
      readonly kind: 'call';
      readonly schema: string | null;
      readonly name: string;
      readonly args: readonly Expression[];
    }
  | { readonly kind: 'user'; readonly of: 'current' | 'session' }
  /** What is not read further: subqueries, and the rarer nodes. */
  | { readonly kind: 'opaque'; readonly node: unknown };

export interface Branch {
  readonly when: Expression;
  readonly then: Expression;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads the text of an expression; null where it does not parse: an expression of a newer server. */
export function readExpression(text: string): Expression | null {
  return read(text)?.expression ?? null;
}

/** The parse tree of the same, for what an Expression leaves out. */
export function readTree(text: string): unknown {
  return read(text)?.tree ?? null;
}

interface Read {
  readonly tree: unknown;
  readonly expression: Expression;
}

// The policies of a database repeat few texts, and many rules read each.
const known = new Map<string, Read | null>();

function read(text: string): Read | null {
  const before = known.get(text);
  if (before !== undefined) return before;
  const found = parse(text);
  known.set(text, found);
  return found;
}

function parse(text: string): Read | null {
  try {
    const tree = parseExpression(text);
    return { tree, expression: fromNode(tree) };
  } catch (error) {
    if (error instanceof SqlSyntaxError) return null;
    throw error;
  }
}

/** Reads a node of a parse tree, such as the WHERE of a view. */
export function fromNode(node: unknown): Expression {
  const [tag, value] = isRecord(node) ? (Object.entries(node)[0] ?? []) : [];
  const reader = tag === undefined ? undefined : readers[tag];
  const expression = isRecord(value) ? reader?.(value) : undefined;
  return expression ?? { kind: 'opaque', node };
}

const readers: Readonly<Record<string, (fields: Fields) => Expression | undefined>> = {
  BoolExpr: ({ boolop, args }) =>
    boolop === 'NOT_EXPR'
      ? { kind: 'not', arg: first(args) }
      : { kind: boolop === 'AND_EXPR' ? 'and' : 'or', args: all(args) },
  A_Expr: readOperator,
  A_Const: (fields) => ({ kind: 'constant', value: constantOf(fields) }),
  A_ArrayExpr: ({ elements }) => ({ kind: 'array', args: all(elements) }),
  ColumnRef: ({ fields }) => {
    const name = lastName(fields);
    return name === undefined ? undefined : { kind: 'column', name };
  },
  ParamRef: ({ number }) => ({ kind: 'parameter', number: Number(number) }),
  TypeCast: ({ arg, typeName }) => {
    const { names, typmods, arrayBounds } = isRecord(typeName) ? typeName : {};
    const modified = typmods === undefined ? '' : '(n)';
    const type = `${lastName(names) ?? ''}${modified}${arrayBounds === undefined ? '' : '[]'}`;
    return { kind: 'cast', type, arg: fromNode(arg) };
  },
  CollateClause: ({ arg }) => fromNode(arg),
  CoalesceExpr: ({ args }) => ({ kind: 'coalesce', args: all(args) }),
  NullTest: ({ arg, nulltesttype }) => negatedIf(nulltesttype === 'IS_NOT_NULL', 'null', fromNode(arg)),
  BooleanTest: ({ arg, booltesttype }) => {
    const [, not, state] = /^IS_(NOT_)?(TRUE|FALSE|UNKNOWN)$/.exec(String(booltesttype)) ?? [];
    const states = { TRUE: 'true', FALSE: 'false', UNKNOWN: 'null' } as const;
    return negatedIf(not !== undefined, states[state as keyof typeof states], fromNode(arg));
  },
  CaseExpr: ({ arg, args, defresult }) => {
    const branches = (Array.isArray(args) ? args : []).map((item: unknown): Branch => {
      const { expr, result } = isRecord(item) && isRecord(item['CaseWhen']) ? item['CaseWhen'] : {};
      const test = fromNode(expr);
      const when: Expression =
        arg === undefined ? test : { kind: 'compare', operator: '=', left: fromNode(arg), right: test };
      return { when, then: fromNode(result) };
    });
    return { kind: 'case', branches, otherwise: defresult === undefined ? nothing : fromNode(defresult) };
  },
  FuncCall: ({ funcname, args, over, agg_filter, agg_star }) => {
    if (over ?? agg_filter ?? agg_star) return undefined;
    const names = namesOf(funcname);
    const name = names.at(-1);
    const schema = names.length > 1 && names[0] !== 'pg_catalog' ? (names[0] ?? null) : null;
    return name === undefined ? undefined : { kind: 'call', schema, name, args: all(args) };
  },
  SQLValueFunction: ({ op }) => {
    if (String(op).includes('SESSION_USER')) return { kind: 'user', of: 'session' };
    if (/USER|ROLE/.test(String(op))) return { kind: 'user', of: 'current' };
    return { kind: 'call', schema: null, name: String(op), args: [] };
  },
  SubLink: readSubquery,
};

const nothing: Expression = { kind: 'constant', value: null };

function readOperator({ kind, name, lexpr, rexpr }: Fields): Expression | undefined {
  const operator = lastName(name) ?? '';
  const left = fromNode(lexpr);
  switch (kind) {
    case 'AEXPR_OP':
      return lexpr === undefined ? undefined : comparison(operator, left, fromNode(rexpr));
    case 'AEXPR_LIKE':
    case 'AEXPR_ILIKE':
    case 'AEXPR_SIMILAR':
      return { kind: 'compare', operator, left, right: fromNode(rexpr) };
    case 'AEXPR_OP_ANY':
      return { kind: 'any', operator, left, right: fromNode(rexpr) };
    case 'AEXPR_IN': {
      const list = isRecord(rexpr) && isRecord(rexpr['List']) ? rexpr['List']['items'] : undefined;
      const within: Expression = { kind: 'any', operator: '=', left, right: { kind: 'array', args: all(list) } };
      return operator === '=' ? within : { kind: 'not', arg: within };
    }
    case 'AEXPR_DISTINCT':
      return { kind: 'distinct', left, right: fromNode(rexpr) };
    case 'AEXPR_NOT_DISTINCT':
      return { kind: 'not', arg: { kind: 'distinct', left, right: fromNode(rexpr) } };
    case 'AEXPR_NULLIF':
      return { kind: 'nullif', left, right: fromNode(rexpr) };
    default:
      return undefined;
  }
}

/** The constant of an equation stands to the right. */
function comparison(operator: string, left: Expression, right: Expression): Expression {
  const swapped = operator === '=' && left.kind === 'constant' && right.kind !== 'constant';
  return { kind: 'compare', operator, left: swapped ? right : left, right: swapped ? left : right };
}

/** `(select expression)` is the expression, and so is one within `x in (select expression)`. */
function readSubquery({ subLinkType, testexpr, operName, subselect }: Fields): Expression | undefined {
  const { SelectStmt: select } = isRecord(subselect) ? subselect : {};
  const selected = isRecord(select) ? loneTarget(select) : undefined;
  if (selected === undefined) return undefined;
  if (subLinkType === 'EXPR_SUBLINK') return fromNode(selected);
  if (subLinkType !== 'ANY_SUBLINK') return undefined;
  const operator = operName === undefined ? '=' : (lastName(operName) ?? '');
  return { kind: 'compare', operator, left: fromNode(testexpr), right: fromNode(selected) };
}

/** What `select expression` selects, if the query is nothing else. */
export function loneTarget(select: Fields): unknown {
  const clauses = ['fromClause', 'whereClause', 'groupClause', 'havingClause', 'withClause', 'limitCount'];
  const { targetList, op } = select;
  if (op !== 'SETOP_NONE' || clauses.some((clause) => select[clause] !== undefined)) return undefined;
  const [target, ...others] = Array.isArray(targetList) ? (targetList as readonly unknown[]) : [];
  const value = isRecord(target) && isRecord(target['ResTarget']) ? target['ResTarget']['val'] : undefined;
  return others.length > 0 ? undefined : value;
}

function negatedIf(negated: boolean, state: 'true' | 'false' | 'null', arg: Expression): Expression {
  const test: Expression = { kind: 'is', state, arg };
  return negated ? { kind: 'not', arg: test } : test;
}

function constantOf({ isnull, boolval, sval, ival, fval }: Fields): string | boolean | null {
  if (isnull === true) return null;
  // The parser leaves out what is false, zero or empty.
  if (isRecord(boolval)) return boolval['boolval'] === true;
  if (isRecord(sval)) return typeof sval['sval'] === 'string' ? sval['sval'] : '';
  if (isRecord(ival)) return typeof ival['ival'] === 'number' ? String(ival['ival']) : '0';
  return isRecord(fval) && typeof fval['fval'] === 'string' ? fval['fval'] : '';
}

function all(nodes: unknown): readonly Expression[] {
  return Array.isArray(nodes) ? nodes.map(fromNode) : [];
}

function first(nodes: unknown): Expression {
  return all(nodes)[0] ?? nothing;
}

/** An expression by its meaning: without casts and the qualifiers of columns. Two with the same key are the same. */
export function keyOf(expression: Expression): string {
  const key = keys.get(expression) ?? makeKey(expression);
  keys.set(expression, key);
  return key;
}

const keys = new WeakMap<Expression, string>();

function makeKey(expression: Expression): string {
  if (expression.kind === 'cast') return keyOf(expression.arg);
  if (expression.kind === 'opaque') return JSON.stringify(expression.node, withoutPlaces);
  return JSON.stringify([expression.kind, ...detailsOf(expression), ...childrenOf(expression).map(keyOf)]);
}

function withoutPlaces(name: string, value: unknown): unknown {
  return /location$|list_(start|end)$/.test(name) ? undefined : value;
}

/** What an expression is beside its parts. */
function detailsOf(expression: Expression): readonly unknown[] {
  switch (expression.kind) {
    case 'compare':
    case 'any':
      return [expression.operator];
    case 'is':
      return [expression.state];
    case 'constant':
      return [expression.value];
    case 'column':
      return [expression.name];
    case 'parameter':
      return [expression.number];
    case 'call':
      return [expression.schema, expression.name];
    case 'user':
      return [expression.of];
    default:
      return [];
  }
}

/** An expression and all that it is made of, but for what is not read. */
export function* partsOf(expression: Expression): Generator<Expression> {
  yield expression;
  for (const part of childrenOf(expression)) yield* partsOf(part);
}

function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'and':
    case 'or':
    case 'coalesce':
    case 'array':
    case 'call':
      return expression.args;
    case 'not':
    case 'is':
    case 'cast':
      return [expression.arg];
    case 'compare':
    case 'any':
    case 'distinct':
    case 'nullif':
      return [expression.left, expression.right];
    case 'case':
      return [...expression.branches.flatMap(({ when, then }) => [when, then]), expression.otherwise];
    default:
      return [];
  }
}
