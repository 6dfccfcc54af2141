/** The texts that stand in quotes in code. */
export function quotedIn(code: string): readonly string[] {
  return [...code.matchAll(/'((?:[^']|'')*)'/g)].map(([, text = '']) => text.replaceAll("''", "'"));
}

/** What stands in quotes in code, and its numbers: a tenant's id that somebody wrote there is among them. */
export function literalsIn(code: string): readonly string[] {
  return [...code.matchAll(/'((?:[^']|'')*)'|(?<![\w.])(\d+)(?![\w.])/g)].map(
    ([, text, number]) => text?.replaceAll("''", "'") ?? number ?? '',
  );
}
