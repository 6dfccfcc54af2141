import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { itemsOf } from './array.ts';
import { microsecondsOf } from './interval.ts';
import { likeMatches } from './like.ts';
import { earlyParts, walk, type Query, type Row, type Term, type Value } from './term.ts';
import { labelsOf, readAs, readerOf, writeAs } from './types.ts';

/** A row by its columns. */
export type RowValues = ReadonlyMap<string, Value>;

/** A small database, and a session in it. */
export interface Situation {
  readonly snapshot: CatalogSnapshot;
  /** The rows of each table, by its oid. */
  readonly tables: ReadonlyMap<number, readonly RowValues[]>;
  /** Settings by their name in small letters; what is not there is not set. */
  readonly settings: ReadonlyMap<string, string>;
  readonly subject: string | null;
  /** In microseconds since 1970, where it is known. */
  readonly now?: bigint;
}

/** What a term comes to there. `mayRaise`: an error hides behind what decides, and PostgreSQL may look at it first. */
export type Result =
  | { readonly kind: 'value'; readonly value: Value; readonly mayRaise: boolean }
  | { readonly kind: 'raises' }
  /** It depends on something that is not understood. */
  | { readonly kind: 'unknown'; readonly what: string };

export type Rows = ReadonlyMap<Row, RowValues>;

/** Computes a term as PostgreSQL does. */
export function evaluate(situation: Situation, term: Term, rows: Rows): Result {
  const evaluator = new Evaluator(situation);
  const result = evaluator.result(term, rows);
  // What is constant is computed beforehand, whoever needs it; and so may be a part of what is not understood.
  const fails =
    [...walk(term)].some(({ op }) => op === 'unknown') ||
    earlyParts(term).some((part) => evaluator.result(part, rows).kind === 'raises');
  return fails && result.kind === 'value' ? { ...result, mayRaise: true } : result;
}

class Evaluator {
  constructor(private readonly situation: Situation) {}

  result(term: Term, rows: Rows): Result {
    const of = (part: Term): Result => this.result(part, rows);
    switch (term.op) {
      case 'constant':
        return value(term.value);
      case 'column': {
        const found = rows.get(term.row)?.get(term.name);
        return found === undefined ? unknown(term.name) : value(found);
      }
      case 'setting': {
        const found = this.situation.settings.get(term.name);
        if (found === undefined && !term.name.includes('.')) return unknown(`the setting ${term.name}`);
        return found === undefined && !term.missingOk ? raises : value(found ?? null);
      }
      case 'subject':
        return value(this.situation.subject);
      case 'and':
        return junction(term.args.map(of), false);
      case 'or':
        return junction(term.args.map(of), true);
      case 'not':
        return map(of(term.arg), (arg) => (arg === null ? null : arg !== true));
      case 'is':
        return map(of(term.arg), (arg) => (term.state === 'null' ? arg === null : arg === (term.state === 'true')));
      case 'compare':
        return strict([of(term.left), of(term.right)], ([left, right]) =>
          this.compare(term, left ?? null, right ?? null),
        );
      case 'distinct':
        return both(of(term.left), of(term.right), (left, right) => value(left !== right));
      case 'nullif':
        return this.nullif(of(term.left), of(term.right));
      case 'coalesce':
        return this.coalesce(term.args, rows);
      case 'case':
        return this.choice(term, rows);
      case 'cast':
        return strict([of(term.arg)], ([arg]) => this.cast(term, arg ?? null));
      case 'apply':
        return strict(term.args.map(of), (args) => apply(term.name, args, this.situation.now));
      case 'like':
        return strict([of(term.arg)], ([arg]) => value(likeMatches(term.pattern, String(arg))));
      case 'among':
        return both(of(term.left), of(term.array), (left, array) => this.among(term.left.type, left, array));
      case 'exists':
        return this.exists(term.query, rows);
      case 'in':
        return this.within(term, rows);
      case 'scalar':
        return this.scalar(term, rows);
      case 'fails':
        return raises;
      case 'unknown':
        return unknown(term.what);
    }
  }

  /** Whether a value is in an array: of an empty one even NULL is not. */
  private among(type: Term['type'], left: Value, array: Value): Result {
    if (array === null) return value(null);
    const items = itemsOf(String(array));
    if (items === undefined) return unknown('an array');
    if (items.length === 0) return value(false);
    const { snapshot } = this.situation;
    const read = items.map((item) => (item === null ? { value: null } : readAs(snapshot, readerOf(type), item)));
    if (read.some((one) => one === undefined || one === 'raises')) return unknown('an array');
    const values = read.flatMap((one) => (typeof one === 'object' ? [one.value] : []));
    if (left !== null && values.includes(left)) return value(true);
    return value(left === null || values.includes(null) ? null : false);
  }

  private nullif(left: Result, right: Result): Result {
    if (isNothing(left) && right.kind !== 'value') return value(null, true);
    return both(left, right, (a, b) => value(a !== null && a === b ? null : a));
  }

  private coalesce([first, ...rest]: readonly Term[], rows: Rows): Result {
    if (first === undefined) return value(null);
    return then(this.result(first, rows), (found) => (found === null ? this.coalesce(rest, rows) : value(found)));
  }

  private choice(term: Extract<Term, { op: 'case' }>, rows: Rows): Result {
    const [branch, ...branches] = term.branches;
    if (branch === undefined) return this.result(term.otherwise, rows);
    return then(this.result(branch.when, rows), (holds) =>
      holds === true ? this.result(branch.then, rows) : this.choice({ ...term, branches }, rows),
    );
  }

  private compare({ comparison, left: { type } }: Extract<Term, { op: 'compare' }>, left: Value, right: Value): Result {
    if (comparison === '=') return value(left === right);
    if (type === 'text') return unknown('the order of texts');
    const [a, b] = [this.rank(type, left), this.rank(type, right)];
    switch (comparison) {
      case '<':
        return value(a < b);
      case '<=':
        return value(a <= b);
      case '>':
        return value(a > b);
      case '>=':
        return value(a >= b);
    }
  }

  /** A value that JavaScript orders as PostgreSQL does. */
  private rank(type: Term['type'], operand: Value): string | bigint | number {
    if (type.startsWith('enum ')) return labelsOf(this.situation.snapshot, type).indexOf(String(operand));
    return typeof operand === 'boolean' ? Number(operand) : (operand ?? '');
  }

  private cast({ type, reads, arg: { type: from } }: Extract<Term, { op: 'cast' }>, arg: Value): Result {
    if (type === 'text') {
      const written = arg === null ? undefined : writeAs(from, arg);
      return written === undefined ? unknown(`a ${from} as a text`) : value(written);
    }
    const read = readAs(this.situation.snapshot, reads, String(arg));
    if (read === undefined) return unknown(`${String(arg)} as ${reads}`);
    return read === 'raises' ? raises : value(read.value);
  }

  private combinations(query: Query, rows: Rows): readonly Rows[] {
    let all: readonly Rows[] = [rows];
    for (const row of query.rows) {
      const stored = this.situation.tables.get(row.relation.oid) ?? [];
      all = all.flatMap((bound) => stored.map((values) => new Map([...bound, [row, values]])));
    }
    return all;
  }

  /** Whether a row stays: of conditions, each that is not true decides, NULL too. */
  private filter(where: Term, rows: Rows): Result {
    const results = where.op === 'and' ? where.args.map((arg) => this.filter(arg, rows)) : [this.result(where, rows)];
    return junction(
      results.map((result) => map(result, (found) => found === true)),
      false,
    );
  }

  private exists(query: Query, rows: Rows): Result {
    return junction(
      this.combinations(query, rows).map((bound) => this.filter(query.where, bound)),
      true,
    );
  }

  private within({ left, query, output }: Extract<Term, { op: 'in' }>, rows: Rows): Result {
    const results = this.combinations(query, rows).map((bound) => {
      return then(this.filter(query.where, bound), (isThere) =>
        isThere === true
          ? strict([this.result(left, rows), this.result(output, bound)], ([a, b]) => value(a === b))
          : value(false),
      );
    });
    // Without a row, what is looked for does not matter.
    return junction(results, true);
  }

  private scalar({ query, output, several }: Extract<Term, { op: 'scalar' }>, rows: Rows): Result {
    const found = this.combinations(query, rows).map((bound) => ({ bound, there: this.filter(query.where, bound) }));
    const failed = found.find(({ there }) => there.kind !== 'value');
    if (failed) return failed.there;
    const there = found.filter((one) => one.there.kind === 'value' && one.there.value === true);
    const [first, ...others] = there;
    if (first === undefined) return value(null);
    if (others.length === 0) return this.result(output, first.bound);
    return several === 'raise' ? raises : unknown('which of several rows comes first');
  }
}

const raises: Result = { kind: 'raises' };

function value(found: Value, mayRaise = false): Result {
  return { kind: 'value', value: found, mayRaise };
}

function unknown(what: string): Result {
  return { kind: 'unknown', what };
}

function isNothing(result: Result): boolean {
  return result.kind === 'value' && result.value === null;
}

function map(result: Result, change: (found: Value) => Value): Result {
  return result.kind === 'value' ? value(change(result.value), result.mayRaise) : result;
}

function then(first: Result, next: (found: Value) => Result): Result {
  if (first.kind !== 'value') return first;
  const second = next(first.value);
  return second.kind === 'value' ? value(second.value, first.mayRaise || second.mayRaise) : second;
}

function both(left: Result, right: Result, next: (left: Value, right: Value) => Result): Result {
  if (left.kind === 'unknown' || right.kind === 'unknown') return left.kind === 'unknown' ? left : right;
  if (left.kind === 'raises' || right.kind === 'raises') return raises;
  return then(left, (a) => then(right, (b) => next(a, b)));
}

function strict(args: readonly Result[], next: (args: readonly Value[]) => Result): Result {
  // PostgreSQL need not look at the others if it knows one to be NULL beforehand.
  if (args.some(isNothing) && args.some(({ kind }) => kind !== 'value')) return value(null, true);
  const missing = args.find(({ kind }) => kind === 'unknown');
  if (missing) return missing;
  if (args.some(({ kind }) => kind === 'raises')) return raises;
  const found = args.filter((arg) => arg.kind === 'value');
  const values = found.map((arg) => arg.value);
  const result = values.includes(null) ? value(null) : next(values);
  return result.kind === 'value'
    ? value(result.value, result.mayRaise || found.some(({ mayRaise }) => mayRaise))
    : result;
}

/** AND and OR: `decides` is the value that settles it. */
function junction(results: readonly Result[], decides: boolean): Result {
  const risky = results.some((result) => result.kind !== 'value' || result.mayRaise);
  if (results.some((result) => result.kind === 'value' && result.value === decides)) return value(decides, risky);
  const missing = results.find(({ kind }) => kind === 'unknown');
  if (missing) return missing;
  if (results.some(({ kind }) => kind === 'raises')) return raises;
  return value(results.some((result) => result.kind === 'value' && result.value === null) ? null : !decides, risky);
}

function apply(name: string, args: readonly Value[], now: bigint | undefined): Result {
  const [first, second] = args.map(String);
  switch (name) {
    case 'lower':
    case 'upper':
      if (first === undefined || !isAscii(first)) return unknown(`${name}() of letters beyond ASCII`);
      return value(name === 'lower' ? first.toLowerCase() : first.toUpperCase());
    case 'now':
      return now === undefined ? unknown('now()') : value(now);
    // Where days are not those of UTC, they are others.
    case 'today':
      return now === undefined ? unknown('CURRENT_DATE') : value(now / 86_400_000_000n);
    case 'plus': {
      const [moment, days, microseconds] = args.map((arg) => (typeof arg === 'bigint' ? arg : 0n));
      return value((moment ?? 0n) + microsecondsOf({ days: days ?? 0n, microseconds: microseconds ?? 0n }));
    }
    case 'collate C':
      return value(first ?? '');
    case '||':
      return value(`${first ?? ''}${second ?? ''}`);
    case 'json->>':
    case 'jsonb->>':
      return jsonText(jsonMember(first ?? '', second ?? ''));
    case 'json->':
    case 'jsonb->': {
      const member = jsonMember(first ?? '', second ?? '');
      return value(member === undefined ? null : JSON.stringify(member));
    }
    default:
      return unknown(`${name}()`);
  }
}

function isAscii(text: string): boolean {
  return [...text].every((character) => character.charCodeAt(0) < 128);
}

function jsonMember(document: string, key: string): unknown {
  const parsed: unknown = JSON.parse(document);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  return Object.hasOwn(parsed, key) ? (parsed as Readonly<Record<string, unknown>>)[key] : undefined;
}

function jsonText(member: unknown): Result {
  if (member === undefined || member === null) return value(null);
  if (typeof member === 'string') return value(member);
  if (typeof member === 'boolean') return value(String(member));
  return unknown('a part of a JSON document as a text');
}
