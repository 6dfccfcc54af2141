import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { asList, isRecord, namesOf } from '../sql/tree.ts';
import { itemsOf } from './array.ts';
import { alike } from './coerce.ts';
import { compared, inverted, oneOf, openIn } from './comparison.ts';
import { intervalOf } from './interval.ts';
import type { Reader, Scope } from './scope.ts';
import { constant, negation, unknown, type Term } from './term.ts';
import { readAny, readContainment } from './translate-array.ts';
import { isComparable } from './types.ts';

type Fields = Readonly<Record<string, unknown>>;

/** An operator between two operands, or before one; and what is written with words: IN, LIKE, NULLIF, IS DISTINCT FROM. */
export function readOperator(reader: Reader, { kind, name, lexpr, rexpr }: Fields, scope: Scope): Term {
  const names = namesOf(name);
  const operator = names.at(-1) ?? '';
  if (names.length > 1 && names[0] !== 'pg_catalog') return unknown('other', `the operator ${names.join('.')}`);
  const left = lexpr === undefined ? undefined : reader.expression(lexpr, scope);
  if (kind === 'AEXPR_OP' && (operator === '@>' || operator === '&&') && left?.type.startsWith('array ') === true)
    return readContainment(reader, operator, left, rexpr, scope);
  switch (kind) {
    case 'AEXPR_OP':
      return left === undefined
        ? negative(operator, reader.expression(rexpr, scope))
        : binary(reader.snapshot, operator, left, reader.expression(rexpr, scope));
    case 'AEXPR_OP_ANY':
      return left === undefined ? unknown('bool', 'ANY') : readAny(reader, operator, left, rexpr, scope);
    case 'AEXPR_OP_ALL':
      // How PostgreSQL prints NOT IN a list.
      if (left === undefined || operator !== '<>') return unknown('bool', `${operator} ALL (an array)`);
      return negation(readAny(reader, '=', left, rexpr, scope));
    case 'AEXPR_IN': {
      const items =
        isRecord(rexpr) && isRecord(rexpr['List'])
          ? asList(rexpr['List']['items']).map((item) => reader.expression(item, scope))
          : [];
      const within = left === undefined ? unknown('bool', 'IN') : oneOf(reader.snapshot, left, items);
      return inverted(operator !== '=', within);
    }
    case 'AEXPR_DISTINCT':
    case 'AEXPR_NOT_DISTINCT': {
      const sides = left && alike(reader.snapshot, [left, reader.expression(rexpr, scope)]);
      const [one, other] = sides ?? [];
      if (!one || !other || !isComparable(one.type)) return unknown('bool', 'IS DISTINCT FROM');
      return inverted(kind === 'AEXPR_NOT_DISTINCT', { op: 'distinct', type: 'bool', left: one, right: other });
    }
    case 'AEXPR_NULLIF': {
      const sides = left && alike(reader.snapshot, [left, reader.expression(rexpr, scope)]);
      const [one, other] = sides ?? [];
      if (!one || !other || !isComparable(one.type)) return unknown(left?.type ?? 'other', 'NULLIF');
      return { op: 'nullif', type: one.type, left: one, right: other };
    }
    case 'AEXPR_LIKE':
      return like(operator, left, reader.expression(rexpr, scope));
    default:
      return unknown('bool', `${String(kind).replace('AEXPR_', '')} ${operator}`);
  }
}

function binary(snapshot: CatalogSnapshot, operator: string, left: Term, right: Term): Term {
  if (operator === '~~' || operator === '!~~') return like(operator, left, right);
  if (operator === '->>' || operator === '->') return jsonAt(operator, left, right);
  if (operator === '#>>' || operator === '#>') return jsonPath(operator, left, right);
  if (operator === '+' || operator === '-') return later(operator, left, right);
  if (operator === '||') return joined(snapshot, left, right);
  return compared(snapshot, operator, left, right);
}

function joined(snapshot: CatalogSnapshot, left: Term, right: Term): Term {
  const [one, other] = alike(snapshot, [left, right]) ?? [];
  return one?.type === 'text' && other
    ? { op: 'apply', type: 'text', name: '||', args: [one, other] }
    : unknown('other', 'the operator ||');
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
