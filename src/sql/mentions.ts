import { quoteIdent } from './ident.ts';

/** Whether SQL names a column, after `prefix`. */
export function mentions(sql: string, column: string, prefix = ''): boolean {
  return new RegExp(nameIn(column, prefix), 'u').test(sql);
}

/** Whether SQL names a function and gives it arguments, or none in parentheses. */
export function isCalled(sql: string, routine: string): boolean {
  return new RegExp(`${nameIn(routine)}"?\\s*\\(`, 'u').test(sql);
}

function nameIn(name: string, prefix = ''): string {
  const written = [name, quoteIdent(name).slice(1, -1)].map(escapePattern);
  return `(?<![\\p{L}\\p{N}_])${prefix}(${written.join('|')})(?![\\p{L}\\p{N}_])`;
}

/** A text as a regular expression that matches it alone. */
export function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
