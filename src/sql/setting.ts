import { escapePattern } from './mentions.ts';

/** A text without what sets a setting: what is left of its name asks for it. */
export function withoutAssignments(text: string, setting: string): string {
  const name = escapePattern(setting);
  return text.replace(
    new RegExp(`set_config\\s*\\(\\s*'${name}'|\\bset\\s+(?:(?:local|session)\\s+)?${name}\\b`, 'gi'),
    '',
  );
}

/** Whether a text asks for a setting: it names it, and not only to set it. */
export function asksForSetting(text: string, setting: string): boolean {
  return withoutAssignments(text, setting).toLowerCase().includes(setting.toLowerCase());
}

// What may give the context: a setting, or a call without arguments; cast, in a subselect, and with '' taken for NULL or NULL for ''.
const asked = String.raw`(?:current_setting\s*\([^()]*\)|(?:[\w$]+\s*\.\s*)?[\w$]+\s*\(\s*\))`;
const cast = String.raw`(?:\s*::\s*[\w$.]+)?`;
const context = String.raw`(?:\(\s*select\s+)?(?:(?:nullif|coalesce)\s*\(\s*)?${asked}${cast}(?:\s*,\s*''\s*\))?(?:\s*\))?${cast}`;
const isNobody = String.raw`\s*(?:\bis\s+(?:not\s+)?null\b|(?:=|<>|!=)\s*'')`;
const keeping = String.raw`(?:([\w$]+)(?:\s+[\w$.]+)?\s*:=\s*${context}|select\s+${context}\s+into\s+([\w$]+))`;
const kept = new RegExp(String.raw`(?:^|[;\s])${keeping}\s*(?=;)`, 'gi');

/**
 * A text of PL/pgSQL or SQL without what asks only whether there is a context: of a setting or a call without arguments, and of
 * variables that hold one of these, which go with it where they are used for nothing else.
 */
export function withoutNullTests(text: string): string {
  const bare = text.replace(new RegExp(`${context}${isNobody}`, 'gi'), ' ');
  return [...bare.matchAll(kept)].reduce((left, [assignment, set, into]) => {
    const name = escapePattern(set ?? into ?? '');
    const tested = left.replace(new RegExp(`(?<![\\w$.])${name}${isNobody}`, 'gi'), ' ');
    const declaration = new RegExp(`(?<=[;\\s])${name}\\s+[\\w$.]+\\s*(?=;)`, 'i');
    const unused = tested.replace(assignment, ' ').replace(declaration, ' ');
    return new RegExp(`(?<![\\w$])${name}(?![\\w$])`, 'i').test(unused) ? tested : unused;
  }, bare);
}
