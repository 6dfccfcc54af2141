import type { Relation } from '../catalog/snapshot.ts';

/**
 * A type as the prover knows it. `enum schema.name` is an enum's; `other` is one whose values are only told to be NULL or not;
 * `composite` one that may be of rows, of which IS NULL asks for their columns; `array …` one of arrays of values of that type;
 * `loose` is a text whose collation takes different texts for equal; `literal` a quoted constant that takes the type of what it meets.
 */
export type Type =
  | 'bool'
  | 'uuid'
  | 'text'
  | 'int'
  | 'date'
  | 'timestamp'
  | 'timestamptz'
  | 'interval'
  | 'json'
  | 'jsonb'
  | 'loose'
  | 'literal'
  | 'other'
  | 'composite'
  | `enum ${string}`
  | `array ${string}`;

/** A value: uuids in their canonical spelling, moments in microseconds (dates in days) since 1970, an enum's as its label, arrays as PostgreSQL writes them. */
export type Value = string | bigint | boolean | null;

/** A row that terms speak of: the one that is judged, or one of a subquery. Two are the same if they are the same object. */
export interface Row {
  readonly relation: Relation;
  /** The number by which it is told apart in keys. */
  readonly id: number;
}

export type Comparison = '=' | '<' | '<=' | '>' | '>=';

/**
 * An SQL expression by its meaning. It has an outcome: a value, NULL, or an error. AND and OR leave open in which order their
 * operands are looked at: one that decides may hide the error of another, or not.
 */
export type Term =
  | { readonly op: 'constant'; readonly type: Type; readonly value: Value }
  | { readonly op: 'column'; readonly type: Type; readonly row: Row; readonly name: string }
  /** `current_setting(name, missingOk)`. */
  | { readonly op: 'setting'; readonly type: 'text'; readonly name: string; readonly missingOk: boolean }
  /** The subject's id as text: `$1` of an intent. */
  | { readonly op: 'subject'; readonly type: 'text' }
  | { readonly op: 'and' | 'or'; readonly type: 'bool'; readonly args: readonly Term[] }
  | { readonly op: 'not'; readonly type: 'bool'; readonly arg: Term }
  | { readonly op: 'is'; readonly type: 'bool'; readonly state: 'true' | 'false' | 'null'; readonly arg: Term }
  | {
      readonly op: 'compare';
      readonly type: 'bool';
      readonly comparison: Comparison;
      readonly left: Term;
      readonly right: Term;
    }
  | { readonly op: 'distinct'; readonly type: 'bool'; readonly left: Term; readonly right: Term }
  | { readonly op: 'case'; readonly type: Type; readonly branches: readonly Branch[]; readonly otherwise: Term }
  | { readonly op: 'coalesce'; readonly type: Type; readonly args: readonly Term[] }
  | { readonly op: 'nullif'; readonly type: Type; readonly left: Term; readonly right: Term }
  /** `reads`: how a text is read, such as `int4`. */
  | { readonly op: 'cast'; readonly type: Type; readonly arg: Term; readonly reads: string }
  /** A function that depends on its arguments alone, is NULL where one of them is, and raises no error. */
  | { readonly op: 'apply'; readonly type: Type; readonly name: FunctionName; readonly args: readonly Term[] }
  | { readonly op: 'like'; readonly type: 'bool'; readonly arg: Term; readonly pattern: string }
  /** `left = any (array)`. */
  | { readonly op: 'among'; readonly type: 'bool'; readonly left: Term; readonly array: Term }
  | { readonly op: 'exists'; readonly type: 'bool'; readonly query: Query }
  /** `left = any (select output …)`. */
  | { readonly op: 'in'; readonly type: 'bool'; readonly left: Term; readonly query: Query; readonly output: Term }
  /** `(select output …)`: NULL without a row. More than one raise an error, or it is any of them. */
  | {
      readonly op: 'scalar';
      readonly type: Type;
      readonly query: Query;
      readonly output: Term;
      readonly several: 'raise' | 'any';
    }
  /** An error for sure. `always`: whatever the rows are, since PostgreSQL meets it before it reads one. */
  | { readonly op: 'fails'; readonly type: Type; readonly what: string; readonly always: boolean }
  /** What is not understood: any outcome. */
  | { readonly op: 'unknown'; readonly type: Type; readonly what: string };

export interface Branch {
  readonly when: Term;
  readonly then: Term;
}

/** Some rows of tables, such that a condition is true of them together. */
export interface Query {
  readonly rows: readonly Row[];
  readonly where: Term;
}

/**
 * Functions of pg_catalog that need no more than their name. `collate C` is its argument, in another order; `plus` adds a constant
 * interval to now(), and `today` is the day that it is.
 */
export type FunctionName =
  'now' | 'today' | 'plus' | 'lower' | 'upper' | '||' | 'collate C' | 'json->>' | 'json->' | 'jsonb->>' | 'jsonb->';

/**
 * What the collation of an expression comes from: its columns, and COLLATE. Order, and what small letters are, go by it; two
 * expressions of which this differs may have different ones.
 */
export function collationOf(terms: readonly Term[]): string {
  const parts = terms
    .flatMap((term) => [...walk(term)])
    .flatMap((part): string[] => {
      if (part.op === 'column') return [`${part.row.relation.oid} ${part.name}`];
      return part.op === 'apply' && part.name === 'collate C' ? [part.name] : [];
    });
  return [...new Set(parts)].sort().join(', ');
}

export function mayGiveNull(name: FunctionName): boolean {
  return name.startsWith('json');
}

let rows = 0;

export function newRow(relation: Relation): Row {
  rows += 1;
  return { relation, id: rows };
}

export function constant(type: Type, value: Value): Term {
  return { op: 'constant', type, value };
}

export const yes: Term = constant('bool', true);
export const no: Term = constant('bool', false);

export function isTrue(term: Term): boolean {
  return term.op === 'constant' && term.value === true;
}

export function allOf(args: readonly Term[]): Term {
  const needed = args.filter((arg) => arg !== yes);
  if (needed.length === 0) return yes;
  return needed.length === 1 && needed[0] ? needed[0] : { op: 'and', type: 'bool', args: needed };
}

export function anyOf(args: readonly Term[]): Term {
  const possible = args.filter((arg) => arg !== no);
  if (possible.length === 0) return no;
  return possible.length === 1 && possible[0] ? possible[0] : { op: 'or', type: 'bool', args: possible };
}

export function negation(arg: Term): Term {
  return { op: 'not', type: 'bool', arg };
}

/** Whether a query has a row. */
export function existence(query: Query): Term {
  if (query.rows.length > 0) return { op: 'exists', type: 'bool', query };
  return { op: 'is', type: 'bool', state: 'true', arg: query.where };
}

export function unknown(type: Type, what: string): Term {
  return { op: 'unknown', type, what };
}

/** The terms that a term is made of, those within its queries included. */
export function partsOf(term: Term): readonly Term[] {
  switch (term.op) {
    case 'and':
    case 'or':
    case 'coalesce':
    case 'apply':
      return term.args;
    case 'not':
    case 'is':
    case 'cast':
    case 'like':
      return [term.arg];
    case 'compare':
    case 'distinct':
    case 'nullif':
      return [term.left, term.right];
    case 'among':
      return [term.left, term.array];
    case 'case':
      return [...term.branches.flatMap(({ when, then }) => [when, then]), term.otherwise];
    case 'exists':
      return [term.query.where];
    case 'in':
      return [term.left, term.query.where, term.output];
    case 'scalar':
      return [term.query.where, term.output];
    default:
      return [];
  }
}

/** A term and all within it. */
export function* walk(term: Term): Generator<Term> {
  yield term;
  for (const part of partsOf(term)) yield* walk(part);
}

/**
 * What PostgreSQL may compute beforehand, and fail in, whether it is needed or not: the casts of what becomes a constant once it is
 * simplified, as may be where one of its arms is one; and what no row has a part in, since the planner looks at what columns are
 * compared with.
 */
export function earlyParts(term: Term): readonly Term[] {
  return [...walk(term)].filter((part) => {
    if (part.op === 'setting') return !part.missingOk;
    return part.op === 'cast' && (mayBecomeConstant(part.arg) || isFixed(part.arg));
  });
}

/** Whether it comes to the same for every row. */
export function isFixed(term: Term): boolean {
  return [...walk(term)].every((part) => part.op !== 'column' && part.op !== 'unknown' && !('query' in part));
}

function mayBecomeConstant(term: Term): boolean {
  switch (term.op) {
    case 'constant':
      return true;
    case 'case':
      return [...term.branches.map(({ then }) => then), term.otherwise].some(mayBecomeConstant);
    case 'nullif':
      return mayBecomeConstant(term.left);
    case 'apply':
    case 'cast':
    case 'coalesce':
    case 'and':
    case 'or':
    case 'not':
    case 'is':
    case 'compare':
    case 'distinct':
    case 'like':
    case 'among':
      return partsOf(term).some(mayBecomeConstant);
    default:
      return false;
  }
}

/** The terms within a term that are not within a query of it, and whether there are queries. */
export function* walkOutside(term: Term): Generator<Term> {
  yield term;
  if (term.op === 'exists' || term.op === 'in' || term.op === 'scalar') return;
  for (const part of partsOf(term)) yield* walkOutside(part);
}

/** What makes a whole statement fail, if there is something. */
export function failureIn(term: Term): Extract<Term, { op: 'fails' }> | undefined {
  for (const part of walk(term)) if (part.op === 'fails' && part.always) return part;
  return undefined;
}
