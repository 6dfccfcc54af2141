import type { CatalogSnapshot, Relation } from '../../catalog/snapshot.ts';
import { keyOf } from '../key.ts';
import type { Query, Term } from '../term.ts';
import { and, equal, implies, not, or, type Formula } from './formula.ts';
import { known, mayBeTrue, sameOutcome, type Outcome } from './outcome.ts';
import type { Script } from './script.ts';
import { keysOf, type Bindings, type Instance, type World } from './world.ts';

type Subquery = Extract<Term, { op: 'exists' | 'in' | 'scalar' }>;

/** What is taken for true of a subquery, and must be so of every row that is known. */
interface Pending {
  readonly query: Query;
  readonly bindings: Bindings;
  /** Says what follows if these rows are what the query reads. */
  readonly follow: (bound: Bindings, present: Formula) => void;
}

/** Rows of a query that there may be, and its condition over them. */
interface Witness {
  readonly bindings: Bindings;
  readonly where: Outcome;
  readonly instances: readonly Instance[];
}

/** So many combinations of known rows are tried for one subquery; more would say more, and nothing wrong is said without. */
const maxCombinations = 48;

/**
 * Tells the solver what subqueries mean. Each has rows of its own that it may have found; what they do not find is told of the
 * rows that are known, and of no others.
 */
export class Subqueries {
  readonly #known = new Map<string, Outcome>();
  readonly #pending: Pending[] = [];
  readonly #tables = new Set<number>();
  /** Whether what is encoded is about rows that are not looked for. */
  #aside = false;

  constructor(
    private readonly snapshot: CatalogSnapshot,
    private readonly script: Script,
    private readonly world: World,
    /** Encodes the terms within them. */
    private readonly encode: (term: Term, bindings: Bindings) => Outcome,
  ) {}

  /** The same subquery over the same rows is the same. */
  outcome(term: Subquery, bindings: Bindings): Outcome {
    const key = keyOf(term, (row) => bindings.get(row)?.label ?? '?');
    const outcome = this.#known.get(key) ?? this.newOutcome(term, bindings);
    this.#known.set(key, outcome);
    return outcome;
  }

  private newOutcome(term: Subquery, bindings: Bindings): Outcome {
    switch (term.op) {
      case 'exists':
        return this.exists(term, bindings);
      case 'in':
        return this.within(term, bindings);
      case 'scalar':
        return this.scalar(term, bindings);
    }
  }

  private exists({ query }: Extract<Term, { op: 'exists' }>, bindings: Bindings): Outcome {
    const found = this.script.fresh('Bool', 'exists');
    const witness = this.witness(query, bindings, found);
    this.script.assert(implies(found, mayBeTrue(witness.where)));
    const raises = this.mayRaise(query, bindings, witness);
    this.later(query, bindings, (bound, present) => {
      const where = this.encode(query.where, bound);
      this.script.assert(implies(and(present, mayBeTrue(where)), or(found, raises)));
    });
    return { ...known(found), raises };
  }

  private within({ left, query, output }: Extract<Term, { op: 'in' }>, bindings: Bindings): Outcome {
    const one = this.encode(left, bindings);
    const found = this.script.fresh('Bool', 'in');
    const witness = this.witness(query, bindings, found);
    const other = this.encode(output, witness.bindings);
    const equals = and(one.ok, not(one.isNull), other.ok, not(other.isNull), equal(one.value, other.value));
    this.script.assert(implies(found, and(mayBeTrue(witness.where), equals)));
    const undecided = or(and(one.ok, one.isNull), other.isNull === 'false' ? 'false' : 'true');
    const open = undecided === 'false' ? 'false' : this.script.fresh('Bool', 'in_null');
    this.script.assert(implies(open, and(not(found), undecided)));
    const raises = or(
      this.mayRaise(query, bindings, witness),
      this.raisesInOutput(query, bindings, output, other, witness),
    );
    this.later(query, bindings, (bound, present) => {
      const isThere = and(present, mayBeTrue(this.encode(query.where, bound)));
      const value = this.encode(output, bound);
      const isEqual = and(not(one.isNull), value.ok, not(value.isNull), equal(one.value, value.value));
      const mayFail = or(raises, one.raises);
      this.script.assert(implies(and(isThere, isEqual), or(found, mayFail)));
      this.script.assert(implies(and(isThere, value.ok, or(one.isNull, value.isNull)), or(found, open, mayFail)));
    });
    // Where there are no rows, nobody looks at what is looked for.
    return { ok: or(one.ok, and(not(found), not(open))), raises: or(one.raises, raises), isNull: open, value: found };
  }

  private scalar({ query, output, several }: Extract<Term, { op: 'scalar' }>, bindings: Bindings): Outcome {
    const found = this.script.fresh('Bool', 'found');
    const witness = this.witness(query, bindings, found);
    const value = this.encode(output, witness.bindings);
    this.script.assert(implies(found, mayBeTrue(witness.where)));
    const many = several === 'raise' ? this.many(query, bindings, found, witness.bindings) : 'false';
    const raises = or(
      this.mayRaise(query, bindings, witness),
      this.raisesInOutput(query, bindings, output, value, witness),
      many,
    );
    this.later(query, bindings, (bound, present) => {
      const isThere = and(present, mayBeTrue(this.encode(query.where, bound)));
      this.script.assert(implies(isThere, or(found, raises)));
      if (several === 'any') return;
      const same = sameOutcome(this.encode(output, bound), value);
      this.script.assert(implies(isThere, or(same, raises)));
    });
    return { ok: or(not(found), value.ok), raises, isNull: or(not(found), value.isNull), value: value.value };
  }

  /** There may be another row beside the one that was found. */
  private many(query: Query, bindings: Bindings, found: Formula, first: Bindings): Formula {
    const many = this.script.fresh('Bool', 'many');
    const second = this.witness(query, bindings, many, true);
    this.script.assert(implies(many, and(found, mayBeTrue(second.where))));
    const [row, ...others] = query.rows;
    const [key] = row === undefined || others.length > 0 ? [] : keysOf(this.snapshot, row.relation);
    const [a, b] = row === undefined ? [] : [first.get(row), second.bindings.get(row)];
    if (key !== undefined && a !== undefined && b !== undefined) {
      // Of rows that have NULL in it there may be any number.
      const same = key.map((name) => {
        const [one, other] = [this.world.column(a, name), this.world.column(b, name)];
        return and(not(one.isNull), not(other.isNull), equal(one.value, other.value));
      });
      this.script.assert(implies(many, not(and(...same))));
    }
    return many;
  }

  private witness(query: Query, bindings: Bindings, present: Formula, aside = false): Witness {
    const bound = new Map(bindings);
    const instances = query.rows.map((row) => {
      this.#tables.add(row.relation.oid);
      const instance = this.world.add(row.relation, present, { aside: aside || this.#aside });
      bound.set(row, instance);
      return instance;
    });
    const outer = this.#aside;
    this.#aside ||= aside;
    const where = this.encode(query.where, bound);
    this.#aside = outer;
    return { bindings: bound, where, instances };
  }

  /** Whether the condition may fail over some row, where it may fail at all. */
  private mayRaise(query: Query, bindings: Bindings, witness: Witness): Formula {
    return this.raisesSomewhere(
      witness.where.raises,
      witness,
      (raises) => this.witness(query, bindings, raises, true).where.raises,
    );
  }

  private raisesInOutput(
    query: Query,
    bindings: Bindings,
    output: Term,
    { raises }: Outcome,
    witness: Witness,
  ): Formula {
    return this.raisesSomewhere(
      raises,
      witness,
      (some) => this.encode(output, this.witness(query, bindings, some, true).bindings).raises,
    );
  }

  /** What fails whichever row it is, fails over this one; otherwise another row may be the one. */
  private raisesSomewhere(raises: Formula, { instances }: Witness, elsewhere: (raises: Formula) => Formula): Formula {
    if (raises === 'false') return 'false';
    const columns = instances.flatMap((instance) =>
      [...instance.columns.values()].flatMap(({ isNull, value }) => [isNull, value]),
    );
    const some = this.script.fresh('Bool', 'raises');
    this.script.assert(implies(some, this.script.mentions(raises, new Set(columns)) ? elsewhere(some) : raises));
    return some;
  }

  private later(query: Query, bindings: Bindings, follow: Pending['follow']): void {
    if (this.#aside) return;
    this.#pending.push({ query, bindings, follow });
  }

  /** Says what is known of the rows there are. */
  close(): void {
    this.world.followForeignKeys((oid) => this.#tables.has(oid));
    // The subqueries that come up within others are looked at with the rows of these; those within these are not.
    for (let round = 0; round < 2; round += 1) {
      const pending = this.#pending.splice(0);
      const rows = [...this.world.instances];
      for (const one of pending) this.combine(one, rows);
    }
  }

  private combine({ query, bindings, follow }: Pending, rows: readonly Instance[]): void {
    const choices = query.rows.map(({ relation }) => rows.filter((row) => isOf(row, relation)));
    let combinations: readonly (readonly Instance[])[] = [[]];
    for (const choice of choices) {
      combinations = combinations.flatMap((chosen) => choice.map((one) => [...chosen, one])).slice(0, maxCombinations);
    }
    for (const chosen of combinations) {
      const bound = new Map(bindings);
      query.rows.forEach((row, index) => {
        const instance = chosen[index];
        if (instance) bound.set(row, instance);
      });
      follow(bound, and(...chosen.map(({ present }) => present)));
    }
  }
}

function isOf(row: Instance, relation: Relation): boolean {
  return row.relation === relation && row.present !== 'false' && !row.aside;
}
