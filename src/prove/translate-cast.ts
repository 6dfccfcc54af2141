import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { isRecord, lastName, namesOf } from '../sql/tree.ts';
import { itemsOf, writtenArray } from './array.ts';
import { coerced } from './coerce.ts';
import type { Reader, Scope } from './scope.ts';
import { constant, unknown, type Term, type Type, type Value } from './term.ts';
import { castTo, isComparable, readAs, writeAs } from './types.ts';

type Fields = Readonly<Record<string, unknown>>;

/** `arg::type`. */
export function readCast(reader: Reader, { arg, typeName }: Fields, scope: Scope): Term {
  const { names, typmods, arrayBounds } = isRecord(typeName) ? typeName : {};
  const written = namesOf(names).at(-1) ?? '';
  const literal = reader.expression(arg, scope);
  // As `current_user` is compared with one; longer ones would be cut.
  if (written === 'name' && literal.op === 'constant' && /^[ -~]{0,63}$/.test(String(literal.value)))
    return constant('text', literal.value);
  if (typmods === undefined && arrayBounds !== undefined && literal.op === 'constant' && literal.type === 'literal')
    return constantArray(reader.snapshot, literal.value, namesOf(names));
  const target =
    typmods === undefined && arrayBounds === undefined ? castTo(reader.snapshot, namesOf(names)) : undefined;
  return target === undefined ? unknown('other', `a cast to ${written}`) : converted(reader.snapshot, literal, target);
}

/** An array that is written as a text. */
function constantArray(snapshot: CatalogSnapshot, written: Value, names: readonly string[]): Term {
  const target = castTo(snapshot, names);
  const items = typeof written === 'string' ? itemsOf(written) : undefined;
  if (target === undefined || !isComparable(target.type) || items === undefined)
    return unknown('other', `a cast to ${names.at(-1) ?? ''}[]`);
  const read = items.map((item) => (item === null ? null : converted(snapshot, constant('literal', item), target)));
  const known = read.flatMap((item) =>
    item === null ? [null] : item.op === 'constant' ? [writeAs(target.type, item.value ?? '')] : [],
  );
  const texts = known.filter((text) => text !== undefined);
  return texts.length === items.length
    ? constant(`array ${target.type}`, writtenArray(texts))
    : unknown('other', `a cast to ${names.at(-1) ?? ''}[]`);
}

/** A term as a value of the type that a cast names. */
export function converted(
  snapshot: CatalogSnapshot,
  arg: Term,
  { type, reads }: { readonly type: Type; readonly reads: string },
): Term {
  if (arg.type === 'literal' && arg.op === 'constant') {
    if (arg.value === null) return constant(type, null);
    const read = readAs(snapshot, reads, String(arg.value));
    if (read === undefined || read === 'raises') return unknown(type, `'${String(arg.value)}' as ${reads}`);
    return constant(type, read.value);
  }
  const same = coerced(snapshot, arg, type);
  // A wider integer may not fit into a narrower one.
  if (same && (type !== 'int' || reads === 'int8' || arg.op === 'constant' || arg.op === 'unknown')) return same;
  if (arg.type === 'loose' && type === 'text') return arg;
  const fromText = arg.type === 'text';
  const toText = type === 'text' && (['uuid', 'int', 'bool'].includes(arg.type) || arg.type.startsWith('enum '));
  const isJson = arg.type.startsWith('json') && type.startsWith('json');
  if (!fromText && !toText && !isJson) return unknown(type, `a cast of ${arg.type} to ${reads}`);
  return isJson ? unknown(type, `a cast of ${arg.type} to ${reads}`) : { op: 'cast', type, arg, reads };
}

/** `arg COLLATE name`. */
export function readCollate(reader: Reader, { arg, collname }: Fields, scope: Scope): Term {
  const term = reader.expression(arg, scope);
  const isBytes = ['C', 'POSIX', 'ucs_basic'].includes(lastName(collname) ?? '');
  if (!isBytes) return unknown(term.type, 'a collation');
  const text = term.op === 'column' && term.type === 'loose' ? { ...term, type: 'text' as const } : term;
  const known = coerced(reader.snapshot, text, 'text');
  return known ? { op: 'apply', type: 'text', name: 'collate C', args: [known] } : unknown(term.type, 'a collation');
}
