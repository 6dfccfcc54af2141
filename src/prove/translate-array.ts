import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { asList, isRecord, namesOf } from '../sql/tree.ts';
import { itemsOf } from './array.ts';
import { coerced } from './coerce.ts';
import { is, oneOf, openIn } from './comparison.ts';
import type { Reader, Scope } from './scope.ts';
import { allOf, anyOf, constant, unknown, type Term } from './term.ts';
import { converted } from './translate-cast.ts';
import { readWithin } from './translate-subquery.ts';
import { castTo, itemType } from './types.ts';

/** `left = any (array)`. */
export function readAny(reader: Reader, operator: string, left: Term, node: unknown, scope: Scope): Term {
  const [tag, fields] = isRecord(node) ? (Object.entries(node)[0] ?? []) : [];
  if (operator === '=' && tag === 'SubLink' && isRecord(fields) && fields['subLinkType'] === 'ARRAY_SUBLINK') {
    return readWithin(reader, left, fields, scope);
  }
  if (operator !== '=') return unknown('bool', `${operator} ANY (an array)`);
  const items = arrayItems(reader, node, scope);
  return items === undefined
    ? among(reader.snapshot, left, reader.expression(node, scope))
    : oneOf(reader.snapshot, left, items);
}

function among(snapshot: CatalogSnapshot, left: Term, array: Term): Term {
  const type = itemType(array.type);
  const item = type && coerced(snapshot, left, type);
  if (item === undefined) return unknown('bool', openIn([array, left]) ?? '= ANY (an array)');
  return { op: 'among', type: 'bool', left: item, array };
}

/** Whether an array has all of some items, or one of them: of items, NULL is none. */
export function readContainment(reader: Reader, operator: '@>' | '&&', array: Term, node: unknown, scope: Scope): Term {
  const items = itemType(array.type) === undefined ? undefined : arrayItems(reader, node, scope);
  if (items === undefined) return unknown('bool', openIn([array]) ?? `the operator ${operator}`);
  const found = items.map((item) => is('true', among(reader.snapshot, item, array)));
  // An item that fails does so with no array, too.
  const branches = [{ when: is('null', array), then: anyOf([constant('bool', null), ...found]) }];
  return { op: 'case', type: 'bool', branches, otherwise: operator === '@>' ? allOf(found) : anyOf(found) };
}

/** The items of an array that is written out. */
function arrayItems(reader: Reader, node: unknown, scope: Scope): readonly Term[] | undefined {
  const [tag, fields] = isRecord(node) ? (Object.entries(node)[0] ?? []) : [];
  if (!isRecord(fields)) return undefined;
  if (tag === 'A_ArrayExpr') return asList(fields['elements']).map((item) => reader.expression(item, scope));
  if (tag !== 'TypeCast' || !isRecord(fields['typeName'])) return undefined;
  const { typeName, arg } = fields;
  const target = castTo(reader.snapshot, namesOf(typeName['names']));
  if (typeName['arrayBounds'] === undefined || typeName['typmods'] !== undefined || target === undefined)
    return undefined;
  const literal = reader.expression(arg, scope);
  const items =
    literal.op === 'constant' && literal.type === 'literal' && typeof literal.value === 'string'
      ? itemsOf(literal.value)?.map((text) => constant('literal', text))
      : arrayItems(reader, arg, scope);
  return items?.map((item) => converted(reader.snapshot, item, target));
}
