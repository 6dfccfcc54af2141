/** Whether a text matches a pattern of LIKE. A backslash takes what follows as it is. */
export function likeMatches(pattern: string, text: string): boolean {
  const parts = [...pattern.matchAll(/\\([\s\S])|%|_|[^\\%_]+/g)].map(([part, escaped]) => {
    if (escaped !== undefined) return quoted(escaped);
    if (part === '%') return '[\\s\\S]*';
    return part === '_' ? '[\\s\\S]' : quoted(part);
  });
  return new RegExp(`^${parts.join('')}$`, 'u').test(text);
}

/** The text that a pattern is, where nothing in it stands for others. */
export function exactOf(pattern: string): string | undefined {
  const isExact = /^(?:\\[\s\S]|[^\\%_])*$/.test(pattern);
  return isExact ? pattern.replace(/\\([\s\S])/g, '$1') : undefined;
}

/** What a text begins with that matches, where that is all that a pattern asks for. */
export function prefixOf(pattern: string): string | undefined {
  const prefix = /^((?:\\[\s\S]|[^\\%_])*)%+$/.exec(pattern)?.[1];
  return prefix === undefined ? undefined : exactOf(prefix);
}

function quoted(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
