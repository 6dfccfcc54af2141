import { type Hints } from './hints.ts';
import { documentsWith } from './json-documents.ts';
import { likenessesOf, samplesOf } from './patterns.ts';
import { gone } from './scalars.ts';
import { digestOf, numberOf, type Seed, wordOf } from './seed.ts';
import type { ShapeColumn } from './shape.ts';
import { textOfLength } from './texts.ts';
import { modifiersOf, type TypeRef, type Types } from './type-info.ts';
import { arrayOf, type DomainValues, rotate, valuesOf } from './values.ts';

/** A value as text, or NULL. */
export type Value = string | null;

/** Candidates for one column, and numbers of rows by which patterns are varied. */
export interface PoolRequest {
  readonly column: Pick<ShapeColumn, 'attname' | 'stored' | 'required'>;
  /** What conditions say of it; left out where none names it. */
  readonly hints?: Hints | undefined;
  readonly seed: Seed;
  readonly key: boolean;
  /** The largest number that all columns take that refer to it. */
  readonly most?: number;
  /** What its default comes to, where that is the same for every row. */
  readonly preset?: Value | undefined;
  /** Rows that an application hides may be made too. */
  readonly hidden: boolean;
  /** Values that code asks for, best among all: rows take turns. */
  readonly asked?: readonly string[];
}

const poolLimit = 40;

/** Candidates for a column, the best first. */
export function poolOf(types: Types, domains: DomainValues, request: PoolRequest): readonly Value[] {
  const { column, seed, preset, key } = request;
  const named = { column: column.attname, key, seed, most: request.most ?? Infinity };
  const own = valuesOf(types, domains, named, column.stored);
  const hinted = request.hints === undefined ? [] : hintedValues(types, column.stored, request.hints, seed, own);
  const made = diversified(column) ? [...rotate(hinted, seed.index - 1), ...own] : [...own, ...hinted];
  const known = presetFirst(request) ? [preset ?? null, ...made] : made;
  const asked = (request.asked ?? []).filter((value) => mayTellApart(column, value));
  const values: Value[] = [...rotate(asked, seed.index - 1), ...known];
  if (column.required) return distinct(values.filter((value) => value !== null));
  return distinct(isAbsent(request) ? [null, ...values] : [...values, null]);
}

/** Values that an application tells rows apart by: rows should have different ones. */
function diversified({ stored: { type } }: PoolRequest['column']): boolean {
  return type.typtype === 'e' || type.typcategory === 'B' || type.typcategory === 'S';
}

/** Code puts other words beside a column, too: a key, or an enum, has none of them. */
function mayTellApart(column: PoolRequest['column'], value: string): boolean {
  const { type } = column.stored;
  return diversified(column) && (type.typtype !== 'e' || type.labels.includes(value));
}

/** A default is what most rows of an application have; where values are few, the other rows have others. */
function presetFirst({ column, preset, key, seed }: PoolRequest): boolean {
  const { type } = column.stored;
  if (preset === undefined || preset === null || preset === '' || (key && seed.salt + seed.index > 1)) return false;
  const few = type.typtype === 'e' || (type.typcategory === 'B' && !gone.test(column.attname));
  return few ? seed.index === 1 : true;
}

function isAbsent({ column, seed, hidden }: PoolRequest): boolean {
  return gone.test(column.attname) && column.stored.type.typcategory === 'D' && !(hidden && seed.index > 2);
}

function distinct(values: readonly Value[]): readonly Value[] {
  return [...new Set(values)].slice(0, poolLimit);
}

function hintedValues(types: Types, ref: TypeRef, hints: Hints, seed: Seed, own: readonly string[]): readonly string[] {
  const { type } = ref;
  if (type.typtype === 'e') return type.labels;
  if (type.typname === 'json' || type.typname === 'jsonb') return documents(hints, seed);
  if (type.typname === 'bytea')
    return [...hints.lengths].flatMap((length) => around(length).map((n) => bytes(seed, n)));
  if (type.element !== null) return arrays(types, ref, hints, own);
  if (type.typcategory === 'N') return numbers(hints, modifiersOf(ref)[1] ?? (/^(int|oid)/.test(type.typname) ? 0 : 2));
  if (type.typcategory === 'D') return instants(hints);
  if (type.typcategory === 'S') return texts(ref, hints, seed, own);
  return [...hints.texts];
}

function numbers(hints: Hints, scale: number): readonly string[] {
  const sorted = [...hints.numbers].sort((a, b) => a - b);
  const middles = sorted.slice(1).map((number, index) => (number + (sorted[index] ?? 0)) / 2);
  const near = sorted.flatMap((number) => [number, number + 1, number - 1, number * 2]);
  const rounded = [...middles, ...near].map((number) => Number(number.toFixed(Math.min(20, Math.max(0, scale)))));
  return rounded.map(String);
}

function instants(hints: Hints): readonly string[] {
  const dated = [...hints.texts].filter((text) => /^\d{4}-\d{2}-\d{2}/.test(text));
  const parsed = dated.map((text) => Date.parse(text.replace(' ', 'T').replace(/([+-]\d{2})$/, '$1:00'))).sort();
  const known = parsed.filter((instant) => !Number.isNaN(instant));
  const day = 86_400_000;
  const middles = known.slice(1).map((instant, index) => (instant + (known[index] ?? 0)) / 2);
  const near = [...middles, ...known.flatMap((instant) => [instant + day, instant - day])];
  return [...dated, ...near.map((instant) => new Date(instant).toISOString().replace('T', ' ').replace('Z', '+00'))];
}

function texts(ref: TypeRef, hints: Hints, seed: Seed, own: readonly string[]): readonly string[] {
  const most = modifiersOf(ref)[0] ?? Infinity;
  const number = numberOf(seed);
  const word = own[0] ?? '';
  const constants = [...hints.texts];
  const separators = constants.filter((text) => /^[^\p{L}\p{N}]{1,2}$/u.test(text));
  const joined = (separator: string): readonly string[] =>
    constants.flatMap((text) => [text + separator + word, word + separator + text]);
  const samples = [...hints.patterns].flatMap((pattern) => samplesOf(pattern, [number, number + 7919, 0]));
  const padded = [...hints.lengths].flatMap((length) =>
    samples
      .filter((text) => text !== '' && text.length < length)
      .map((text) => text + textOfLength(seed, length - text.length)),
  );
  return [
    ...samples,
    ...padded,
    ...[...hints.likes].flatMap((pattern) => likenessesOf(pattern, [word, wordOf(seed), String(number), ''])),
    ...[...hints.lengths].flatMap((length) => around(length).map((n) => textOfLength(seed, n))),
    ...separators.flatMap(joined),
    ...constants,
    ...joined(''),
    ...constants.map((text) => word + text + word),
  ].filter((text) => text.length <= most);
}

function arrays(types: Types, ref: TypeRef, hints: Hints, own: readonly string[]): readonly string[] {
  const element = types.get(ref.type.element ?? 0)?.typname;
  const known = [...hints.arrays].map((list) => JSON.parse(list) as readonly string[]);
  const elements = [...hints.texts];
  const sample = own[0]?.slice(1, -1) ?? '';
  return [
    ...elements.map((text) => arrayOf([text], element)),
    ...known.map((list) => arrayOf(list, element)),
    ...[...hints.numbers]
      .flatMap(around)
      .map((count) => `{${Array.from({ length: Math.min(50, count) }, () => sample).join(',')}}`),
  ];
}

function documents(hints: Hints, seed: Seed): readonly string[] {
  const places = new Map([...hints.paths].map(([place, values]) => [place, [...values, wordOf(seed), '1', 'true']]));
  return [
    ...documentsWith(places, { rowhouse: wordOf(seed) }),
    ...[...hints.texts].filter((text) => /^[[{]/.test(text.trim())),
  ];
}

function bytes(seed: Seed, length: number): string {
  const hex = digestOf(seed, 'bytes');
  return `\\x${hex.repeat(Math.ceil((length * 2) / hex.length)).slice(0, length * 2)}`;
}

function around(length: number): readonly number[] {
  return [length, length + 1, length - 1].filter((count) => count >= 0 && count <= 10_000 && Number.isInteger(count));
}
