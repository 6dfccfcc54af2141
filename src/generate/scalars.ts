import { digestOf, numberOf, type Seed, uuidOf, wordOf } from './seed.ts';
import { textOfLength, textsFor } from './texts.ts';
import type { TypeRef } from './type-info.ts';
import { modifiersOf } from './type-info.ts';

/** What the values of a column are made from beside its type. */
export interface Named {
  readonly column: string;
  /** Its values must differ from those of other rows, or be found there. */
  readonly key: boolean;
  /** The largest number that all columns take that refer to it. */
  readonly most: number;
  readonly seed: Seed;
}

type Maker = (named: Named, ref: TypeRef) => readonly string[];

const day = 86_400_000;
const firstDay = Date.UTC(2024, 0, 1);

/** Values that end something lie ahead. */
const ahead = /expir|until|valid_to|deadline|(^|_)due|(^|_)ends?(_|$)/i;

/** An instant: one day a row, far ahead where the column's name says that it ends something. */
export function instantOf({ column, seed }: Named): Date {
  const years = ahead.test(column) ? 70 * 365 : 0;
  return new Date(firstDay + (numberOf(seed) + years) * day);
}

const iso = (instant: Date, length: number): string => instant.toISOString().slice(0, length);
const days: Maker = (named) => [iso(instantOf(named), 10), '2024-01-01', '2000-01-01', '2100-01-01'];
const instants: Maker = (named) => [
  `${iso(instantOf(named), 10)} 12:00:00+00`,
  '2024-01-01 00:00:00+00',
  '2000-01-01 00:00:00+00',
  '2100-01-01 00:00:00+00',
];
const times: Maker = ({ seed }) => {
  const number = numberOf(seed);
  const two = (value: number): string => String(value).padStart(2, '0');
  return [`${two(8 + (number % 12))}:${two(number % 60)}:00`, '00:00:00', '12:00:00', '23:59:59'];
};

/** Numbers of keys start where no sequence has come to yet. */
const integers =
  (largest: number): Maker =>
  ({ key, seed, most }) => {
    const number = numberOf(seed);
    const limit = Math.min(largest, most);
    const keysFrom = limit > 1_100_000 ? 1_000_000 : 20_000;
    return [(key ? keysFrom : 0) + number, number, 0, 1, 2, 5, 10, 50, 100, 1000, -1]
      .filter((value) => value <= limit)
      .map(String);
  };

const decimals: Maker = ({ key, seed }, ref) => {
  const [precision = 20, scale = 0] = modifiersOf(ref);
  const whole = 10 ** Math.min(15, Math.max(0, precision - scale));
  const number = numberOf(seed);
  const part = Number((number / 10 ** Math.min(scale, 15)).toFixed(Math.min(scale, 15)));
  const numbers = [(key ? 1_000_000 : 0) + number, number, part, 0, 1, 10, 100, -1, 0.5, 0.01];
  return numbers.filter((value) => Math.abs(value) < whole).map(String);
};

const texts: Maker = ({ column, seed }, ref) => textsFor(column, seed, modifiersOf(ref)[0] ?? Infinity);

const bits =
  (fixed: boolean): Maker =>
  ({ seed }, ref) => {
    const length = modifiersOf(ref)[0] ?? (fixed ? 1 : 16);
    const own = numberOf(seed).toString(2).padStart(length, '0');
    return [own.slice(own.length - length), '0'.repeat(length), '1'.repeat(length)];
  };

const json: Maker = ({ seed }) => [
  JSON.stringify({ rowhouse: wordOf(seed) }),
  '{}',
  '[]',
  JSON.stringify([wordOf(seed)]),
  JSON.stringify(wordOf(seed)),
  '1',
  'true',
];

const octets = (seed: Seed): string => {
  const number = numberOf(seed);
  return [10, (number >> 16) & 255, (number >> 8) & 255, number & 255].join('.');
};

const hexPairs = (hex: string): string => (hex.match(/../g) ?? []).join(':');

/** By the type's own name. */
const makers: Readonly<Record<string, Maker>> = {
  int2: integers(32_767),
  int4: integers(2_147_483_647),
  int8: integers(Number.MAX_SAFE_INTEGER),
  oid: integers(2_147_483_647),
  xid: integers(2_147_483_647),
  xid8: integers(2_147_483_647),
  float4: decimals,
  float8: decimals,
  numeric: decimals,
  money: decimals,
  text: texts,
  varchar: texts,
  bpchar: (named, ref) => textsFor(named.column, named.seed, modifiersOf(ref)[0] ?? 1),
  name: ({ column, seed }) => textsFor(column, seed, 63),
  char: ({ seed }) => [textOfLength(seed, 1)],
  citext: texts,
  bool: ({ column, seed: { index } }) => booleans(column, index),
  uuid: ({ column, seed }) => [uuidOf(seed, column)],
  date: days,
  timestamp: instants,
  timestamptz: instants,
  time: times,
  timetz: (named, ref) => times(named, ref).map((time) => `${time}+00`),
  interval: ({ seed }) => [`${numberOf(seed)} days`, '0', '1 hour', '1 day', '30 days', '-1 day'],
  json,
  jsonb: json,
  jsonpath: ({ seed }) => [`$."${wordOf(seed)}"`],
  bytea: ({ column, seed }) => [`\\x${digestOf(seed, column).slice(0, 16)}`, `\\x${digestOf(seed, column)}`, '\\x'],
  inet: ({ seed }) => [octets(seed), `${octets(seed)}/24`, '::1'],
  cidr: ({ seed }) => [`${octets(seed)}/32`, '10.0.0.0/8', '::/0'],
  macaddr: ({ column, seed }) => [hexPairs(`02${digestOf(seed, column).slice(0, 10)}`)],
  macaddr8: ({ column, seed }) => [hexPairs(`02${digestOf(seed, column).slice(0, 14)}`)],
  bit: bits(true),
  varbit: bits(false),
  xml: ({ seed }) => [`<rowhouse>${wordOf(seed)}</rowhouse>`],
  tsvector: ({ seed }) => [`'${wordOf(seed)}':1`],
  tsquery: ({ seed }) => [`'${wordOf(seed)}'`],
  point: ({ seed }) => [`(${numberOf(seed)},1)`],
  line: ({ seed }) => [`{1,-1,${numberOf(seed)}}`],
  lseg: ({ seed }) => [`[(${numberOf(seed)},0),(${numberOf(seed)},1)]`],
  box: ({ seed }) => [`(${numberOf(seed) + 0.5},1),(${numberOf(seed)},0)`],
  path: ({ seed }) => [`[(0,0),(1,${numberOf(seed)})]`, `((0,0),(1,0),(1,${numberOf(seed)}))`],
  polygon: ({ seed }) => [`((0,0),(1,0),(1,${numberOf(seed)}))`],
  circle: ({ seed }) => [`<(${numberOf(seed)},0),1>`],
  pg_lsn: ({ seed }) => [`0/${numberOf(seed).toString(16).toUpperCase()}`],
  hstore: ({ seed }) => [`"rowhouse"=>"${wordOf(seed)}"`],
  ltree: ({ seed }) => [wordOf(seed).replaceAll('-', '.')],
  vector: ({ seed }, ref) => [numberVector(seed, ref)],
  halfvec: ({ seed }, ref) => [numberVector(seed, ref)],
};

/** Values of a type that is made of no other, the best first; of a type of an extension what its category suggests. */
export function scalarsOf(named: Named, ref: TypeRef): readonly string[] {
  const maker =
    makers[ref.type.typname] ?? { S: texts, N: decimals, D: instants, B: makers['bool'] }[ref.type.typcategory];
  return maker?.(named, ref) ?? [wordOf(named.seed)];
}

/** What is over, gone or hidden: a row that is so is seldom what an application shows. */
export const gone =
  /delet|archiv|remov|revok|disabl|bann|suspend|cancel|block|reject|expired|hidden|ended|closed|trash/i;

/** Both values, in turns; but nothing is gone. */
function booleans(column: string, index: number): readonly string[] {
  if (gone.test(column)) return ['false', 'true'];
  return index % 2 === 1 ? ['true', 'false'] : ['false', 'true'];
}

function numberVector(seed: Seed, ref: TypeRef): string {
  const [dimensions = 3] = modifiersOf(ref);
  return `[${Array.from({ length: dimensions }, (_, at) => ((numberOf(seed) + at) % 7) + 1).join(',')}]`;
}
