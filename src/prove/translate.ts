import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { asList, isRecord, lastName, namesOf } from '../sql/tree.ts';
import { itemsOf, writtenArray } from './array.ts';
import { alike, asBoolean, coerced } from './coerce.ts';
import { intervalOf } from './interval.ts';
import { isUnderstood, resolve, type Parts, type Reader, type Scope, type Selected } from './scope.ts';
import {
  allOf,
  anyOf,
  constant,
  existence,
  isTrue,
  negation,
  no,
  unknown,
  type Branch,
  type Comparison,
  type Term,
  type Type,
  type Value,
} from './term.ts';
import { readCall } from './translate-call.ts';
import { readSelect } from './translate-query.ts';
import { castTo, isComparable, itemType, readAs, writeAs } from './types.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Reads parse trees of expressions. What it does not know becomes unknown, with its name; it never guesses. */
export class Translator implements Reader {
  constructor(readonly snapshot: CatalogSnapshot) {}

  select(select: Fields, scope: Scope): ReturnType<Reader['select']> {
    return readSelect(this, select, scope);
  }

  expression(node: unknown, scope: Scope): Term {
    const [tag, fields] = isRecord(node) ? (Object.entries(node)[0] ?? []) : [];
    if (tag === undefined || !isRecord(fields)) return unknown('other', 'an expression');
    const { budget } = scope.place;
    budget.left -= 1;
    if (budget.left < 0) return unknown('other', 'more parts than are read');
    switch (tag) {
      case 'BoolExpr':
        return this.connective(fields, scope);
      case 'A_Const':
        return constantIn(fields);
      case 'ColumnRef':
        return this.column(fields, scope);
      case 'ParamRef':
        return parameter(Number(fields['number']), scope);
      case 'A_Expr':
        return this.operator(fields, scope);
      case 'TypeCast':
        return this.cast(fields, scope);
      case 'CollateClause':
        return this.collate(fields, scope);
      case 'NullTest':
        return this.nullTest(fields, scope);
      case 'BooleanTest':
        return this.booleanTest(fields, scope);
      case 'CaseExpr':
        return this.choice(fields, scope);
      case 'CoalesceExpr': {
        const args = alike(this.snapshot, this.all(fields['args'], scope));
        return args
          ? { op: 'coalesce', type: args[0]?.type ?? 'other', args }
          : unknown('other', 'COALESCE of types that differ');
      }
      case 'FuncCall':
        return readCall(this, fields, scope);
      case 'SQLValueFunction':
        return valueFunction(String(fields['op']), scope);
      case 'SubLink':
        return this.subquery(fields, scope);
      default:
        return unknown('other', tag);
    }
  }

  private all(nodes: unknown, scope: Scope): readonly Term[] {
    return asList(nodes).map((node) => this.expression(node, scope));
  }

  private boolean(node: unknown, scope: Scope): Term {
    return asBoolean(this.snapshot, this.expression(node, scope));
  }

  private connective({ boolop, args }: Fields, scope: Scope): Term {
    const terms = asList(args).map((arg) => this.boolean(arg, scope));
    if (boolop === 'AND_EXPR') return allOf(terms);
    return boolop === 'OR_EXPR' ? anyOf(terms) : negation(terms[0] ?? unknown('bool', 'NOT'));
  }

  private column({ fields }: Fields, scope: Scope): Term {
    const parts = namesOf(fields);
    if (parts.length !== asList(fields).length) return unknown('other', 'a whole row');
    const found = resolve(scope, parts);
    return isUnderstood(found) ? found : unknown('other', found.notUnderstood);
  }

  private operator({ kind, name, lexpr, rexpr }: Fields, scope: Scope): Term {
    const names = namesOf(name);
    const operator = names.at(-1) ?? '';
    if (names.length > 1 && names[0] !== 'pg_catalog') return unknown('other', `the operator ${names.join('.')}`);
    const left = lexpr === undefined ? undefined : this.expression(lexpr, scope);
    if (kind === 'AEXPR_OP' && (operator === '@>' || operator === '&&') && left?.type.startsWith('array ') === true)
      return this.containment(operator, left, rexpr, scope);
    switch (kind) {
      case 'AEXPR_OP':
        return left === undefined
          ? negative(operator, this.expression(rexpr, scope))
          : this.binary(operator, left, this.expression(rexpr, scope));
      case 'AEXPR_OP_ANY':
        return left === undefined ? unknown('bool', 'ANY') : this.any(operator, left, rexpr, scope);
      case 'AEXPR_OP_ALL':
        // How PostgreSQL prints NOT IN a list.
        if (left === undefined || operator !== '<>') return unknown('bool', `${operator} ALL (an array)`);
        return negation(this.any('=', left, rexpr, scope));
      case 'AEXPR_IN': {
        const items = isRecord(rexpr) && isRecord(rexpr['List']) ? this.all(rexpr['List']['items'], scope) : [];
        const within = left === undefined ? unknown('bool', 'IN') : this.oneOf(left, items);
        return inverted(operator !== '=', within);
      }
      case 'AEXPR_DISTINCT':
      case 'AEXPR_NOT_DISTINCT': {
        const sides = left && alike(this.snapshot, [left, this.expression(rexpr, scope)]);
        const [one, other] = sides ?? [];
        if (!one || !other || !isComparable(one.type)) return unknown('bool', 'IS DISTINCT FROM');
        return inverted(kind === 'AEXPR_NOT_DISTINCT', { op: 'distinct', type: 'bool', left: one, right: other });
      }
      case 'AEXPR_NULLIF': {
        const sides = left && alike(this.snapshot, [left, this.expression(rexpr, scope)]);
        const [one, other] = sides ?? [];
        if (!one || !other || !isComparable(one.type)) return unknown(left?.type ?? 'other', 'NULLIF');
        return { op: 'nullif', type: one.type, left: one, right: other };
      }
      case 'AEXPR_LIKE':
        return like(operator, left, this.expression(rexpr, scope));
      default:
        return unknown('bool', `${String(kind).replace('AEXPR_', '')} ${operator}`);
    }
  }

  private binary(operator: string, left: Term, right: Term): Term {
    if (operator === '~~' || operator === '!~~') return like(operator, left, right);
    if (operator === '->>' || operator === '->') return jsonAt(operator, left, right);
    if (operator === '#>>' || operator === '#>') return jsonPath(operator, left, right);
    if (operator === '+' || operator === '-') return later(operator, left, right);
    const [one, other] = alike(this.snapshot, [left, right]) ?? [];
    if (operator === '||' && one?.type === 'text' && other) {
      return { op: 'apply', type: 'text', name: '||', args: [one, other] };
    }
    const comparison = comparisons[operator];
    if (comparison === undefined) return unknown('other', `the operator ${operator}`);
    if (!one || !other || !isComparable(one.type)) {
      return unknown('bool', openIn([left, right]) ?? `a comparison of ${left.type} with ${right.type}`);
    }
    return inverted(operator === '<>', { op: 'compare', type: 'bool', comparison, left: one, right: other });
  }

  private any(operator: string, left: Term, node: unknown, scope: Scope): Term {
    const [tag, fields] = isRecord(node) ? (Object.entries(node)[0] ?? []) : [];
    if (operator === '=' && tag === 'SubLink' && isRecord(fields) && fields['subLinkType'] === 'ARRAY_SUBLINK') {
      return this.within(left, fields, scope);
    }
    if (operator !== '=') return unknown('bool', `${operator} ANY (an array)`);
    const items = this.arrayItems(node, scope);
    return items === undefined ? this.among(left, this.expression(node, scope)) : this.oneOf(left, items);
  }

  private among(left: Term, array: Term): Term {
    const type = itemType(array.type);
    const item = type && coerced(this.snapshot, left, type);
    if (item === undefined) return unknown('bool', openIn([array, left]) ?? '= ANY (an array)');
    return { op: 'among', type: 'bool', left: item, array };
  }

  /** Whether an array has all of some items, or one of them: of items, NULL is none. */
  private containment(operator: '@>' | '&&', array: Term, node: unknown, scope: Scope): Term {
    const items = itemType(array.type) === undefined ? undefined : this.arrayItems(node, scope);
    if (items === undefined) return unknown('bool', openIn([array]) ?? `the operator ${operator}`);
    const found = items.map((item) => is('true', this.among(item, array)));
    // An item that fails does so with no array, too.
    const branches = [{ when: is('null', array), then: anyOf([constant('bool', null), ...found]) }];
    return { op: 'case', type: 'bool', branches, otherwise: operator === '@>' ? allOf(found) : anyOf(found) };
  }

  /** The items of an array that is written out. */
  private arrayItems(node: unknown, scope: Scope): readonly Term[] | undefined {
    const [tag, fields] = isRecord(node) ? (Object.entries(node)[0] ?? []) : [];
    if (!isRecord(fields)) return undefined;
    if (tag === 'A_ArrayExpr') return this.all(fields['elements'], scope);
    if (tag !== 'TypeCast' || !isRecord(fields['typeName'])) return undefined;
    const { typeName, arg } = fields;
    const target = castTo(this.snapshot, namesOf(typeName['names']));
    if (typeName['arrayBounds'] === undefined || typeName['typmods'] !== undefined || target === undefined)
      return undefined;
    const literal = this.expression(arg, scope);
    const items =
      literal.op === 'constant' && literal.type === 'literal' && typeof literal.value === 'string'
        ? itemsOf(literal.value)?.map((text) => constant('literal', text))
        : this.arrayItems(arg, scope);
    return items?.map((item) => this.castTo(item, target));
  }

  private oneOf(left: Term, items: readonly Term[]): Term {
    return items.length === 0 ? no : anyOf(items.map((item) => this.binary('=', left, item)));
  }

  private cast({ arg, typeName }: Fields, scope: Scope): Term {
    const { names, typmods, arrayBounds } = isRecord(typeName) ? typeName : {};
    const written = namesOf(names).at(-1) ?? '';
    const literal = this.expression(arg, scope);
    // As `current_user` is compared with one; longer ones would be cut.
    if (written === 'name' && literal.op === 'constant' && /^[ -~]{0,63}$/.test(String(literal.value)))
      return constant('text', literal.value);
    if (typmods === undefined && arrayBounds !== undefined && literal.op === 'constant' && literal.type === 'literal')
      return this.constantArray(literal.value, namesOf(names));
    const target =
      typmods === undefined && arrayBounds === undefined ? castTo(this.snapshot, namesOf(names)) : undefined;
    return target === undefined ? unknown('other', `a cast to ${written}`) : this.castTo(literal, target);
  }

  private constantArray(written: Value, names: readonly string[]): Term {
    const target = castTo(this.snapshot, names);
    const items = typeof written === 'string' ? itemsOf(written) : undefined;
    if (target === undefined || !isComparable(target.type) || items === undefined)
      return unknown('other', `a cast to ${names.at(-1) ?? ''}[]`);
    const read = items.map((item) => (item === null ? null : this.castTo(constant('literal', item), target)));
    const known = read.flatMap((item) =>
      item === null ? [null] : item.op === 'constant' ? [writeAs(target.type, item.value ?? '')] : [],
    );
    const texts = known.filter((text) => text !== undefined);
    return texts.length === items.length
      ? constant(`array ${target.type}`, writtenArray(texts))
      : unknown('other', `a cast to ${names.at(-1) ?? ''}[]`);
  }

  private castTo(arg: Term, { type, reads }: { readonly type: Type; readonly reads: string }): Term {
    if (arg.type === 'literal' && arg.op === 'constant') {
      if (arg.value === null) return constant(type, null);
      const read = readAs(this.snapshot, reads, String(arg.value));
      if (read === undefined || read === 'raises') return unknown(type, `'${String(arg.value)}' as ${reads}`);
      return constant(type, read.value);
    }
    const same = coerced(this.snapshot, arg, type);
    // A wider integer may not fit into a narrower one.
    if (same && (type !== 'int' || reads === 'int8' || arg.op === 'constant' || arg.op === 'unknown')) return same;
    if (arg.type === 'loose' && type === 'text') return arg;
    const fromText = arg.type === 'text';
    const toText = type === 'text' && (['uuid', 'int', 'bool'].includes(arg.type) || arg.type.startsWith('enum '));
    const isJson = arg.type.startsWith('json') && type.startsWith('json');
    if (!fromText && !toText && !isJson) return unknown(type, `a cast of ${arg.type} to ${reads}`);
    return isJson ? unknown(type, `a cast of ${arg.type} to ${reads}`) : { op: 'cast', type, arg, reads };
  }

  private collate({ arg, collname }: Fields, scope: Scope): Term {
    const term = this.expression(arg, scope);
    const isBytes = ['C', 'POSIX', 'ucs_basic'].includes(lastName(collname) ?? '');
    if (!isBytes) return unknown(term.type, 'a collation');
    const text = term.op === 'column' && term.type === 'loose' ? { ...term, type: 'text' as const } : term;
    const known = coerced(this.snapshot, text, 'text');
    return known ? { op: 'apply', type: 'text', name: 'collate C', args: [known] } : unknown(term.type, 'a collation');
  }

  private nullTest({ arg, nulltesttype }: Fields, scope: Scope): Term {
    const tested = this.expression(arg, scope);
    // A row may be neither NULL nor not: https://www.postgresql.org/docs/current/functions-comparison.html
    if (tested.type === 'composite') return unknown('bool', 'IS NULL of a row');
    return inverted(nulltesttype === 'IS_NOT_NULL', is('null', tested));
  }

  private booleanTest({ arg, booltesttype }: Fields, scope: Scope): Term {
    const [, negated, state] = /^IS_(NOT_)?(TRUE|FALSE|UNKNOWN)$/.exec(String(booltesttype)) ?? [];
    const states = { TRUE: 'true', FALSE: 'false', UNKNOWN: 'null' } as const;
    return inverted(negated !== undefined, is(states[state as keyof typeof states], this.boolean(arg, scope)));
  }

  private choice({ arg, args, defresult }: Fields, scope: Scope): Term {
    const subject = arg === undefined ? undefined : this.expression(arg, scope);
    const whens = asList(args).map((item) => (isRecord(item) && isRecord(item['CaseWhen']) ? item['CaseWhen'] : {}));
    const tests = whens.map(({ expr }) => {
      const test = this.expression(expr, scope);
      return asBoolean(this.snapshot, subject === undefined ? test : this.binary('=', subject, test));
    });
    const otherwise = defresult === undefined ? constant('other', null) : this.expression(defresult, scope);
    const results = alike(this.snapshot, [otherwise, ...whens.map(({ result }) => this.expression(result, scope))]);
    const [last, ...thens] = results ?? [];
    if (last === undefined) return unknown('other', 'CASE of types that differ');
    const branches = thens.flatMap((then, index): Branch[] => {
      const when = tests[index];
      return when ? [{ when, then }] : [];
    });
    return { op: 'case', type: last.type, branches, otherwise: last };
  }

  private subquery(fields: Fields, scope: Scope): Term {
    const { subLinkType } = fields;
    if (subLinkType === 'ANY_SUBLINK') {
      const operator = fields['operName'] === undefined ? '=' : lastName(fields['operName']);
      if (operator !== '=') return unknown('bool', `${operator ?? ''} ANY (a subquery)`);
      return this.within(this.expression(fields['testexpr'], scope), fields, scope);
    }
    if (subLinkType !== 'EXISTS_SUBLINK' && subLinkType !== 'EXPR_SUBLINK') return unknown('other', 'a subquery');
    const { select, limited } = selectIn(fields, subLinkType === 'EXISTS_SUBLINK' ? 'some' : 'one');
    const parts = this.selected(select, scope);
    if (typeof parts === 'string') return unknown(subLinkType === 'EXISTS_SUBLINK' ? 'bool' : 'other', parts);
    if (subLinkType === 'EXISTS_SUBLINK') return anyOf(parts.map(({ query }) => existence(query)));
    const [selected, ...more] = parts;
    // What is left of several rows may be one.
    if (selected === undefined || more.length > 0 || (selected.isMerged && !limited))
      return unknown('other', 'which of the rows of a subquery comes first');
    const [output, ...others] = selected.outputs;
    if (output === undefined || others.length > 0) return unknown('other', 'a subquery of several columns');
    if (selected.query.rows.length === 0 && isTrue(selected.query.where)) return output.term;
    return {
      op: 'scalar',
      type: output.term.type,
      query: selected.query,
      output: output.term,
      several: limited ? 'any' : 'raise',
    };
  }

  /** `left in (select …)`. */
  private within(left: Term, fields: Fields, scope: Scope): Term {
    const parts = this.selected(selectIn(fields, 'all').select, scope);
    if (typeof parts === 'string') return unknown('bool', parts);
    return anyOf(parts.map((part) => this.withinOne(left, part)));
  }

  private withinOne(left: Term, { query, outputs: [output, ...others] }: Selected): Term {
    const sides = output && others.length === 0 ? alike(this.snapshot, [left, output.term]) : undefined;
    const [one, other] = sides ?? [];
    if (!one || !other || !isComparable(one.type)) return unknown('bool', 'IN (a subquery)');
    if (query.rows.length === 0 && isTrue(query.where)) return this.binary('=', one, other);
    return { op: 'in', type: 'bool', left: one, query, output: other };
  }

  private selected(select: Fields | undefined, scope: Scope): Parts | string {
    const selected = select === undefined ? { notUnderstood: 'a subquery' } : this.select(select, scope);
    return isUnderstood(selected) ? selected : selected.notUnderstood;
  }
}

const comparisons: Readonly<Record<string, Comparison | undefined>> = {
  '=': '=',
  '<>': '=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};

/** What is not understood of some terms, if one of them is not understood at all. */
function openIn(terms: readonly Term[]): string | undefined {
  const open = terms.find(({ op }) => op === 'unknown');
  return open?.op === 'unknown' ? open.what : undefined;
}

/** A SELECT, where `limited` without the LIMIT: one that leaves a single row, or some where that is all that is asked. */
function selectIn(
  { subselect }: Fields,
  asked: 'all' | 'some' | 'one',
): { readonly select: Fields | undefined; readonly limited: boolean } {
  const { SelectStmt: select } = isRecord(subselect) ? subselect : {};
  if (!isRecord(select)) return { select: undefined, limited: false };
  const { limitCount, limitOption, ...rest } = select;
  const count = isRecord(limitCount) && isRecord(limitCount['A_Const']) ? constantIn(limitCount['A_Const']) : undefined;
  const most = count?.op === 'constant' && typeof count.value === 'bigint' ? count.value : 0n;
  const leaves =
    limitOption === 'LIMIT_OPTION_COUNT' && (asked === 'some' ? most > 0n : asked === 'one' && most === 1n);
  return leaves ? { select: rest, limited: true } : { select, limited: false };
}

function is(state: 'true' | 'false' | 'null', arg: Term): Term {
  return { op: 'is', type: 'bool', state, arg };
}

function inverted(isInverted: boolean, term: Term): Term {
  return isInverted ? negation(term) : term;
}

function parameter(number: number, scope: Scope): Term {
  for (let current: Scope | null = scope; current !== null; current = current.outer) {
    if (current.parameters) return current.parameters.values[number - 1] ?? unknown('other', `$${number}`);
  }
  return unknown('other', `$${number}`);
}

function constantIn({ isnull, boolval, sval, ival, fval }: Fields): Term {
  if (isnull === true) return constant('other', null);
  // The parser leaves out what is false, zero or empty.
  if (isRecord(boolval)) return constant('bool', boolval['boolval'] === true);
  if (isRecord(sval)) return constant('literal', typeof sval['sval'] === 'string' ? sval['sval'] : '');
  if (isRecord(ival)) return constant('int', BigInt(typeof ival['ival'] === 'number' ? ival['ival'] : 0));
  const digits = isRecord(fval) ? String(fval['fval']) : '';
  return /^\d{1,19}$/.test(digits) && BigInt(digits) < 2n ** 63n
    ? constant('int', BigInt(digits))
    : unknown('other', `the number ${digits}`);
}

function negative(operator: string, term: Term): Term {
  const isNumber = operator === '-' && term.op === 'constant' && typeof term.value === 'bigint';
  return isNumber ? constant('int', -term.value) : unknown('other', `the operator ${operator}`);
}

function like(operator: string, left: Term | undefined, written: Term): Term {
  const [pattern = written] = written.op === 'apply' && written.name === 'collate C' ? written.args : [];
  const isConstant =
    pattern.op === 'constant' && typeof pattern.value === 'string' && !/(^|[^\\])(\\\\)*\\$/.test(pattern.value);
  if (left?.type !== 'text' || !isConstant) return unknown('bool', 'LIKE with a pattern that is no constant');
  return inverted(operator.startsWith('!'), { op: 'like', type: 'bool', arg: left, pattern: pattern.value });
}

/** A moment so long after now, or before. */
function later(operator: '+' | '-', left: Term, right: Term): Term {
  const isNow = left.op === 'apply' && left.name === 'now';
  const isInterval = right.op === 'constant' && right.type === 'interval' && typeof right.value === 'string';
  const interval = isInterval ? intervalOf(right.value) : undefined;
  if (!isNow || interval === undefined) return unknown('other', openIn([left, right]) ?? `the operator ${operator}`);
  const sign = operator === '+' ? 1n : -1n;
  return {
    op: 'apply',
    type: 'timestamptz',
    name: 'plus',
    args: [left, constant('int', sign * interval.days), constant('int', sign * interval.microseconds)],
  };
}

function jsonAt(operator: '->' | '->>', left: Term, key: Term): Term {
  const isKey = key.op === 'constant' && typeof key.value === 'string';
  if ((left.type !== 'json' && left.type !== 'jsonb') || !isKey)
    return unknown(operator === '->' ? 'other' : 'text', operator);
  const type = operator === '->' ? left.type : 'text';
  return { op: 'apply', type, name: `${left.type}${operator}`, args: [left, constant('text', key.value)] };
}

function jsonPath(operator: '#>' | '#>>', left: Term, path: Term): Term {
  const keys = path.op === 'constant' && typeof path.value === 'string' ? itemsOf(path.value) : undefined;
  // A number in a path may lead into an array, and NULL leads nowhere.
  const names = keys?.filter((key) => key !== null && !/^\s*[+-]?\d+\s*$/.test(key)) ?? [];
  const last = names.at(-1);
  if (last == null || names.length !== keys?.length) return unknown('other', operator);
  const inner = names.slice(0, -1).reduce<Term>((term, key) => jsonAt('->', term, constant('text', key)), left);
  return jsonAt(operator === '#>' ? '->' : '->>', inner, constant('text', last));
}

/** `session_user` is whoever logged in, of whom nothing is known. */
function valueFunction(name: string, scope: Scope): Term {
  const { user } = scope.place;
  if (/CURRENT_USER|CURRENT_ROLE|SVFOP_USER/.test(name) && user !== null) return constant('text', user);
  if (name === 'SVFOP_CURRENT_TIMESTAMP') return { op: 'apply', type: 'timestamptz', name: 'now', args: [] };
  if (name === 'SVFOP_CURRENT_DATE') return { op: 'apply', type: 'date', name: 'today', args: [] };
  return unknown('other', name.replace('SVFOP_', ''));
}
