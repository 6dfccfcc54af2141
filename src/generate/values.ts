import { type Named, scalarsOf } from './scalars.ts';
import type { TypeRef, Types } from './type-info.ts';

/** Values of domains within other types, which were tried beforehand, by the oid of the domain. */
export type DomainValues = ReadonlyMap<number, readonly string[]>;

/** Values of any type as text, the best first; none where there are none, as of an enum without labels. */
export function valuesOf(types: Types, domains: DomainValues, named: Named, ref: TypeRef): readonly string[] {
  const inner = (oid: number | null, name?: string, own = named): readonly string[] => {
    const type = types.get(oid ?? 0);
    return type === undefined ? [] : valuesOf(types, domains, own, { type, name: name ?? type.name });
  };
  const { type } = ref;
  if (type.typtype === 'd') return domains.get(type.oid) ?? inner(type.base, type.baseName);
  if (type.typtype === 'e') return rotate(type.labels, named.seed.index - 1 + named.seed.salt);
  if (type.typtype === 'c') return composites(type.attributes.map(({ type: oid, name }) => inner(oid, name)));
  if (type.typtype === 'r') return ranges(named, (own) => inner(type.subtype, undefined, own));
  if (type.typtype === 'm') return [...inner(type.range).map((range) => `{${range}}`), '{}'];
  if (type.element !== null) return arrays(inner(type.element, elementName(ref)), types.get(type.element)?.typname);
  return scalarsOf(named, ref);
}

/** A list that starts elsewhere. */
export function rotate<T>(list: readonly T[], by: number): readonly T[] {
  const at = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

/** An array's text. */
export function arrayOf(elements: readonly string[], element?: string): string {
  return `{${elements.map(quoteElement).join(element === 'box' ? ';' : ',')}}`;
}

function arrays(elements: readonly string[], element: string | undefined): readonly string[] {
  const [first, second] = elements;
  if (first === undefined) return ['{}'];
  return [
    arrayOf([first], element),
    '{}',
    arrayOf([first, second ?? first], element),
    arrayOf([first, second ?? first, first], element),
  ];
}

function composites(attributes: readonly (readonly string[])[]): readonly string[] {
  return [`(${attributes.map(([first]) => (first === undefined ? '' : quoteElement(first))).join(',')})`];
}

/** Bounds are values of two seeds of which no other range is made, so that no two ranges overlap. */
function ranges(named: Named, inner: (own: Named) => readonly string[]): readonly string[] {
  const bound = (end: number): string => {
    const { seed } = named;
    const own = { ...named, seed: { ...seed, serial: (seed.serial + seed.salt * 997) * 2 + end, salt: 0 } };
    return inner(own)[0] ?? '';
  };
  return [`[${quoteBound(bound(0))},${quoteBound(bound(1))})`, 'empty', '(,)'];
}

function quoteElement(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function quoteBound(text: string): string {
  return text === '' ? '' : quoteElement(text);
}

/** The modifiers of an array are those of its elements. */
function elementName({ name }: TypeRef): string {
  return name.replace(/\[\]$/, '');
}
