import { quoteIdent, quoteQualified } from '../sql/ident.ts';
import type { RunInput } from './input.ts';
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

/** A subject with rows that are not shared, if one can be told by its column. */
export async function subjectWithRows(
  { session, intent, membership }: RunInput,
  target: Target,
): Promise<string | null> {
  const { tenantColumn, contextual, from, shared } = target.truth;
  if (tenantColumn === null || contextual || membership) return null;
  const owner = `t.${quoteIdent(tenantColumn)}::pg_catalog.text`;
  const found = await session.truth<{ owner: string }>(
    `select ${owner} as owner from ${quoteQualified(from)} t
     where ${owner} is not null and ${owner} is distinct from $1 and not (${shared}) limit 1`,
    [intent.platform],
  );
  return found.ok ? (found.value[0]?.owner ?? null) : null;
}
