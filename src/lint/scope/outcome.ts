/** Whether something happens for the rows of a situation: never, for some for certain, or unknown. */
export type Chance = 'never' | 'maybe' | 'certain';

/** What a boolean comes to for the rows of a situation. Where all are never, it raises. */
export interface Outcome {
  readonly true: Chance;
  readonly false: Chance;
  readonly null: Chance;
}

export const isTrue: Outcome = { true: 'certain', false: 'never', null: 'never' };
export const isFalse: Outcome = { true: 'never', false: 'certain', null: 'never' };
export const isNull: Outcome = { true: 'never', false: 'never', null: 'certain' };
export const raises: Outcome = { true: 'never', false: 'never', null: 'never' };
/** True for some rows, and false for others: it is up to columns that anybody may fill. */
export const isFree: Outcome = { true: 'certain', false: 'certain', null: 'certain' };
export const isUnknown: Outcome = { true: 'maybe', false: 'maybe', null: 'maybe' };

export function outcomeOf(value: boolean): Outcome {
  return value ? isTrue : isFalse;
}

export function not(outcome: Outcome): Outcome {
  return { true: outcome.false, false: outcome.true, null: outcome.null };
}

/** Conjuncts are taken to be independent of each other. */
export function and(a: Outcome, b: Outcome): Outcome {
  return {
    true: both(a.true, b.true),
    // A false one decides even where the other raises or not: which is asked first is not known.
    false: either(a.false, b.false),
    null: either(both(a.null, b.null), both(a.null, b.true), both(a.true, b.null)),
  };
}

export function or(a: Outcome, b: Outcome): Outcome {
  return not(and(not(a), not(b)));
}

export function both(...chances: readonly Chance[]): Chance {
  if (chances.includes('never')) return 'never';
  return chances.includes('maybe') ? 'maybe' : 'certain';
}

export function either(...chances: readonly Chance[]): Chance {
  if (chances.includes('certain')) return 'certain';
  return chances.includes('maybe') ? 'maybe' : 'never';
}

/** One outcome or the other. */
export function eitherOf(a: Outcome, b: Outcome): Outcome {
  return { true: either(a.true, b.true), false: either(a.false, b.false), null: either(a.null, b.null) };
}

/** The outcome of what is reached by a chance. */
export function where(chance: Chance, outcome: Outcome): Outcome {
  return { true: both(chance, outcome.true), false: both(chance, outcome.false), null: both(chance, outcome.null) };
}

/** `coalesce(first, rest)`. */
export function otherwise(first: Outcome, rest: Outcome): Outcome {
  return eitherOf({ ...first, null: 'never' }, where(first.null, rest));
}

/** `outcome is true`, `is false`, `is null`. */
export function states(outcome: Outcome, state: keyof Outcome): Outcome {
  const others = (['true', 'false', 'null'] as const).filter((other) => other !== state);
  return { true: outcome[state], false: either(...others.map((other) => outcome[other])), null: 'never' };
}
