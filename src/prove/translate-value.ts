import { isRecord } from '../sql/tree.ts';
import type { Scope } from './scope.ts';
import { constant, unknown, type Term } from './term.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A constant as it is written; a quoted one has no type yet. */
export function constantIn({ isnull, boolval, sval, ival, fval }: Fields): Term {
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

/** `session_user` is whoever logged in, of whom nothing is known. */
export function valueFunction(name: string, scope: Scope): Term {
  const { user } = scope.place;
  if (/CURRENT_USER|CURRENT_ROLE|SVFOP_USER/.test(name) && user !== null) return constant('text', user);
  if (name === 'SVFOP_CURRENT_TIMESTAMP') return { op: 'apply', type: 'timestamptz', name: 'now', args: [] };
  if (name === 'SVFOP_CURRENT_DATE') return { op: 'apply', type: 'date', name: 'today', args: [] };
  return unknown('other', name.replace('SVFOP_', ''));
}

/** `$1`, of the innermost text that has arguments. */
export function parameter(number: number, scope: Scope): Term {
  for (let current: Scope | null = scope; current !== null; current = current.outer) {
    if (current.parameters) return current.parameters.values[number - 1] ?? unknown('other', `$${number}`);
  }
  return unknown('other', `$${number}`);
}
