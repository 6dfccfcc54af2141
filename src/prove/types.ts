import type { CatalogSnapshot, NamedType } from '../catalog/snapshot.ts';
import { findType } from '../catalog/lookup.ts';
import { formatQualified } from '../sql/ident.ts';
import { intervalOf } from './interval.ts';
import type { Type, Value } from './term.ts';

/** The type of a column or a function, as `format_type` prints it with an empty search path. */
export function typeNamed(snapshot: CatalogSnapshot, printed: string): Type {
  const known = builtIn[printed.replace(/^(character varying)\(\d+\)$/, '$1')];
  if (known !== undefined) return known;
  if (enumNamed(snapshot, printed)) return `enum ${printed}`;
  if (printed.endsWith('[]')) {
    const item = columnTypeNamed(snapshot, printed.slice(0, -2));
    return isComparable(item) ? `array ${item}` : 'other';
  }
  return mayBeRows(printed) ? 'composite' : 'other';
}

/** Whether `=` of a type is that its values are the same. */
export function isComparable(type: Type): boolean {
  return (
    type !== 'other' && type !== 'composite' && type !== 'interval' && type !== 'loose' && !/^(json|array )/.test(type)
  );
}

/** Whether values of a type may be equal and yet tell themselves apart by what is read of them: of numbers in a document, 1 is 1.0. */
export function hasTwins(type: Type): boolean {
  return type === 'loose' || type === 'jsonb';
}

/** What an array is of. */
export function itemType(type: Type): Type | undefined {
  return type.startsWith('array ') ? (type.slice('array '.length) as Type) : undefined;
}

/** PostgreSQL's own types have no schema where they are printed, and those of its catalog's rows begin alike. */
function mayBeRows(printed: string): boolean {
  return /[."]/.test(printed) || printed.startsWith('pg_') || printed === 'record';
}

/** The type of what a column holds: a value of a domain is one of the type that it is made of. Casts to it may fail, and are not meant. */
export function columnTypeNamed(snapshot: CatalogSnapshot, printed: string): Type {
  const named = findType(snapshot, printed);
  return named?.typtype === 'd' && named.basetype !== null
    ? columnTypeNamed(snapshot, named.basetype)
    : typeNamed(snapshot, printed);
}

const builtIn: Readonly<Record<string, Type | undefined>> = {
  boolean: 'bool',
  uuid: 'uuid',
  text: 'text',
  'character varying': 'text',
  name: 'text',
  smallint: 'int',
  integer: 'int',
  bigint: 'int',
  date: 'date',
  'timestamp without time zone': 'timestamp',
  'timestamp with time zone': 'timestamptz',
  json: 'json',
  jsonb: 'jsonb',
};

/** What a cast to a type means: the type, and how a text is read as one. Undefined where a value may be cut, or rounded. */
export function castTo(
  snapshot: CatalogSnapshot,
  names: readonly string[],
): { readonly type: Type; readonly reads: string } | undefined {
  const [name, schema = 'pg_catalog'] = [...names].reverse();
  if (name === undefined) return undefined;
  if (schema === 'pg_catalog') return casts[name];
  const printed = formatQualified({ schema, name });
  return enumNamed(snapshot, printed) ? { type: `enum ${printed}`, reads: printed } : undefined;
}

const casts: Readonly<Record<string, { readonly type: Type; readonly reads: string } | undefined>> = {
  bool: { type: 'bool', reads: 'bool' },
  boolean: { type: 'bool', reads: 'bool' },
  uuid: { type: 'uuid', reads: 'uuid' },
  text: { type: 'text', reads: 'text' },
  varchar: { type: 'text', reads: 'text' },
  int2: { type: 'int', reads: 'int2' },
  int4: { type: 'int', reads: 'int4' },
  int8: { type: 'int', reads: 'int8' },
  date: { type: 'date', reads: 'date' },
  timestamp: { type: 'timestamp', reads: 'timestamp' },
  timestamptz: { type: 'timestamptz', reads: 'timestamptz' },
  interval: { type: 'interval', reads: 'interval' },
  json: { type: 'json', reads: 'json' },
  jsonb: { type: 'jsonb', reads: 'jsonb' },
};

function enumNamed(snapshot: CatalogSnapshot, printed: string): NamedType | undefined {
  const found = findType(snapshot, printed);
  return found?.typtype === 'e' ? found : undefined;
}

/** The labels of an enum in their order. */
export function labelsOf(snapshot: CatalogSnapshot, type: Type): readonly string[] {
  return enumNamed(snapshot, type.replace(/^enum /, ''))?.labels ?? [];
}

/** A value that is read from a text: `raises` where that is none of the type's, undefined where we cannot tell. */
export function readAs(
  snapshot: CatalogSnapshot,
  reads: string,
  text: string,
): { readonly value: Value } | 'raises' | undefined {
  const reader = readers[reads];
  if (reader !== undefined) return reader(text);
  const labels = enumNamed(snapshot, reads)?.labels;
  if (labels === undefined) return undefined;
  return labels.includes(text) ? { value: text } : 'raises';
}

type Reader = (text: string) => { readonly value: Value } | 'raises' | undefined;

const readers: Readonly<Record<string, Reader | undefined>> = {
  text: (text) => ({ value: text }),
  // Braces, and hyphens after any group of four digits, are read too. https://www.postgresql.org/docs/current/datatype-uuid.html
  uuid: (text) => {
    const bare = /^\{(.*)\}$/.exec(text)?.[1] ?? text;
    if (!/^[0-9a-f]{4}(-?[0-9a-f]{4}){7}$/i.test(bare)) return 'raises';
    return { value: canonicalUuid(bare.replaceAll('-', '').toLowerCase()) };
  },
  bool: (text) => {
    const word = text.replace(/^[ \t\n\r\f\v]+|[ \t\n\r\f\v]+$/g, '').toLowerCase();
    if (word === '') return 'raises';
    if (['true', 'yes'].some((full) => full.startsWith(word)) || word === 'on' || word === '1') return { value: true };
    if (['false', 'no'].some((full) => full.startsWith(word)) || ['of', 'off', '0'].includes(word))
      return { value: false };
    return 'raises';
  },
  int2: integer(15n),
  int4: integer(31n),
  int8: integer(63n),
  date: (text) => {
    const days = dayOf(text);
    return days === undefined ? undefined : { value: days };
  },
  timestamp: (text) => moment(text, false),
  timestamptz: (text) => moment(text, true),
  interval: (text) => (intervalOf(text) === undefined ? undefined : { value: text }),
  json: jsonText,
  jsonb: jsonText,
};

function integer(bits: bigint): Reader {
  return (text) => {
    const digits = /^[ \t\n\r\f\v]*([+-]?\d+)[ \t\n\r\f\v]*$/.exec(text)?.[1];
    // Later versions read 0x10 and 1_000 as well.
    if (digits === undefined) return /^[ \t\n\r\f\v]*[+-]?(0[xob]|\d+_)/i.test(text) ? undefined : 'raises';
    const value = BigInt(digits.replace('+', ''));
    return value >= -(2n ** bits) && value < 2n ** bits ? { value } : 'raises';
  };
}

function jsonText(text: string): { readonly value: Value } | 'raises' | undefined {
  // Not every escaped character is one that a database can hold.
  if (text.includes('\\u')) return undefined;
  try {
    JSON.parse(text);
    return { value: text };
  } catch {
    return 'raises';
  }
}

function dayOf(text: string): bigint | undefined {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  if (year === undefined) return undefined;
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day));
  return new Date(ms).toISOString().startsWith(text) ? BigInt(ms / 86_400_000) : undefined;
}

function moment(text: string, zoned: boolean): { readonly value: Value } | undefined {
  const [, date, hours, minutes, seconds, fraction = '', zone] =
    /^(\d{4}-\d\d-\d\d)(?: (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(\+00)?)?$/.exec(text) ?? [];
  const days = date === undefined ? undefined : dayOf(date);
  // Without its zone, a moment depends on that of the session.
  if (days === undefined || zoned !== (zone !== undefined)) return undefined;
  const time = (BigInt(hours ?? 0) * 60n + BigInt(minutes ?? 0)) * 60n + BigInt(seconds ?? 0);
  return { value: (days * 86_400n + time) * 1_000_000n + BigInt(fraction.padEnd(6, '0')) };
}

export function canonicalUuid(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** A value as text, as a cast writes it; undefined where that depends on the session or is not known. */
export function writeAs(type: Type, value: Exclude<Value, null>): string | undefined {
  if (type.startsWith('array ')) return undefined;
  if (type === 'date' || type === 'timestamp' || type === 'timestamptz' || type === 'json' || type === 'jsonb')
    return undefined;
  return type === 'other' || type === 'composite' || type === 'loose' ? undefined : String(value);
}

/** How a literal of a type is read. */
export function readerOf(type: Type): string {
  return type === 'int' ? 'int8' : type.replace(/^enum /, '');
}
