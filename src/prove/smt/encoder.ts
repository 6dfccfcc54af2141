import type { CatalogSnapshot, Relation } from '../../catalog/snapshot.ts';
import type { Checks } from '../checks.ts';
import { microsecondsOf } from '../interval.ts';
import { exactOf } from '../like.ts';
import { collationOf, earlyParts, isFixed, mayGiveNull, type Row, type Term, walk, walkOutside } from '../term.ts';
import { and, equal, either, implies, not, or, type Formula } from './formula.ts';
import {
  after,
  choose,
  computed,
  conjunction,
  disjunction,
  known,
  negation,
  sameOutcome,
  strict,
  type Outcome,
} from './outcome.ts';
import type { Script } from './script.ts';
import type { Session } from './session.ts';
import { Subqueries } from './subqueries.ts';
import { number, sortOf, type Vocabulary } from './vocabulary.ts';
import type { Bindings, World } from './world.ts';

/** How a term that is not understood is taken: as anything at all, or as an error, which shows nothing. */
export type UnknownMode = 'anything' | 'error';

/**
 * Tells the solver what terms mean. What it is told is true of every database and session in which the rows of the world are
 * there; it is not told all. So what it finds impossible is impossible, and what it finds possible has to be looked at.
 */
export class Encoder {
  readonly #subqueries: Subqueries;

  constructor(
    snapshot: CatalogSnapshot,
    private readonly script: Script,
    private readonly vocabulary: Vocabulary,
    private readonly world: World,
    private readonly session: Session,
    private readonly unknownMode: UnknownMode,
    /** What the CHECK constraints of a table say. */
    private readonly checksOf: (relation: Relation) => Checks,
  ) {
    this.#subqueries = new Subqueries(snapshot, script, world, (term, bindings) => this.encode(term, bindings));
  }

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
      case 'among':
        return this.among(term.left.type, encode(term.left), encode(term.array));
      case 'fails':
        return { ...known(this.anything(term)), ok: 'false', raises: 'true' };
      case 'unknown':
        return this.unknown(term);
      case 'exists':
      case 'in':
      case 'scalar':
        return this.#subqueries.outcome(term, bindings);
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
    const isHere = (part: Term): boolean => outside.has(part) || isFixed(part);
    const early = arms.flatMap(earlyParts);
    const here = early.filter(isHere).map((part) => this.encode(part, bindings).raises);
    const isOpen = arms.some((arm) => [...walk(arm)].some(({ op }) => op === 'unknown'));
    const within = isOpen || early.some((part) => !isHere(part));
    return or(...here, within ? this.script.fresh('Bool', 'early') : 'false');
  }

  private withEarly(raises: Formula, outcome: Outcome): Outcome {
    return { ...outcome, raises: or(outcome.raises, raises) };
  }

  private firstOf(first: Outcome, rest: Outcome): Outcome {
    return after(first, choose(not(first.isNull), { ...first, ok: 'true', raises: 'false', isNull: 'false' }, rest));
  }

  private comparison(
    { comparison, left: one, right: other }: Extract<Term, { op: 'compare' }>,
    left: Outcome,
    right: Outcome,
  ): Outcome {
    const { type } = one;
    const [a, b] = [left.value, right.value];
    if (comparison === '=') return strict([left, right], equal(a, b));
    const [low, high] = comparison.startsWith('<') ? [a, b] : [b, a];
    const orEqual = comparison.endsWith('=');
    if (type === 'bool') return strict([left, right], orEqual ? or(not(low), high) : and(not(low), high));
    if (type === 'text') {
      // Which text comes first depends on the collation: nothing is said of it but that one of two does.
      const before = this.script.function(`text< ${collationOf([one, other])}`, ['Text', 'Text'], 'Bool');
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

  private apply({ name, type, args: terms }: Extract<Term, { op: 'apply' }>, args: readonly Outcome[]): Outcome {
    const values = args.map(({ value }) => value);
    const [first = '', second = ''] = values;
    if (name === 'collate C') return strict(args, first);
    if (name === 'now') return known(this.vocabulary.now);
    if (name === 'today') return known(this.inZone('today', `(div ${this.vocabulary.now} 86400000000)`));
    if (name === 'plus') return known(this.later(terms));
    if (mayGiveNull(name)) {
      const { isNull, value } = this.vocabulary.jsonAt(name, first, second);
      return strict(args, value, isNull);
    }
    const symbol = this.script.function(
      `${name} ${collationOf(terms)}`,
      args.map(() => 'Text'),
      sortOf(type),
    );
    return strict(args, values.length === 0 ? symbol : `(${symbol} ${values.join(' ')})`);
  }

  private later([, days, microseconds]: readonly Term[]): Formula {
    const [whole = 0n, rest = 0n] = [days, microseconds].map((term) =>
      term?.op === 'constant' && typeof term.value === 'bigint' ? term.value : 0n,
    );
    const exact = `(+ ${this.vocabulary.now} ${number(microsecondsOf({ days: whole, microseconds: rest }))})`;
    return whole === 0n ? exact : this.inZone(`now ${whole} ${rest}`, exact);
  }

  /** What depends on the zone of the session, of which nothing is known; for an example it is that of UTC. */
  private inZone(name: string, inUtc: Formula): Formula {
    return this.unknownMode === 'error' ? inUtc : this.script.function(name, [], 'Int');
  }

  private among(type: Term['type'], left: Outcome, array: Outcome): Outcome {
    const { has, isEmpty, hasNull } = this.vocabulary.membership(type, array.value, left.value);
    const isIn = and(not(left.isNull), not(isEmpty), has);
    const isOpen = and(not(isEmpty), not(isIn), or(left.isNull, hasNull));
    return { ...strict([left, array], isIn), isNull: or(array.isNull, isOpen) };
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

  /** A row that is there, or that stays, keeps the constraints of its table. Those about columns that nobody asks for say nothing here. */
  private sayChecks(): void {
    for (const instance of this.world.instances) {
      const { row, terms } = this.checksOf(instance.relation);
      for (const term of terms) {
        if (!columnsOf(term).every((name) => this.world.isAsked(instance, name))) continue;
        const outcome = this.encode(term, new Map([[row, instance]]));
        const isThere = instance.present === 'false' ? 'true' : instance.present;
        this.script.assert(implies(isThere, or(outcome.raises, outcome.isNull, outcome.value)));
      }
    }
  }

  /** Says what is known of the rows there are, and of the constants. Nothing is encoded afterwards. */
  close(): void {
    this.#subqueries.close();
    this.sayChecks();
    this.world.close();
    this.vocabulary.close();
  }
}

function columnsOf(term: Term): readonly string[] {
  return [...walk(term)].flatMap((part) => (part.op === 'column' ? [part.name] : []));
}
