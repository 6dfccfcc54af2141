/** A fact, or why it could not be learned: what is not known is never taken for fine. */
export type Known<T> = { readonly value: T } | { readonly reason: string };

/** A check cannot be made. */
export class NotKnown extends Error {}

/** @throws NotKnown with the reason */
export function known<T>(fact: Known<T>): T {
  if ('value' in fact) return fact.value;
  throw new NotKnown(fact.reason);
}
