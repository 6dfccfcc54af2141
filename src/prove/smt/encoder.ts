import type { CatalogSnapshot, Relation } from '../../catalog/snapshot.ts';
import { keyOf } from '../key.ts';
import { exactOf } from '../like.ts';
import { earlyCasts, mayGiveNull, type Query, type Row, type Term, walkOutside } from '../term.ts';
import { and, either, equal, implies, not, or, type Formula } from './formula.ts';
import {
  after,
  choose,
  computed,
  conjunction,
  disjunction,
  known,
  mayBeTrue,
  negation,
  sameOutcome,
  strict,
  type Outcome,
} from './outcome.ts';
import type { Script } from './script.ts';
import type { Session } from './session.ts';
import { sortOf, type Vocabulary } from './vocabulary.ts';
import { keysOf, type Instance, type World } from './world.ts';

/** Which row of the world a row of a term is. */
export type Bindings = ReadonlyMap<Row, Instance>;

/** What is taken for true of a subquery, and must be so of every row that is known. */
interface Pending {
  readonly query: Query;
  readonly bindings: Bindings;
  readonly depth: number;
  /** Says what follows if these rows are what the query reads. */
  readonly follow: (bound: Bindings, present: Formula) => void;
}

/** Rows of a query that there may be, and its condition over them. */
interface Witness {
  readonly bindings: Bindings;
  readonly where: Outcome;
  readonly instances: readonly Instance[];
}

/** How a term that is not understood is taken: as anything at all, or as an error, which shows nothing. */
export type UnknownMode = 'anything' | 'error';

/** So many combinations of known rows are tried for one subquery; more would say more, and nothing wrong is said without. */
const maxCombinations = 48;

/**
 * Tells the solver what terms mean. What it is told is true of every database and session in which the rows of the world are
 * there; it is not told all. So what it finds impossible is impossible, and what it finds possible has to be looked at.
 */
export class Encoder {
  readonly #queries = new Map<string, Outcome>();
  readonly #pending: Pending[] = [];
  readonly #tables = new Set<number>();
  #depth = 0;
  /** Whether what is encoded is about rows that are not looked for. */
  #aside = false;

  constructor(
    private readonly snapshot: CatalogSnapshot,
    private readonly script: Script,
    private readonly vocabulary: Vocabulary,
    private readonly world: World,
    private readonly session: Session,
    private readonly unknownMode: UnknownMode,
  ) {}

  encode(term: Term, bindings: Bindings): Outcome {
    const outcome = this.outcome(term, bindings);
    return {
      ok: this.script.name(outcome.ok, 'Bool'),
      raises: this.script.name(outcome.raises, 'Bool'),
      isNull: this.script.name(outcome.isNull, 'Bool'),
      value: this.script.name(outcome.value, sortOf(term.type)),
    };
  }

  private outcome(term: Term, bindings: Bindings): Outcome {
    const encode = (part: Term): Outcome => this.encode(part, bindings);
    switch (term.op) {
      case 'constant':
        if (term.value !== null) return known(this.vocabulary.value(term.type, term.value));
        return { ...known(this.anything(term)), isNull: 'true' };
      case 'column':
        return this.column(term.row, term.name, bindings);
      case 'setting': {
        const { isNull, value } = this.session.setting(term.name);
        return term.missingOk ? { ...known(value), isNull } : { ...known(value), ok: not(isNull), raises: isNull };
      }
      case 'subject':
        return this.session.subject;
      case 'and':
        return conjunction(term.args.map(encode));
      case 'or':
        return disjunction(term.args.map(encode));
      case 'not':
        return negation(encode(term.arg));
      case 'is': {
        const arg = encode(term.arg);
        if (term.state === 'null') return { ...arg, isNull: 'false', value: arg.isNull };
        return {
          ...arg,
          isNull: 'false',
          value: and(not(arg.isNull), term.state === 'true' ? arg.value : not(arg.value)),
        };
      }
      case 'compare':
        return this.comparison(term, encode(term.left), encode(term.right));
      case 'distinct': {
        const [left, right] = [encode(term.left), encode(term.right)];
        return computed([left, right], not(sameOutcome(left, right)));
      }
      case 'nullif': {
        const [left, right] = [encode(term.left), encode(term.right)];
        const same = and(not(right.isNull), equal(left.value, right.value));
        const chosen = { ...computed([left, right], left.value), isNull: or(left.isNull, same) };
        return { ...chosen, ok: or(chosen.ok, and(left.ok, left.isNull)) };
      }
      case 'coalesce':
        return this.withEarly(
          this.failsEarly(term.args, bindings),
          term.args.map(encode).reduceRight<Outcome>((rest, outcome) => this.firstOf(outcome, rest), {
            ...known(this.anything(term)),
            isNull: 'true',
          }),
        );
      case 'case': {
        const arms = [...term.branches.flatMap(({ when, then }) => [when, then]), term.otherwise];
        const chosen = term.branches.reduceRight<Outcome>((rest, { when, then }) => {
          const condition = encode(when);
          const holds = and(not(condition.isNull), condition.value);
          return after(condition, choose(holds, encode(then), rest));
        }, encode(term.otherwise));
        return this.withEarly(this.failsEarly(arms, bindings), chosen);
      }
      case 'cast':
        return this.cast(term, encode(term.arg));
      case 'apply':
        return this.apply(term, term.args.map(encode));
      case 'like': {
        const arg = encode(term.arg);
        const exact = exactOf(term.pattern);
        const matched =
          exact === undefined
            ? this.vocabulary.matches(term.pattern, arg.value)
            : equal(arg.value, this.vocabulary.text(exact));
        return strict([arg], matched);
      }
      case 'unknown':
        return this.unknown(term);
      case 'exists':
        return this.once(term, bindings, () => this.exists(term, bindings));
      case 'in':
        return this.once(term, bindings, () => this.within(term, bindings));
      case 'scalar':
        return this.once(term, bindings, () => this.scalar(term, bindings));
    }
  }

  private anything(term: Term): Formula {
    const sort = sortOf(term.type);
    if (sort === 'Bool') return 'false';
    return sort === 'Int' ? '0' : this.script.fresh(sort, 'none');
  }

  private column(row: Row, name: string, bindings: Bindings): Outcome {
    const instance = bindings.get(row);
    if (instance === undefined) throw new TypeError(`The row of ${row.relation.relname} is not bound.`);
    return this.world.column(instance, name);
  }

  /** What may be computed beforehand fails although nobody comes to need it. */
  private failsEarly(arms: readonly Term[], bindings: Bindings): Formula {
    const outside = new Set(arms.flatMap((arm) => [...walkOutside(arm)]));
    const early = arms.flatMap(earlyCasts);
    const here = early.filter((part) => outside.has(part)).map((part) => this.encode(part, bindings).raises);
    const within = early.some((part) => !outside.has(part));
    return or(...here, within ? this.script.fresh('Bool', 'early') : 'false');
  }

  private withEarly(raises: Formula, outcome: Outcome): Outcome {
    return { ...outcome, raises: or(outcome.raises, raises) };
  }

  private firstOf(first: Outcome, rest: Outcome): Outcome {
    return after(first, choose(not(first.isNull), { ...first, ok: 'true', raises: 'false', isNull: 'false' }, rest));
  }

  private comparison(
    { comparison, left: { type } }: Extract<Term, { op: 'compare' }>,
    left: Outcome,
    right: Outcome,
  ): Outcome {
    const [a, b] = [left.value, right.value];
    if (comparison === '=') return strict([left, right], equal(a, b));
    const [low, high] = comparison.startsWith('<') ? [a, b] : [b, a];
    const orEqual = comparison.endsWith('=');
    if (type === 'bool') return strict([left, right], orEqual ? or(not(low), high) : and(not(low), high));
    if (type === 'text') {
      // Which text comes first depends on the collation: nothing is said of it but that one of two does.
      const before = this.script.function('text<', ['Text', 'Text'], 'Bool');
      return strict([left, right], orEqual ? not(`(${before} ${high} ${low})`) : `(${before} ${low} ${high})`);
    }
    return strict([left, right], `(${orEqual ? '<=' : '<'} ${low} ${high})`);
  }

  private cast({ type, reads, arg: { type: from } }: Extract<Term, { op: 'cast' }>, arg: Outcome): Outcome {
    if (type === 'text') {
      if (from === 'bool') {
        return { ...arg, value: either(arg.value, this.vocabulary.text('true'), this.vocabulary.text('false')) };
      }
      return { ...arg, value: this.vocabulary.write(from, arg.value) };
    }
    const { valid, value } = this.vocabulary.read(type, reads, arg.value);
    return {
      ...arg,
      ok: and(arg.ok, or(arg.isNull, valid)),
      raises: or(arg.raises, and(not(arg.isNull), not(valid))),
      value,
    };
  }

  private apply({ name, type }: Extract<Term, { op: 'apply' }>, args: readonly Outcome[]): Outcome {
    const values = args.map(({ value }) => value);
    const [first = '', second = ''] = values;
    if (mayGiveNull(name)) {
      const { isNull, value } = this.vocabulary.jsonAt(name, first, second);
      return strict(args, value, isNull);
    }
    const symbol = this.script.function(
      name,
      args.map(() => 'Text'),
      sortOf(type),
    );
    return strict(args, values.length === 0 ? symbol : `(${symbol} ${values.join(' ')})`);
  }

  private unknown(term: Term): Outcome {
    const value = this.script.fresh(sortOf(term.type), 'unknown');
    const isNull = this.script.fresh('Bool', 'unknown_null');
    if (this.unknownMode === 'error') return { ok: 'false', raises: 'true', isNull, value };
    return {
      ok: this.script.fresh('Bool', 'unknown_ok'),
      raises: this.script.fresh('Bool', 'unknown_raises'),
      isNull,
      value,
    };
  }

  /** The same subquery over the same rows is the same. */
  private once(term: Term, bindings: Bindings, make: () => Outcome): Outcome {
    const key = keyOf(term, (row) => bindings.get(row)?.label ?? '?');
    const outcome = this.#queries.get(key) ?? make();
    this.#queries.set(key, outcome);
    return outcome;
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
      const same = key.map((name) => sameOutcome(this.world.column(a, name), this.world.column(b, name)));
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
    const where = this.deeper(() => this.encode(query.where, bound));
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

  private deeper<T>(work: () => T): T {
    this.#depth += 1;
    try {
      return work();
    } finally {
      this.#depth -= 1;
    }
  }

  private later(query: Query, bindings: Bindings, follow: Pending['follow']): void {
    if (this.#aside) return;
    this.#pending.push({ query, bindings, depth: this.#depth, follow });
  }

  /** Says what is known of the rows there are, and of the constants. Nothing is encoded afterwards. */
  close(): void {
    this.world.followForeignKeys((oid) => this.#tables.has(oid));
    // The subqueries that come up within others are looked at with the rows of these; those within these are not.
    for (let round = 0; round < 2; round += 1) {
      const pending = this.#pending.splice(0);
      const rows = [...this.world.instances];
      for (const one of pending)
        this.deeper(() => {
          this.combine(one, rows);
        });
    }
    this.world.close();
    this.vocabulary.close();
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
