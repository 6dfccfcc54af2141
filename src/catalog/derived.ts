import type { CatalogSnapshot } from './snapshot.ts';

/** What follows from a snapshot, computed when it is first asked for and kept for as long as the snapshot: that never changes. */
export function derived<T>(compute: (snapshot: CatalogSnapshot) => T): (snapshot: CatalogSnapshot) => T {
  const known = new WeakMap<CatalogSnapshot, { readonly value: T }>();
  return (snapshot) => {
    const kept = known.get(snapshot) ?? { value: compute(snapshot) };
    known.set(snapshot, kept);
    return kept.value;
  };
}

/** Items by key, each group in their order. */
export function groupBy<K, T>(items: Iterable<T>, keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
