import type { Situation } from './situation.ts';

/** What follows from a situation, computed once: names that it gives are given once. */
export function once<T>(compute: (situation: Situation) => T): (situation: Situation) => T {
  const known = new WeakMap<Situation, { readonly value: T }>();
  return (situation) => {
    const kept = known.get(situation) ?? { value: compute(situation) };
    known.set(situation, kept);
    return kept.value;
  };
}
