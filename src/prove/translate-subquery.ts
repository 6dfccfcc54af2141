import { isRecord, lastName } from '../sql/tree.ts';
import { alike } from './coerce.ts';
import { compared } from './comparison.ts';
import { isUnderstood, type Parts, type Reader, type Scope, type Selected } from './scope.ts';
import { anyOf, existence, isTrue, unknown, type Term } from './term.ts';
import { constantIn } from './translate-value.ts';
import { isComparable } from './types.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A subquery within an expression: EXISTS, IN, or one that gives a value. */
export function readSubquery(reader: Reader, fields: Fields, scope: Scope): Term {
  const { subLinkType } = fields;
  if (subLinkType === 'ANY_SUBLINK') {
    const operator = fields['operName'] === undefined ? '=' : lastName(fields['operName']);
    if (operator !== '=') return unknown('bool', `${operator ?? ''} ANY (a subquery)`);
    return readWithin(reader, reader.expression(fields['testexpr'], scope), fields, scope);
  }
  if (subLinkType !== 'EXISTS_SUBLINK' && subLinkType !== 'EXPR_SUBLINK') return unknown('other', 'a subquery');
  const { select, limited } = selectIn(fields, subLinkType === 'EXISTS_SUBLINK' ? 'some' : 'one');
  const parts = partsOf(reader, select, scope);
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
export function readWithin(reader: Reader, left: Term, fields: Fields, scope: Scope): Term {
  const parts = partsOf(reader, selectIn(fields, 'all').select, scope);
  if (typeof parts === 'string') return unknown('bool', parts);
  return anyOf(parts.map((part) => withinOne(reader, left, part)));
}

function withinOne(reader: Reader, left: Term, { query, outputs: [output, ...others] }: Selected): Term {
  const sides = output && others.length === 0 ? alike(reader.snapshot, [left, output.term]) : undefined;
  const [one, other] = sides ?? [];
  if (!one || !other || !isComparable(one.type)) return unknown('bool', 'IN (a subquery)');
  if (query.rows.length === 0 && isTrue(query.where)) return compared(reader.snapshot, '=', one, other);
  return { op: 'in', type: 'bool', left: one, query, output: other };
}

function partsOf(reader: Reader, select: Fields | undefined, scope: Scope): Parts | string {
  const selected = select === undefined ? { notUnderstood: 'a subquery' } : reader.select(select, scope);
  return isUnderstood(selected) ? selected : selected.notUnderstood;
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
