import { parseExpression } from '../sql/parse.ts';
import { lastName } from '../sql/tree.ts';

/** What conditions say of one column: constants that stand beside it. */
export interface Hints {
  readonly texts: Set<string>;
  readonly numbers: Set<number>;
  readonly patterns: Set<string>;
  readonly likes: Set<string>;
  readonly lengths: Set<number>;
  readonly arrays: Set<string>;
  /** Places within a JSON value, as JSON texts of their keys, and the values that are wanted there. */
  readonly paths: Map<string, Set<string>>;
}

export function noHints(): Hints {
  return {
    texts: new Set(),
    numbers: new Set(),
    patterns: new Set(),
    likes: new Set(),
    lengths: new Set(),
    arrays: new Set(),
    paths: new Map(),
  };
}

/** Adds what is said of one column to what is said of another. */
export function addHints(to: Hints, from: Hints): void {
  for (const kind of ['texts', 'patterns', 'likes', 'arrays'] as const)
    for (const text of from[kind]) to[kind].add(text);
  for (const kind of ['numbers', 'lengths'] as const) for (const number of from[kind]) to[kind].add(number);
  for (const [place, values] of from.paths) to.paths.set(place, new Set([...(to.paths.get(place) ?? []), ...values]));
}

/** Gathers what expressions say of each column: the constants in the smallest condition that names it. */
export function gatherHints(expressions: readonly string[]): ReadonlyMap<string, Hints> {
  const all = new Map<string, Hints>();
  for (const expression of expressions) {
    for (const atom of atomsOf(parseExpression(expression))) {
      const seen = look(atom);
      for (const column of seen.columns) {
        const hints = all.get(column) ?? noHints();
        all.set(column, hints);
        note(hints, seen, column);
      }
    }
  }
  return all;
}

type Tree = Readonly<Record<string, unknown>>;

interface Seen {
  readonly columns: Set<string>;
  readonly words: Set<string>;
  readonly texts: Set<string>;
  readonly arrays: Set<string>;
  readonly paths: { readonly column: string; readonly keys: readonly string[] }[];
}

const lengthFunctions =
  /^(length|char_length|character_length|octet_length|bit_length|array_length|cardinality|jsonb?_array_length)$/;
const patternOperators = /^(~|~\*|regexp_like|regexp_match|similar_to_escape)$/;
const likeOperators = /^(~~|~~\*|like|ilike)$/;
const keyOperators = /^(->|->>|\?|\?&|\?\||#>|#>>|jsonb?_extract_path(_text)?|jsonb_exists)$/;

function note(hints: Hints, { words, texts, arrays, paths }: Seen, column: string): void {
  const some = (pattern: RegExp): boolean => [...words].some((word) => pattern.test(word));
  const own = paths.filter((path) => path.column === column);
  const keys = new Set(own.flatMap((path) => path.keys));
  const wanted = [...texts].filter((text) => !keys.has(text));
  for (const path of own) {
    const place = JSON.stringify(path.keys);
    const values = hints.paths.get(place) ?? new Set();
    for (const text of wanted) values.add(text);
    hints.paths.set(place, values);
  }
  for (const array of arrays) hints.arrays.add(array);
  for (const text of texts) {
    if (some(patternOperators)) hints.patterns.add(text);
    if (some(likeOperators)) hints.likes.add(text);
    if (text.trim() !== '' && Number.isFinite(Number(text))) {
      hints.numbers.add(Number(text));
      if (some(lengthFunctions)) hints.lengths.add(Number(text));
    }
    hints.texts.add(text);
  }
  if (own.length === 0 && some(keyOperators)) {
    for (const text of texts)
      hints.paths.set(JSON.stringify([text]), hints.paths.get(JSON.stringify([text])) ?? new Set());
  }
}

/** The parts of a condition that AND, OR, NOT and CASE put together. */
function* atomsOf(node: unknown): Generator {
  const bool = tagged(node, 'BoolExpr') ?? tagged(node, 'CaseExpr') ?? tagged(node, 'CaseWhen');
  if (bool === undefined) {
    if (node !== undefined) yield node;
    return;
  }
  for (const part of [bool['args'], bool['arg'], bool['expr'], bool['result'], bool['defresult']].flat()) {
    yield* atomsOf(part);
  }
}

function look(atom: unknown): Seen {
  const seen: Seen = { columns: new Set(), words: new Set(), texts: new Set(), arrays: new Set(), paths: [] };
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) {
      node.forEach(visit);
      return;
    }
    if (!isTree(node)) return;
    const column = tagged(node, 'ColumnRef');
    const name = column && lastName(column['fields']);
    if (name !== undefined) seen.columns.add(name);
    const path = pathOf(node);
    if (path !== undefined && path.keys.length > 0) seen.paths.push(path);
    const constant = constantOf(node);
    if (constant !== undefined) seen.texts.add(constant);
    const array = tagged(node, 'A_ArrayExpr');
    if (array !== undefined) {
      const elements = [array['elements']].flat().map((element) => constantOf(element));
      if (elements.every((element) => element !== undefined)) seen.arrays.add(JSON.stringify(elements));
    }
    for (const tag of ['A_Expr', 'FuncCall']) {
      const word = tagged(node, tag);
      const said = word && lastName(word['name'] ?? word['funcname']);
      if (said !== undefined) seen.words.add(said.toLowerCase());
    }
    // The innermost of a path is a part of the whole.
    if (path !== undefined && path.keys.length > 0) {
      seen.columns.add(path.column);
      path.keys.forEach((key) => seen.texts.add(key));
      return;
    }
    Object.values(node).forEach(visit);
  };
  visit(atom);
  return seen;
}

/** The column and the keys of `metadata -> 'a' ->> 'b'`, `metadata #>> '{a,b}'` and `jsonb_extract_path_text(metadata, 'a', 'b')`. */
function pathOf(node: unknown): { readonly column: string; readonly keys: readonly string[] } | undefined {
  const cast = tagged(node, 'TypeCast');
  if (cast !== undefined) return pathOf(cast['arg']);
  const column = tagged(node, 'ColumnRef');
  if (column !== undefined) {
    const name = lastName(column['fields']);
    return name === undefined ? undefined : { column: name, keys: [] };
  }
  const call = tagged(node, 'FuncCall');
  if (call !== undefined) {
    const [first, ...rest] = [call['args']].flat();
    const keys = rest.map((key) => constantOf(key));
    const isPath = /^jsonb?_extract_path(_text)?$/.test(lastName(call['funcname']) ?? '');
    return isPath && keys.every((key) => key !== undefined) ? lengthened(first, keys) : undefined;
  }
  const operation = tagged(node, 'A_Expr');
  const operator = operation && lastName(operation['name']);
  const key = operation && constantOf(operation['rexpr']);
  if (operation === undefined || key === undefined) return undefined;
  if (operator === '->' || operator === '->>') return lengthened(operation['lexpr'], [key]);
  if (operator === '#>' || operator === '#>>')
    return lengthened(operation['lexpr'], key.replace(/^\{|\}$/g, '').split(','));
  return undefined;
}

function lengthened(node: unknown, keys: readonly string[]): ReturnType<typeof pathOf> {
  const path = pathOf(node);
  return path && { column: path.column, keys: [...path.keys, ...keys] };
}

/** The text of a constant, with a sign and a cast or without. */
function constantOf(node: unknown): string | undefined {
  const cast = tagged(node, 'TypeCast');
  if (cast !== undefined) return constantOf(cast['arg']);
  const negated = tagged(node, 'A_Expr');
  if (negated !== undefined && negated['lexpr'] === undefined && lastName(negated['name']) === '-') {
    const positive = constantOf(negated['rexpr']);
    return positive === undefined ? undefined : `-${positive}`;
  }
  const constant = tagged(node, 'A_Const');
  if (constant === undefined) return undefined;
  const [string, float] = [tagged(constant, 'sval'), tagged(constant, 'fval')];
  if (string !== undefined) return textOf(string['sval']) ?? '';
  if (float !== undefined) return textOf(float['fval']);
  const [integer, boolean] = [tagged(constant, 'ival'), tagged(constant, 'boolval')];
  // What is zero or false is left out of a parse tree.
  if (integer !== undefined) return typeof integer['ival'] === 'number' ? String(integer['ival']) : '0';
  return boolean === undefined ? undefined : String(boolean['boolval'] === true);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function tagged(node: unknown, tag: string): Tree | undefined {
  const value = isTree(node) ? node[tag] : undefined;
  return isTree(value) ? value : undefined;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
