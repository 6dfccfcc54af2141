import type { NamedRow } from './difference.ts';

/** `1 row`, `2 rows`. */
export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}

/** A row as a message names it: `id 7`, or `a 1, b x`. */
export function quoteRow({ row }: NamedRow): string {
  return Object.entries(row)
    .map(([column, value]) => `${column} ${value ?? 'NULL'}`)
    .join(', ');
}

/** `tenant a`, `tenants a and b`, `tenants a, b and 3 more`: of `count`, where not all ids are at hand. */
export function subjects(noun: string, ids: readonly string[], count = ids.length): string {
  const [first = '', second] = ids;
  if (second === undefined) return `${noun} ${first}`;
  return count === 2
    ? `${noun}s ${first} and ${second}`
    : `${noun}s ${first}, ${second} and ${(count - 2).toLocaleString('en-US')} more`;
}

/** The subjects to which each reason applies, each once. */
export function groupSubjects(
  reasons: readonly { readonly reason: string; readonly subject: string }[],
): ReadonlyMap<string, readonly string[]> {
  const grouped = new Map<string, Set<string>>();
  for (const { reason, subject } of reasons) grouped.set(reason, (grouped.get(reason) ?? new Set()).add(subject));
  return new Map([...grouped].map(([reason, subjects]) => [reason, [...subjects]]));
}
