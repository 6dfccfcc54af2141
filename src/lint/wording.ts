import { nameOf } from '../catalog/lookup.ts';
import type { Relation } from '../catalog/snapshot.ts';
import { formatQualified, quoteQualified } from '../sql/ident.ts';

/** `schema.relation`, as findings name it. */
export function objectOf(relation: Relation): string {
  return formatQualified(nameOf(relation));
}

/** `"schema"."relation"`, for a fix. */
export function quoted(relation: Relation): string {
  return quoteQualified(nameOf(relation));
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
}
