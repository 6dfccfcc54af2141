/** Whether a text matches a pattern of LIKE. A backslash takes what follows as it is. */
export function likeMatches(pattern: string, text: string): boolean {
  const parts = [...pattern.matchAll(/\\([\s\S])|%|_|[^\\%_]+/g)].map(([part, escaped]) => {
    if (escaped !== undefined) return quoted(escaped);
    if (part === '%') return '[\\s\\S]*';
    return part === '_' ? '[\\s\\S]' : quoted(part);
  });
  return new RegExp(`^${parts.join('')}$`, 'u').test(text);
}

/** The text that a pattern is, where it holds nothing special. */
export function exactOf(pattern: string): string | undefined {
  return /[%_\\]/.test(pattern) ? undefined : pattern;
}

/** What a text begins with that matches, where that is all that a pattern asks for. */
export function prefixOf(pattern: string): string | undefined {
  return pattern.endsWith('%') ? exactOf(pattern.replace(/%+$/, '')) : undefined;
}

function quoted(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
