import { nameOf } from '../catalog/lookup.ts';
import type { Relation } from '../catalog/snapshot.ts';
import { formatQualified, quoteIdent, quoteQualified } from '../sql/ident.ts';

/** `schema.relation`, as findings name it. */
export function objectOf(relation: Relation): string {
  return formatQualified(nameOf(relation));
}

/** `"schema"."relation"`, for a fix. */
export function quoted(relation: Relation): string {
  return quoteQualified(nameOf(relation));
}

/** `role:name`, as findings name it. */
export function roleObject(rolname: string): string {
  return `role:${rolname}`;
}

/** A grantee for a fix: PUBLIC is no name. */
export function quotedGrantee(grantee: string): string {
  return grantee === 'public' ? 'public' : quoteIdent(grantee);
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
}

/** The first few, and how many more there are. */
export function listedBriefly(items: readonly string[]): string {
  const rest = items.length - 3;
  return rest > 0 ? `${items.slice(0, 3).join(', ')} and ${rest} more` : listed(items);
}
