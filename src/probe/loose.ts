import type { RunInput } from './input.ts';
import { sampleOwner } from './owner-source.ts';
import type { Target } from './target.ts';

/** Ids of types that compare by value: another way to write one is the same id. */
const typedId = /^(\d+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** What is nearly an id, and is none of these subjects'. */
export function nearly(id: string, other: string, subjects: ReadonlySet<string>): readonly string[] {
  const start = id.slice(0, -1);
  const lists = [`${id},${other}`, `{${id},${other}}`];
  const patterns = ['%', `${start}%`, `${start}_`];
  const spellings = typedId.test(id) ? [] : [`${id} `, id.toUpperCase(), id.toLowerCase()];
  return [...new Set([...patterns, ...lists, ...spellings])].filter((value) => !subjects.has(value));
}

/** A subject with rows that are not shared, and not the platform, if one can be told by its rows. */
export async function subjectWithRows(
  { session, intent, membership }: RunInput,
  target: Target,
): Promise<string | null> {
  const found = membership ? null : await sampleOwner(session, target, intent.platform);
  return found?.ok ? found.value : null;
}
