import { quoteIdent, quoteQualified } from '../sql/ident.ts';
import type { ProbeSession } from './session.ts';
import { randomFrom } from './shuffle.ts';
import type { Target } from './target.ts';

/** Rows of one table from which it is told who has many and who has few. */
const rowsLookedAt = 50_000;

/** How many rows each tenant has, from a part of each large table: enough to tell the large from the small. */
export async function readWeights(
  session: ProbeSession,
  targets: readonly Target[],
  seed: number,
): Promise<ReadonlyMap<string, number>> {
  const weights = new Map<string, number>();
  for (const { truth, relation, privileges } of targets) {
    const { tenantColumn, from } = truth;
    if (tenantColumn === null || relation.relkind === 'v' || relation.relkind === 'f' || privileges.truthBound)
      continue;
    const percent = Math.min(100, (100 * rowsLookedAt) / Math.max(1, relation.reltuples));
    const counted = await session.truth<{ owner: string; rows: string }>(
      `select t.${quoteIdent(tenantColumn)}::pg_catalog.text as owner, pg_catalog.count(*) as rows
       from ${quoteQualified(from)} t tablesample system ($1) repeatable ($2) where t.${quoteIdent(tenantColumn)} is not null group by 1`,
      [percent, seed],
    );
    // A table that somebody has locked is weighed by the others.
    if (!counted.ok) continue;
    for (const { owner, rows } of counted.value) {
      weights.set(owner, (weights.get(owner) ?? 0) + (Number(rows) * 100) / percent);
    }
  }
  return weights;
}

/**
 * So many of all subjects, in their order: the platform, the one with most rows, one with none, the one with fewest, and
 * of the others one by chance from each of equally many groups, from those with most rows to those with fewest.
 */
export function chooseSample(
  all: readonly string[],
  count: number,
  weights: ReadonlyMap<string, number>,
  { platform, seed }: { readonly platform: string | null; readonly seed: number },
): readonly string[] {
  if (count >= all.length) return all;
  const random = randomFrom(seed);
  const weightOf = (subject: string): number => weights.get(subject) ?? 0;
  const bySize = all.toSorted((a, b) => weightOf(b) - weightOf(a));
  const pick = <T>(values: readonly T[]): T | undefined => values[Math.floor(random() * values.length)];
  const empty = bySize.filter((subject) => weightOf(subject) === 0);
  const owners = bySize.filter((subject) => weightOf(subject) > 0 && subject !== platform);
  const notable = [all.find((subject) => subject === platform), owners[0], pick(empty), owners.at(-1)];
  const chosen = new Set(notable.filter((subject) => subject !== undefined).slice(0, count));
  const others = bySize.filter((subject) => !chosen.has(subject));
  const groups = count - chosen.size;
  for (let group = 0; group < groups; group += 1) {
    const from = Math.floor((group * others.length) / groups);
    const member = pick(others.slice(from, Math.floor(((group + 1) * others.length) / groups)));
    if (member !== undefined) chosen.add(member);
  }
  return all.filter((subject) => chosen.has(subject));
}
