import type { CatalogSnapshot } from '../../catalog/snapshot.ts';
import { itemsOf } from '../array.ts';
import { likeMatches, prefixOf } from '../like.ts';
import type { Type, Value } from '../term.ts';
import { labelsOf, readAs, readerOf, writeAs } from '../types.ts';
import { and, equal, implies, not, or, type Formula } from './formula.ts';
import type { Script, Sort } from './script.ts';

/** What was asked of a document. */
export interface JsonApplication {
  readonly name: string;
  readonly document: Formula;
  readonly key: Formula;
  readonly isNull: Formula;
  readonly value: Formula;
}

/** What was asked of an array: whether a value is in it. */
export interface Membership {
  readonly array: Formula;
  readonly type: Type;
  readonly item: Formula;
  readonly has: Formula;
  /** Of arrays of this type: it has no items, or one that is NULL. */
  readonly isEmpty: Formula;
  readonly hasNull: Formula;
}

/** 2024-01-01. */
const writtenAt = 1_704_067_200_000_000n;

/** The sort of a type's values. Whatever has an order is a number. */
export function sortOf(type: Type): Sort {
  if (type === 'bool') return 'Bool';
  if (type === 'text' || type === 'literal' || type === 'loose') return 'Text';
  if (type === 'json' || type === 'jsonb') return 'Json';
  return type === 'other' || type === 'composite' || type === 'interval' || type.startsWith('array ') ? 'Other' : 'Int';
}

/**
 * The texts, and what is read from them and written to them. Texts are things that can be told apart and no more; which
 * constants there are, how they read, and what they match is told where they occur.
 */
export class Vocabulary {
  readonly #texts = new Map<string, Formula>();
  readonly #readings = new Map<string, { readonly type: Type; readonly terms: Set<Formula> }>();
  readonly #writings = new Map<Type, Map<Formula, Formula>>();
  readonly #patterns = new Map<string, Set<Formula>>();
  readonly #documents = new Map<string, Formula>();
  readonly #arrays = new Map<string, Formula>();
  readonly #json: JsonApplication[] = [];
  readonly #memberships: Membership[] = [];
  #now: Formula | undefined;

  constructor(
    private readonly snapshot: CatalogSnapshot,
    private readonly script: Script,
  ) {}

  /** The constants among the texts. */
  get texts(): ReadonlyMap<string, Formula> {
    return this.#texts;
  }

  /** What is written as a text: its type, the value and the text. */
  get writings(): readonly { readonly type: Type; readonly value: Formula; readonly text: Formula }[] {
    return [...this.#writings].flatMap(([type, written]) =>
      [...written].map(([value, text]) => ({ type, value, text })),
    );
  }

  get readings(): readonly { readonly reads: string; readonly type: Type }[] {
    return [...this.#readings].map(([reads, { type }]) => ({ reads, type }));
  }

  get json(): readonly JsonApplication[] {
    return this.#json;
  }

  /** The moment of the transaction, in microseconds: what is over when this was written does not come back. */
  get now(): Formula {
    if (this.#now === undefined) {
      this.#now = this.script.fresh('Int', 'now');
      this.script.assert(`(<= ${writtenAt} ${this.#now})`);
    }
    return this.#now;
  }

  /** The same, if it was asked for. */
  get askedNow(): Formula | undefined {
    return this.#now;
  }

  get memberships(): readonly Membership[] {
    return this.#memberships;
  }

  get patterns(): readonly string[] {
    return [...this.#patterns.keys()];
  }

  value(type: Type, value: Exclude<Value, null>): Formula {
    if (typeof value === 'boolean') return String(value);
    if (typeof value === 'bigint') return number(value);
    if (type === 'uuid') return number(BigInt(`0x${value.replaceAll('-', '')}`));
    if (type.startsWith('enum ')) return number(BigInt(labelsOf(this.snapshot, type).indexOf(value)));
    if (type === 'json' || type === 'jsonb') return this.known(this.#documents, `${type} ${value}`, 'Json');
    if (type.startsWith('array ') || type === 'interval') return this.known(this.#arrays, `${type} ${value}`, 'Other');
    return this.text(value);
  }

  text(value: string): Formula {
    return this.known(this.#texts, value, 'Text');
  }

  /** Whether a text reads as a value, and which. */
  read(type: Type, reads: string, text: Formula): { readonly valid: Formula; readonly value: Formula } {
    const reading = this.#readings.get(reads) ?? { type, terms: new Set() };
    this.#readings.set(reads, reading);
    reading.terms.add(text);
    return { valid: this.isValid(reads, text), value: this.reading(type, reads, text) };
  }

  /** A value written as a text: another value, another text. */
  write(type: Type, value: Formula): Formula {
    const written = this.#writings.get(type) ?? new Map<Formula, Formula>();
    this.#writings.set(type, written);
    const known = written.get(value);
    if (known !== undefined) return known;
    const text = `(${this.script.function(`write ${type}`, [sortOf(type)], 'Text')} ${value})`;
    written.set(value, text);
    for (const { reads, bits } of readersOf(type)) {
      const { valid, value: back } = this.read(type, reads, text);
      const fits = bits === null ? 'true' : within(value, -(2n ** bits), 2n ** bits);
      this.script.assert(implies(fits, and(valid, equal(back, value))));
    }
    return text;
  }

  /** What a key of a document leads to: NULL, or a text, or a part of it. */
  jsonAt(name: string, document: Formula, key: Formula): { readonly isNull: Formula; readonly value: Formula } {
    const sort = name.endsWith('->>') ? 'Text' : 'Json';
    const value = `(${this.script.function(name, ['Json', 'Text'], sort)} ${document} ${key})`;
    const isNull = `(${this.script.function(`${name} is null`, ['Json', 'Text'], 'Bool')} ${document} ${key})`;
    this.#json.push({ name, document, key, isNull, value });
    return { isNull, value };
  }

  /** What is told of an array: which values that are asked for are in it. */
  membership(type: Type, array: Formula, item: Formula): Membership {
    const of = (name: string): Formula => `(${this.script.function(`${name} ${type}`, ['Other'], 'Bool')} ${array})`;
    const has = `(${this.script.function(`has ${type}`, ['Other', sortOf(type)], 'Bool')} ${array} ${item})`;
    const found = { array, type, item, has, isEmpty: of('empty'), hasNull: of('null in') };
    this.#memberships.push(found);
    return found;
  }

  matches(pattern: string, text: Formula): Formula {
    const terms = this.#patterns.get(pattern) ?? new Set();
    this.#patterns.set(pattern, terms);
    terms.add(text);
    return this.matching(pattern, text);
  }

  isValid(reads: string, text: Formula): Formula {
    return `(${this.script.function(`valid ${reads}`, ['Text'], 'Bool')} ${text})`;
  }

  reading(type: Type, reads: string, text: Formula): Formula {
    return `(${this.script.function(`read ${reads}`, ['Text'], sortOf(type))} ${text})`;
  }

  matching(pattern: string, text: Formula): Formula {
    return `(${this.script.function(`like ${pattern}`, ['Text'], 'Bool')} ${text})`;
  }

  /** Says what is known of the constants. */
  close(): void {
    for (const [constant, array] of this.#arrays) {
      const [, type = '', written = ''] = /^array (.*?) (\{.*)$/s.exec(constant) ?? [];
      this.sayOfArray(type as Type, itemsOf(written) ?? [], array);
    }
    for (const [value, text] of this.#texts) this.sayOf(value, text);
    if (this.#texts.size > 1) this.script.assert(`(distinct ${[...this.#texts.values()].join(' ')})`);
    this.relatePatterns();
  }

  private sayOfArray(type: Type, written: readonly (string | null)[], array: Formula): void {
    const values = written.flatMap((text) => {
      const read = text === null ? undefined : readAs(this.snapshot, readerOf(type), text);
      return typeof read !== 'object' || read.value === null ? [] : [this.value(type, read.value)];
    });
    const items = new Set(this.#memberships.filter((one) => one.type === type).map(({ item }) => item));
    for (const item of items) {
      const { has, isEmpty, hasNull } = this.membership(type, array, item);
      this.script.assert(equal(has, or(...values.map((value) => equal(item, value)))));
      this.script.assert(written.length === 0 ? isEmpty : not(isEmpty));
      this.script.assert(written.includes(null) ? hasNull : not(hasNull));
    }
  }

  private sayOf(value: string, text: Formula): void {
    for (const [reads, { type }] of this.#readings) {
      const read = readAs(this.snapshot, reads, value);
      if (read === undefined) continue;
      this.script.assert(read === 'raises' ? not(this.isValid(reads, text)) : this.isValid(reads, text));
      if (read === 'raises' || read.value === null || sortOf(type) === 'Json') continue;
      const known = this.value(type, read.value);
      this.script.assert(equal(this.reading(type, reads, text), known));
      const written = this.#writings.has(type) ? writeAs(type, read.value) : undefined;
      if (written === undefined) continue;
      const same = equal(`(${this.script.function(`write ${type}`, [sortOf(type)], 'Text')} ${known})`, text);
      this.script.assert(written === value ? same : not(same));
    }
    for (const pattern of this.#patterns.keys()) {
      const matched = this.matching(pattern, text);
      this.script.assert(likeMatches(pattern, value) ? matched : not(matched));
    }
  }

  /** What begins with a longer text begins with a shorter one. */
  private relatePatterns(): void {
    const terms = new Set([...this.#patterns.values()].flatMap((texts) => [...texts]));
    for (const longer of this.#patterns.keys()) {
      for (const shorter of this.#patterns.keys()) {
        const [long, short] = [prefixOf(longer), prefixOf(shorter)];
        if (longer === shorter || long === undefined || short === undefined || !long.startsWith(short)) continue;
        for (const text of terms)
          this.script.assert(implies(this.matching(longer, text), this.matching(shorter, text)));
      }
    }
  }

  private known(symbols: Map<string, Formula>, value: string, sort: Sort): Formula {
    const known = symbols.get(value) ?? this.script.fresh(sort, sort);
    symbols.set(value, known);
    return known;
  }
}

/** How what is written is read again: a number as each type of integers that is wide enough. */
function readersOf(type: Type): readonly { readonly reads: string; readonly bits: bigint | null }[] {
  if (type !== 'int') return [{ reads: type.replace(/^enum /, ''), bits: null }];
  return [
    { reads: 'int8', bits: 63n },
    { reads: 'int4', bits: 31n },
    { reads: 'int2', bits: 15n },
  ];
}

/** A number from one on and below another. */
export function within(value: Formula, from: bigint, below: bigint): Formula {
  return `(and (<= ${number(from)} ${value}) (< ${value} ${number(below)}))`;
}

export function number(value: bigint): Formula {
  return value < 0n ? `(- ${-value})` : String(value);
}
