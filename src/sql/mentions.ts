import { quoteIdent } from './ident.ts';

/** Whether SQL names a column, after `prefix`. */
export function mentions(sql: string, column: string, prefix = ''): boolean {
  const written = [column, quoteIdent(column).slice(1, -1)].map(escapePattern);
  return new RegExp(`(?<![\\p{L}\\p{N}_])${prefix}(${written.join('|')})(?![\\p{L}\\p{N}_])`, 'u').test(sql);
}

/** A text as a regular expression that matches it alone. */
export function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
