import type { CatalogSnapshot } from '../../catalog/snapshot.ts';
import type { ContextModel } from '../../model/model.ts';
import { writtenArray } from '../array.ts';
import type { RowValues, Situation } from '../evaluate.ts';
import { prefixOf } from '../like.ts';
import type { Type, Value } from '../term.ts';
import { canonicalUuid, labelsOf, columnTypeNamed, writeAs } from '../types.ts';
import type { Formula } from './formula.ts';
import type { Sort } from './script.ts';
import { keyTypes, type Session } from './session.ts';
import { sortOf, type Vocabulary } from './vocabulary.ts';
import type { Instance, World } from './world.ts';

type Values = ReadonlyMap<string, string>;

/** Makes rows and settings of what the solver found. It may not find them a meaning: who reads them computes again. */
export class ModelReader {
  constructor(
    private readonly snapshot: CatalogSnapshot,
    private readonly vocabulary: Vocabulary,
    private readonly world: World,
    private readonly session: Session,
    private readonly context: ContextModel,
  ) {}

  /** All that it needs to know, and of which sorts. */
  get asked(): ReadonlyMap<Formula, Sort> {
    const { vocabulary, world, session } = this;
    const asked = new Map<Formula, Sort>();
    const need = (sort: Sort, ...formulas: readonly Formula[]): void => {
      for (const formula of formulas) if (formula !== 'true' && formula !== 'false') asked.set(formula, sort);
    };
    for (const { relation, present, columns } of world.instances) {
      need('Bool', present);
      for (const [name, { isNull, value }] of columns) {
        need('Bool', isNull);
        need(sortOf(this.typeOf(relation, name)), value);
      }
    }
    if (vocabulary.askedNow !== undefined) need('Int', vocabulary.askedNow);
    need('Bool', session.subject.isNull);
    need('Text', session.subject.value, ...vocabulary.texts.values());
    for (const { isNull, value } of session.settings.values()) {
      need('Bool', isNull);
      need('Text', value);
    }
    for (const { type, value, text } of vocabulary.writings) {
      need(sortOf(type), value);
      need('Text', text);
    }
    for (const { array, type, item, has, isEmpty, hasNull } of vocabulary.memberships) {
      need('Other', array);
      need(sortOf(type), item);
      need('Bool', has, isEmpty, hasNull);
    }
    for (const { name, document, key, isNull, value } of vocabulary.json) {
      need('Json', document);
      need('Text', key);
      need('Bool', isNull);
      need(name.endsWith('->>') ? 'Text' : 'Json', value);
    }
    for (const text of this.texts) {
      for (const { reads, type } of vocabulary.readings) {
        need('Bool', vocabulary.isValid(reads, text));
        need(sortOf(type), vocabulary.reading(type, reads, text));
      }
      need('Bool', ...vocabulary.patterns.map((pattern) => vocabulary.matching(pattern, text)));
    }
    return asked;
  }

  /** The texts that are no constants and are not written from another value. */
  private get texts(): readonly Formula[] {
    const columns = this.world.instances.flatMap(({ relation, columns: all }) =>
      [...all].flatMap(([name, { value }]) => (sortOf(this.typeOf(relation, name)) === 'Text' ? [value] : [])),
    );
    const claims = this.vocabulary.json.flatMap(({ name, value }) => (name.endsWith('->>') ? [value] : []));
    const subject = keyTypes[this.context.type].type === 'text' ? [this.session.id] : [];
    return [
      ...new Set([...columns, ...claims, ...subject, ...[...this.session.settings.values()].map(({ value }) => value)]),
    ];
  }

  private typeOf({ columns }: Instance['relation'], name: string): Type {
    return columnTypeNamed(this.snapshot, columns.find(({ attname }) => attname === name)?.type ?? '');
  }

  read(values: Values): {
    readonly situation: Situation;
    readonly valuesOf: (instance: Instance | undefined) => RowValues;
  } {
    const concrete = new Concrete(this.snapshot, this.vocabulary, values, this.texts);
    const valuesOf = (instance: Instance | undefined): RowValues => this.rowOf(instance, values, concrete);
    const tables = new Map<number, RowValues[]>();
    for (const instance of this.world.instances) {
      if (valueOf(values, instance.present) !== 'true') continue;
      const rows = tables.get(instance.relation.oid) ?? [];
      tables.set(instance.relation.oid, rows);
      rows.push(valuesOf(instance));
    }
    const settings = [...this.session.settings].flatMap(([name, { isNull, value }]): [string, string][] =>
      valueOf(values, isNull) === 'true' ? [] : [[name, concrete.setting(value)]],
    );
    const { subject } = this.session;
    const id = valueOf(values, subject.isNull) === 'true' ? null : concrete.text(valueOf(values, subject.value));
    return {
      situation: {
        snapshot: this.snapshot,
        tables: merged(tables),
        settings: new Map(settings),
        subject: id,
        ...(this.vocabulary.askedNow && { now: numberOf(valueOf(values, this.vocabulary.askedNow)) }),
      },
      valuesOf,
    };
  }

  private rowOf(instance: Instance | undefined, values: Values, concrete: Concrete): RowValues {
    if (instance === undefined) return new Map();
    const { relation, before } = instance;
    const kept = before
      ? [...this.rowOf(before.row, values, concrete)].filter(([name]) => !before.changeable.has(name))
      : [];
    const own = [...instance.columns].map(([name, { isNull, value }]): [string, Value] => {
      const isNothing = valueOf(values, isNull) === 'true';
      return [name, isNothing ? null : concrete.value(this.typeOf(relation, name), valueOf(values, value))];
    });
    return new Map([...kept, ...own]);
  }
}

/** Texts that read as a value: two texts may be told apart although they read as the same. */
function spellingsOf(type: Type, value: Exclude<Value, null>): readonly string[] {
  const written = writeAs(type, value);
  if (written === undefined) return [];
  if (type === 'uuid') return [written, written.toUpperCase(), `{${written}}`, `{${written.toUpperCase()}}`];
  return type === 'int' ? [written, ` ${written}`, `${written} `] : [written];
}

/** Values that nobody asked for, for an array that has to have some. */
function fillersOf(type: Type): readonly string[] {
  const numbers = Array.from({ length: 8 }, (_, n) => String(n + 1));
  if (type === 'uuid') return numbers.map((n) => canonicalUuid(n.padStart(32, '9')));
  if (type === 'text') return numbers.map((n) => `item ${n}`);
  return type === 'int' ? numbers : ['true', 'false'];
}

/** Rows that are the same in all that they share are one row. */
function merged(tables: ReadonlyMap<number, readonly RowValues[]>): ReadonlyMap<number, readonly RowValues[]> {
  return new Map(
    [...tables].map(([oid, rows]) => {
      const kept: RowValues[] = [];
      for (const row of rows) {
        const at = kept.findIndex(
          (other) =>
            [...row].every(([name, value]) => !other.has(name) || other.get(name) === value) &&
            [...row.keys()].some((name) => other.has(name)),
        );
        const other = kept[at];
        if (other) kept[at] = new Map([...other, ...row]);
        else kept.push(row);
      }
      return [oid, kept];
    }),
  );
}

function numberOf(found: string): bigint {
  return BigInt(found.replace(/^\(- (\d+)\)$/, '-$1') || 0);
}

function valueOf(values: Values, formula: Formula): string {
  return formula === 'true' || formula === 'false' ? formula : (values.get(formula) ?? '');
}

/** The things that the solver found, as values of PostgreSQL. */
class Concrete {
  readonly #texts = new Map<string, string>();

  constructor(
    private readonly snapshot: CatalogSnapshot,
    private readonly vocabulary: Vocabulary,
    private readonly values: Values,
    texts: readonly Formula[],
  ) {
    for (const [constant, symbol] of vocabulary.texts) this.#texts.set(valueOf(values, symbol), constant);
    for (const { type, value, text } of vocabulary.writings) {
      const written = this.value(type, valueOf(values, value));
      const spelled = written === null ? undefined : writeAs(type, written);
      if (spelled !== undefined) this.keep(valueOf(values, text), spelled);
    }
    for (const text of texts) this.keep(valueOf(values, text), this.spell(text));
  }

  private keep(element: string, text: string): void {
    if (!this.#texts.has(element)) this.#texts.set(element, text);
  }

  /** A text that reads as the solver says, and begins as it says. */
  private spell(text: Formula): string {
    for (const { reads, type } of this.vocabulary.readings) {
      if (
        valueOf(this.values, this.vocabulary.isValid(reads, text)) !== 'true' ||
        sortOf(type) === 'Json' ||
        type === 'text'
      )
        continue;
      const read = this.value(type, valueOf(this.values, this.vocabulary.reading(type, reads, text)));
      const used = new Set(this.#texts.values());
      const spelled = read === null ? undefined : spellingsOf(type, read).find((one) => !used.has(one));
      if (spelled !== undefined) return spelled;
    }
    const prefixes = this.vocabulary.patterns
      .filter((pattern) => valueOf(this.values, this.vocabulary.matching(pattern, text)) === 'true')
      .map((pattern) => prefixOf(pattern) ?? '');
    const longest = prefixes.reduce((best, prefix) => (prefix.length > best.length ? prefix : best), '');
    return `${longest}text ${this.#texts.size + 1}`;
  }

  text(element: string): string {
    return this.#texts.get(element) ?? element;
  }

  /** A setting, which is a document where the claims of one were asked for. */
  setting(symbol: Formula): string {
    const document = ['json', 'jsonb'].flatMap((form) => {
      const read = this.vocabulary.reading(form as Type, form, symbol);
      return this.values.has(read) ? [this.document(valueOf(this.values, read))] : [];
    });
    const parts = document.filter((text) => text !== '{}');
    const element = valueOf(this.values, symbol);
    const isConstant = [...this.vocabulary.texts.values()].some(
      (constant) => valueOf(this.values, constant) === element,
    );
    return isConstant || document.length === 0 ? this.text(element) : (parts[0] ?? '{}');
  }

  private document(element: string): string {
    return JSON.stringify(this.members(element));
  }

  private members(element: string, within: readonly string[] = []): Readonly<Record<string, unknown>> {
    // To the solver a document may be a part of itself.
    if (within.includes(element)) return {};
    const own = this.vocabulary.json.filter(({ document }) => valueOf(this.values, document) === element);
    return Object.fromEntries(
      own.flatMap(({ name, key, isNull, value }): [string, unknown][] => {
        if (valueOf(this.values, isNull) === 'true') return [];
        const found = valueOf(this.values, value);
        return [
          [
            this.text(valueOf(this.values, key)),
            name.endsWith('->>') ? this.text(found) : this.members(found, [...within, element]),
          ],
        ];
      }),
    );
  }

  /** An array that has what was asked for and is in it, and no more. */
  private array(element: string): string {
    const asked = this.vocabulary.memberships.filter(({ array }) => valueOf(this.values, array) === element);
    const holds = (formula: Formula): boolean => valueOf(this.values, formula) === 'true';
    const written = ({ type, item }: (typeof asked)[number]): readonly string[] => {
      const value = this.value(type, valueOf(this.values, item));
      const text = value === null ? undefined : writeAs(type, value);
      return text === undefined ? [] : [text];
    };
    if (asked.length === 0 || asked.some(({ isEmpty }) => holds(isEmpty))) return '{}';
    const items = new Set(asked.filter(({ has }) => holds(has)).flatMap(written));
    const others = new Set(asked.filter(({ has }) => !holds(has)).flatMap(written));
    if (asked.some(({ hasNull }) => holds(hasNull))) return writtenArray([...items, null]);
    const filler = fillersOf(asked[0]?.type ?? 'text').find((one) => !others.has(one));
    return writtenArray(items.size > 0 || filler === undefined ? [...items] : [filler]);
  }

  value(type: Type, found: string): Value {
    if (type.startsWith('array ')) return this.array(found);
    switch (sortOf(type)) {
      case 'Bool':
        return found === 'true';
      case 'Text':
        return this.text(found);
      case 'Json':
        return this.document(found);
      case 'Other':
        return found;
      case 'Int': {
        const number = numberOf(found);
        if (type === 'uuid') return canonicalUuid(number.toString(16).padStart(32, '0'));
        return type.startsWith('enum ') ? (labelsOf(this.snapshot, type)[Number(number)] ?? '') : number;
      }
    }
  }
}
