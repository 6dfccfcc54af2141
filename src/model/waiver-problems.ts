import type { Problem } from './problem.ts';
import { parts } from './schema.ts';
import { suggestion } from './suggest.ts';

/** A waiver of a rule that there is not waives nothing, and looks as if it did. */
export function waiverProblems(document: unknown, rules: readonly string[]): Problem[] {
  const waivers = (document as { readonly waivers?: unknown } | null)?.waivers;
  if (!Array.isArray(waivers)) return [];
  return waivers.flatMap((waiver: unknown, index) => {
    const read = parts.waiver.safeParse(waiver).data;
    if (read === undefined || rules.includes(read.rule)) return [];
    const message = `there is no rule ${read.rule}${suggestion(read.rule, rules)}`;
    return [{ path: ['waivers', index, 'rule'], message }];
  });
}
