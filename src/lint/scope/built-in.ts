import type { Model } from '../../model/model.ts';
import type { Situation } from './situation.ts';
import { nothing, setting, subject, textOf, unknown, type Value } from './value.ts';

/** What a function of PostgreSQL gives. */
export function builtIn(model: Model, { context }: Situation, name: string, args: readonly Value[]): Value {
  const [first, second] = args;
  if (name === 'current_setting') {
    if (first?.kind !== 'text') return unknown;
    if (first.text.toLowerCase() !== model.context.setting.toLowerCase()) return setting;
    if (context === 'empty') return textOf('');
    if (context === 'set') return model.context.json === null ? subject : { kind: 'claims', path: [] };
    return second?.kind === 'text' && second.text === 'true' ? nothing : { kind: 'raises' };
  }
  if (/^jsonb?_extract_path(_text)?$/.test(name) && first) {
    return args.slice(1).reduce((value, key) => jsonValue(model, '->>', value, key), first);
  }
  if (['lower', 'btrim', 'trim'].includes(name) && first && args.length === 1) {
    return first.kind === 'text' && name === 'lower' ? textOf(first.text.toLowerCase()) : first;
  }
  if (isReader(name)) return unknown;
  const kinds = new Set(args.map(({ kind }) => kind));
  if (kinds.has('raises')) return { kind: 'raises' };
  if (['id', 'claims', 'setting', 'array', 'unknown', 'null'].some((kind) => kinds.has(kind as Value['kind'])))
    return unknown;
  return { kind: kinds.has('free') ? 'free' : 'fixed' };
}

/** Whether a function of PostgreSQL depends on more than its arguments and the time. */
export function isReader(name: string): boolean {
  return /^(current_setting|set_config|random|gen_random_uuid|nextval|currval|lastval|pg_|has_|row_security_|inet_|query_to_|table_to_|lo_|to_reg)/.test(
    name,
  );
}

/** What a JSON operator finds in the claims of the context. */
export function jsonValue(model: Model, operator: string, left: Value, right: Value): Value {
  if (left.kind === 'raises' || left.kind === 'null' || left.kind === 'setting') return left;
  if (left.kind === 'free' && (right.kind === 'text' || right.kind === 'array')) return left;
  if (left.kind !== 'claims' || right.kind !== 'text') return unknown;
  if (operator === '->' || operator === '->>') return claim(model, [...left.path, right.text]);
  const keys = itemsOf(right.text);
  return keys && (operator === '#>' || operator === '#>>') ? claim(model, [...left.path, ...keys]) : unknown;
}

function claim({ context: { json, claims } }: Model, path: readonly string[]): Value {
  if (json !== null && path.every((key, index) => json[index] === key)) {
    return path.length === json.length ? subject : { kind: 'claims', path };
  }
  let found: unknown = claims;
  for (const key of path) found = (found as Readonly<Record<string, unknown>> | undefined)?.[key];
  return typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean'
    ? textOf(String(found))
    : setting;
}

/** What a cast leaves of a value. */
export function cast(type: string, value: Value): Value {
  const isText = /^(text|varchar|name|bpchar|char)/.test(type);
  if (value.kind === 'text') {
    const items = type.endsWith('[]') ? itemsOf(value.text) : null;
    if (items) return { kind: 'array', items: items.map(textOf) };
    if (value.text === '' && !isText) return { kind: 'raises' };
  }
  if (value.kind === 'array' || value.kind === 'null' || value.kind === 'raises') return value;
  // What is cut to a length, or padded, is another value.
  const cut = type.includes('(n)') || /^(bp)?char$/.test(type) || type.endsWith('[]');
  return cut && value.kind !== 'free' ? unknown : value;
}

/** The items of an array that is written as a text, `{a,b}`; null where it is none, or one with quotes. */
export function itemsOf(text: string): readonly string[] | null {
  const [, items] = /^\{([^{}"\\]*)\}$/.exec(text) ?? [];
  if (items === undefined) return null;
  return items === '' ? [] : items.split(',');
}
