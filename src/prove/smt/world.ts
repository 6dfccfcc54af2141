import { constraintsOf, descendantsOf, findColumn, relationsByOid } from '../../catalog/lookup.ts';
import type { CatalogSnapshot, Column, Constraint, Relation } from '../../catalog/snapshot.ts';
import type { Row } from '../term.ts';
import { columnTypeNamed, isComparable, labelsOf } from '../types.ts';
import { and, equal, implies, not, or, type Formula } from './formula.ts';
import type { Outcome } from './outcome.ts';
import type { Script } from './script.ts';
import { sortOf, within } from './vocabulary.ts';

/** A row that is there if `present`, and of which some columns were asked for. */
export interface Instance {
  readonly relation: Relation;
  readonly present: Formula;
  readonly label: string;
  readonly columns: Map<string, { readonly isNull: Formula; readonly value: Formula }>;
  /** It stands for rows that are not looked for among others: one over which an error arises. */
  readonly aside: boolean;
  /** What it was before a change, and the columns that the change could touch. */
  readonly before?: { readonly row: Instance; readonly changeable: ReadonlySet<string> };
}

/** Which row of the world a row of a term is. */
export type Bindings = ReadonlyMap<Row, Instance>;

/** The rows that a question is about, and what the catalog says of them. */
export class World {
  readonly #instances: Instance[] = [];

  constructor(
    private readonly snapshot: CatalogSnapshot,
    private readonly script: Script,
  ) {}

  get instances(): readonly Instance[] {
    return this.#instances;
  }

  add(
    relation: Relation,
    present: Formula,
    { before, aside = false }: Partial<Pick<Instance, 'before' | 'aside'>> = {},
  ): Instance {
    // Tables with the same columns and policies make the same question.
    const label = `r${this.#instances.length + 1}`;
    const instance: Instance = { relation, present, label, columns: new Map(), aside, ...(before && { before }) };
    this.#instances.push(instance);
    return instance;
  }

  column(instance: Instance, name: string): Outcome {
    const { before } = instance;
    if (before && !before.changeable.has(name)) return this.column(before.row, name);
    const known = instance.columns.get(name) ?? this.newColumn(instance, name);
    instance.columns.set(name, known);
    return { ok: 'true', raises: 'false', ...known };
  }

  /** Whether a column of a row was asked for. */
  isAsked({ columns, before }: Instance, name: string): boolean {
    return before && !before.changeable.has(name) ? this.isAsked(before.row, name) : columns.has(name);
  }

  private newColumn({ relation }: Instance, name: string): { isNull: Formula; value: Formula } {
    const column = relation.columns.find(({ attname }) => attname === name);
    const type = columnTypeNamed(this.snapshot, column?.type ?? '');
    const value = this.script.fresh(sortOf(type), 'c');
    this.script.assert(rangeOf(this.snapshot, column, value));
    return {
      value,
      isNull: column && isNeverNull(this.snapshot, relation, column) ? 'false' : this.script.fresh('Bool', 'n'),
    };
  }

  /**
   * Rows that the foreign keys of others lead to, where `wanted` holds for their table. A new row needs them all: without them it
   * does not stay.
   */
  followForeignKeys(wanted: (oid: number) => boolean): void {
    for (const child of [...this.#instances]) {
      if (child.aside || hasHeirs(this.snapshot, child.relation)) continue;
      const isNew = child.present === 'false';
      for (const key of constraintsOf(this.snapshot, child.relation)) {
        const target = relationsByOid(this.snapshot).get(key.confrelid ?? -1);
        // One over periods leads to rows that cover them together; a deferred one is looked at later.
        const isPlain =
          key.contype === 'f' && key.convalidated && !key.condeferrable && !/\bPERIOD\b/.test(key.definition);
        if (!isPlain || target === undefined) continue;
        // A new row may lead to itself, which is not in its table when the policies are asked.
        if (isNew ? target === child.relation : !wanted(target.oid)) continue;
        this.follow(child, key, target, isNew ? 'true' : child.present);
      }
    }
  }

  private follow(child: Instance, { columns, confcolumns }: Constraint, target: Relation, isThere: Formula): void {
    const parent = this.add(target, this.script.fresh('Bool', 'parent'));
    const pairs = columns.map((name, index) => {
      const key = confcolumns[index] ?? '';
      const isExact = this.type(child.relation, name) === this.type(parent.relation, key);
      return { own: this.column(child, name), there: this.column(parent, key), isExact };
    });
    const isSet = and(isThere, ...pairs.map(({ own }) => not(own.isNull)));
    // Keys of types that are not known are equal by an operator of theirs.
    const leads = pairs.map(({ own, there, isExact }) =>
      and(not(there.isNull), isExact ? equal(own.value, there.value) : 'true'),
    );
    this.script.assert(implies(isSet, and(parent.present, ...leads)));
  }

  /** A type by whose equality keys are compared, and that has but one spelling of a value; any other is like no other. */
  private type(relation: Relation, name: string): string {
    const column = relation.columns.find(({ attname }) => attname === name);
    const type = columnTypeNamed(this.snapshot, column?.type ?? '');
    return isComparable(type) && column?.collisdeterministic !== false ? type : `${relation.oid} ${name}`;
  }

  /** Says that rows with the same key are the same row. */
  close(): void {
    const all = this.#instances.filter(({ present, aside }) => present !== 'false' && !aside);
    all.forEach((one, index) => {
      for (const other of all.slice(index + 1)) {
        if (one.relation === other.relation) this.relate(one, other);
      }
    });
  }

  private relate(one: Instance, other: Instance): void {
    for (const key of keysOf(this.snapshot, one.relation)) {
      if (!key.every((name) => one.columns.has(name) && other.columns.has(name))) continue;
      const same = key.map((name) => {
        const [a, b] = [this.column(one, name), this.column(other, name)];
        return and(not(a.isNull), not(b.isNull), equal(a.value, b.value));
      });
      const names = [...new Set([...one.columns.keys(), ...other.columns.keys()])];
      const equalColumns = names.map((name) => {
        const [a, b] = [this.column(one, name), this.column(other, name)];
        return and(equal(a.isNull, b.isNull), or(a.isNull, equal(a.value, b.value)));
      });
      this.script.assert(implies(and(one.present, other.present, ...same), and(...equalColumns)));
    }
  }
}

/** Keys that hold at any moment: a deferred one does not within a transaction. */
export function keysOf(snapshot: CatalogSnapshot, relation: Relation): readonly (readonly string[])[] {
  if (hasHeirs(snapshot, relation)) return [];
  return constraintsOf(snapshot, relation)
    .filter(({ contype, condeferrable }) => (contype === 'p' || contype === 'u') && !condeferrable)
    .map(({ columns }) => columns)
    .filter((columns) => columns.length > 0 && columns.every((name) => isStrict(relation, name)));
}

/** Whether equal values of a column are one value. */
function isStrict(relation: Relation, name: string): boolean {
  const column = relation.columns.find(({ attname }) => attname === name);
  return column !== undefined && column.collisdeterministic !== false;
}

/** Whether rows of inheriting tables are among its own: keys and foreign keys do not hold for these. */
function hasHeirs(snapshot: CatalogSnapshot, relation: Relation): boolean {
  return relation.relkind !== 'p' && snapshot.relations.some(({ parents }) => parents.includes(relation.oid));
}

/** Of rows of heirs it has to be so too: they need not have what the parent has. */
function isNeverNull(snapshot: CatalogSnapshot, relation: Relation, { attname }: Column): boolean {
  return [relation, ...descendantsOf(snapshot, relation)].every((one) => isNotNull(snapshot, one, attname));
}

/** From PostgreSQL 18 on, a NOT NULL may be there that rows of before do not keep. */
function isNotNull(snapshot: CatalogSnapshot, relation: Relation, attname: string): boolean {
  return (
    findColumn(relation, attname)?.attnotnull === true &&
    !constraintsOf(snapshot, relation).some(
      ({ contype, convalidated, columns }) => contype === 'n' && !convalidated && columns.includes(attname),
    )
  );
}

function rangeOf(snapshot: CatalogSnapshot, column: Column | undefined, value: Formula): Formula {
  if (column === undefined) return 'true';
  const type = columnTypeNamed(snapshot, column.type);
  if (type === 'uuid') return within(value, 0n, 2n ** 128n);
  if (type.startsWith('enum ')) return within(value, 0n, BigInt(labelsOf(snapshot, type).length));
  const bits = { smallint: 15n, integer: 31n, bigint: 63n }[column.type];
  return bits === undefined ? 'true' : within(value, -(2n ** bits), 2n ** bits);
}
