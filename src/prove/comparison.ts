import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { alike } from './coerce.ts';
import { anyOf, negation, no, unknown, type Comparison, type Term } from './term.ts';
import { isComparable } from './types.ts';

const comparisons: Readonly<Record<string, Comparison | undefined>> = {
  '=': '=',
  '<>': '=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};

/** Two terms by an operator of pg_catalog that compares; what is not understood where it is another. */
export function compared(snapshot: CatalogSnapshot, operator: string, left: Term, right: Term): Term {
  const comparison = comparisons[operator];
  if (comparison === undefined) return unknown('other', `the operator ${operator}`);
  const [one, other] = alike(snapshot, [left, right]) ?? [];
  if (!one || !other || !isComparable(one.type)) {
    return unknown('bool', openIn([left, right]) ?? `a comparison of ${left.type} with ${right.type}`);
  }
  return inverted(operator === '<>', { op: 'compare', type: 'bool', comparison, left: one, right: other });
}

/** Whether a term is one of several. */
export function oneOf(snapshot: CatalogSnapshot, left: Term, items: readonly Term[]): Term {
  return items.length === 0 ? no : anyOf(items.map((item) => compared(snapshot, '=', left, item)));
}

export function inverted(isInverted: boolean, term: Term): Term {
  return isInverted ? negation(term) : term;
}

export function is(state: 'true' | 'false' | 'null', arg: Term): Term {
  return { op: 'is', type: 'bool', state, arg };
}

/** What is not understood of some terms, if one of them is not understood at all. */
export function openIn(terms: readonly Term[]): string | undefined {
  const open = terms.find(({ op }) => op === 'unknown');
  return open?.op === 'unknown' ? open.what : undefined;
}
