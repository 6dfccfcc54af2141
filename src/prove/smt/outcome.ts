import { and, either, equal, not, or, type Formula } from './formula.ts';

/**
 * What a term comes to: it may raise an error, it may have a value, and where an error hides behind a decided AND or OR it
 * may do either. There is only one value that it can have.
 */
export interface Outcome {
  /** It may come to a value or NULL. */
  readonly ok: Formula;
  /** It may raise an error. */
  readonly raises: Formula;
  /** If it comes to something, that is NULL. */
  readonly isNull: Formula;
  /** The value, if it comes to one. */
  readonly value: Formula;
}

export function known(value: Formula): Outcome {
  return { ok: 'true', raises: 'false', isNull: 'false', value };
}

export function mayBeTrue({ ok, isNull, value }: Outcome): Formula {
  return and(ok, not(isNull), value);
}

export function mayBeFalse({ ok, isNull, value }: Outcome): Formula {
  return and(ok, not(isNull), not(value));
}

export function mustBeTrue(outcome: Outcome): Formula {
  return and(mayBeTrue(outcome), not(outcome.raises));
}

export function conjunction(outcomes: readonly Outcome[]): Outcome {
  const refused = or(...outcomes.map(mayBeFalse));
  return {
    ok: or(refused, and(...outcomes.map(({ ok }) => ok))),
    raises: or(...outcomes.map(({ raises }) => raises)),
    isNull: and(not(refused), or(...outcomes.map(({ ok, isNull }) => and(ok, isNull)))),
    value: not(refused),
  };
}

export function negation(outcome: Outcome): Outcome {
  return { ...outcome, value: not(outcome.value) };
}

export function disjunction(outcomes: readonly Outcome[]): Outcome {
  return negation(conjunction(outcomes.map(negation)));
}

/** What is NULL where one of its arguments is: PostgreSQL need not look at the others if it knows that beforehand. */
export function strict(args: readonly Outcome[], value: Formula, isNull: Formula = 'false'): Outcome {
  return {
    ok: or(and(...args.map(({ ok }) => ok)), ...args.map((arg) => and(arg.ok, arg.isNull))),
    raises: or(...args.map(({ raises }) => raises)),
    isNull: or(...args.map((arg) => and(arg.ok, arg.isNull)), isNull),
    value,
  };
}

/** The first if a condition holds, else the second; the condition itself raises no error here. */
export function choose(condition: Formula, then: Outcome, otherwise: Outcome): Outcome {
  return {
    ok: either(condition, then.ok, otherwise.ok),
    raises: either(condition, then.raises, otherwise.raises),
    isNull: either(condition, then.isNull, otherwise.isNull),
    value: either(condition, then.value, otherwise.value),
  };
}

/** Looks at one thing before another. */
export function after(first: Outcome, then: Outcome): Outcome {
  return { ...then, ok: and(first.ok, then.ok), raises: or(first.raises, then.raises) };
}

/** Whether two outcomes are one and the same value, or both NULL. */
export function sameOutcome(one: Outcome, other: Outcome): Formula {
  return or(and(one.isNull, other.isNull), and(not(one.isNull), not(other.isNull), equal(one.value, other.value)));
}

/** What is computed from arguments that may be NULL, all of them looked at. */
export function computed(args: readonly Outcome[], value: Formula): Outcome {
  return {
    ok: and(...args.map(({ ok }) => ok)),
    raises: or(...args.map(({ raises }) => raises)),
    isNull: 'false',
    value,
  };
}
