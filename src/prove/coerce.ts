import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { constant, unknown, type Term, type Type } from './term.ts';
import { readAs, readerOf } from './types.ts';

/** A term as a value of a type; undefined where that takes more than a name. */
export function coerced(snapshot: CatalogSnapshot, term: Term, type: Type): Term | undefined {
  if (term.type === type) return term;
  if (term.op === 'constant' && term.value === null) return constant(type, null);
  if (term.op === 'unknown') return unknown(type, term.what);
  if (term.op !== 'constant' || term.type !== 'literal' || typeof term.value !== 'string') return undefined;
  const read = readAs(snapshot, readerOf(type), term.value);
  return read === undefined || read === 'raises' ? undefined : constant(type, read.value);
}

/** Several terms as values of one type: that of the first that is no literal. Undefined where they do not agree. */
export function alike(snapshot: CatalogSnapshot, terms: readonly Term[]): readonly Term[] | undefined {
  const typed = terms.find((term) => term.type !== 'literal' && !isBare(term));
  const type = typed?.type ?? (terms.some((term) => term.type === 'literal') ? 'text' : (terms[0]?.type ?? 'other'));
  const same = terms.map((term) => coerced(snapshot, term, type));
  const known = same.filter((term) => term !== undefined);
  return known.length === same.length ? known : undefined;
}

/** A term as a condition. */
export function asBoolean(snapshot: CatalogSnapshot, term: Term): Term {
  return coerced(snapshot, term, 'bool') ?? unknown('bool', `a ${term.type} as a boolean`);
}

/** NULL without a type. */
function isBare(term: Term): boolean {
  return term.op === 'constant' && term.value === null && term.type === 'other';
}
