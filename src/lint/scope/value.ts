import { isFalse, isFree, isNull, isTrue, isUnknown, not, raises, type Outcome } from './outcome.ts';

/** What a scalar is for the rows of a situation, as far as it can be told without the rows. */
export type Value =
  | { readonly kind: 'null' | 'raises' }
  | { readonly kind: 'text'; readonly text: string }
  /**
   * The subject of the session, or the owner of a foreign row: they differ from each other, and where nothing is written
   * from every literal.
   */
  | { readonly kind: 'id'; readonly of: Party; readonly text?: string }
  /** The JSON of the context, or what lies below a path in it. */
  | { readonly kind: 'claims'; readonly path: readonly string[] }
  | { readonly kind: 'array'; readonly items: readonly Value[] }
  /** It is made of the row's other columns, and those may hold anything. */
  | { readonly kind: 'free' }
  /** The same for every row, but unknown: the time. */
  | { readonly kind: 'fixed' }
  /** Another setting than the context's, or another claim: not set, as a rule. */
  | { readonly kind: 'setting' }
  | { readonly kind: 'unknown' };

type Party = 'subject' | 'tenant' | 'user';

export const nothing: Value = { kind: 'null' };
export const unknown: Value = { kind: 'unknown' };
export const setting: Value = { kind: 'setting' };
export const subject: Value = { kind: 'id', of: 'subject' };

export function textOf(text: string): Value {
  return { kind: 'text', text };
}

/** A value where a boolean is asked for. */
export function truthOf(value: Value): Outcome {
  if (value.kind === 'null') return isNull;
  if (value.kind === 'raises') return raises;
  if (value.kind === 'free') return isFree;
  if (value.kind !== 'text') return isUnknown;
  if (/^(t|true|y|yes|on|1)$/i.test(value.text)) return isTrue;
  return /^(f|false|n|no|off|0)$/i.test(value.text) ? isFalse : raises;
}

/** What an operator gives; they are strict. `alike`: a user's id may be a tenant's too. */
export function compare(operator: string, left: Value, right: Value, alike: boolean): Outcome {
  if (left.kind === 'raises' || right.kind === 'raises') return raises;
  if (left.kind === 'null' || right.kind === 'null') return isNull;
  if (operator === '=') return equality(left, right, alike);
  if (operator === '<>' || operator === '!=') return not(equality(left, right, alike));
  return isAnything(left, right) ? isFree : isUnknown;
}

/** `left is distinct from right`. */
export function isDistinct(left: Value, right: Value, alike: boolean): Outcome {
  if (left.kind === 'raises' || right.kind === 'raises') return raises;
  if (left.kind === 'null' && right.kind === 'null') return isFalse;
  if (left.kind === 'null' || right.kind === 'null') {
    const other = left.kind === 'null' ? right : left;
    return mayBeNull(other) ? { true: 'maybe', false: 'maybe', null: 'never' } : isTrue;
  }
  return { ...not(equality(left, right, alike)), null: 'never' };
}

/** `value is null`. */
export function isNothing(value: Value): Outcome {
  if (value.kind === 'raises') return raises;
  if (value.kind === 'null') return isTrue;
  if (value.kind === 'free') return { true: 'certain', false: 'certain', null: 'never' };
  return mayBeNull(value) ? { true: 'maybe', false: 'maybe', null: 'never' } : isFalse;
}

/** Whether it can be told to be NULL or not; the claims of a context that is set are not. */
export function mayBeNull({ kind }: Value): boolean {
  return kind === 'free' || kind === 'unknown' || kind === 'fixed' || kind === 'setting';
}

function equality(left: Value, right: Value, alike: boolean): Outcome {
  if (left.kind === 'id' && right.kind === 'id') return equalIds(left.of, right.of, alike);
  if (left.kind === 'text' && right.kind === 'text') return sameText(left.text, right.text) ? isTrue : isFalse;
  const [id, text] = left.kind === 'id' ? [left, right] : [right, left];
  if (id.kind === 'id' && text.kind === 'text') {
    if (id.text !== undefined) return sameText(id.text, text.text) ? isTrue : isFalse;
    // The subject may be the very tenant of the literal.
    return id.of === 'subject' && text.text !== '' ? { true: 'maybe', false: 'certain', null: 'never' } : isFalse;
  }
  return isAnything(left, right) ? isFree : isUnknown;
}

function equalIds(left: Party, right: Party, alike: boolean): Outcome {
  if (left === right) return isTrue;
  const pair = [left, right];
  if (!pair.includes('subject')) return isUnknown;
  return alike && pair.includes('tenant') ? isUnknown : isFalse;
}

function sameText(a: string, b: string): boolean {
  return a === b || (isUuid(a) && a.toLowerCase() === b.toLowerCase());
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/** Whether a comparison is up to columns that anybody may fill, on a side at least, and to nothing that is not known. */
function isAnything(left: Value, right: Value): boolean {
  const open = (value: Value): boolean => value.kind === 'free';
  const plain = (value: Value): boolean => open(value) || value.kind === 'text' || value.kind === 'fixed';
  return (open(left) || open(right)) && plain(left) && plain(right);
}
