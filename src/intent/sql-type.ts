import type { KeyType } from '../model/model.ts';
import { quoteLiteral } from '../sql/ident.ts';

/** Types that are compared with each other as they are; `other` are domains and types of extensions, which are compared as text. */
export type TypeFamily = 'uuid' | 'integer' | 'text' | 'other';

/** An SQL expression and what it can be compared with. */
export interface TypedSql {
  readonly sql: string;
  readonly family: TypeFamily;
}

/** The family of a type as `format_type` prints it with an empty search path; null for a built-in type that holds no id. */
export function familyOf(type: string): TypeFamily | null {
  const base = type.replace(/\(.*\)$/, '');
  if (base === 'uuid') return 'uuid';
  if (['smallint', 'integer', 'bigint'].includes(base)) return 'integer';
  if (['text', 'character varying', 'character', 'name'].includes(base)) return 'text';
  // Only what pg_catalog does not hold is printed with its schema.
  return type.includes('.') && !type.endsWith('[]') ? 'other' : null;
}

/** Whether a foreign key may join two types, which both mean the same by equal: `character(n)` does not ask for spaces at the end. */
export function mayReference(type: string, other: string): boolean {
  if (type === other) return true;
  const family = familyOf(type);
  if (family !== familyOf(other)) return false;
  return (
    family === 'integer' || (family === 'text' && [type, other].every((one) => /^(text|character varying)/.test(one)))
  );
}

export function familyOfKey(type: KeyType): TypeFamily {
  return type === 'bigint' ? 'integer' : type;
}

/** The subject, read as the type of a key. */
export function subjectAs(type: KeyType): TypedSql {
  return { sql: `$1::pg_catalog.text::${sqlType(type)}`, family: familyOfKey(type) };
}

/** A constant of a key's type. */
export function constantOf(text: string, type: KeyType): TypedSql {
  return { sql: `${quoteLiteral(text)}::${sqlType(type)}`, family: familyOfKey(type) };
}

/** An equation of two ids. */
export function equals(left: TypedSql, right: TypedSql): string {
  return comparable(left, right).join(' = ');
}

/** Both sides of a comparison. Texts are compared byte for byte: a nondeterministic collation takes two tenants for one. */
export function comparable(left: TypedSql, right: TypedSql): readonly [string, string] {
  const asIs = left.family === right.family && (left.family === 'uuid' || left.family === 'integer');
  return asIs ? [left.sql, right.sql] : [asText(left), asText(right)];
}

export function asText({ sql }: TypedSql): string {
  return `(${sql})::pg_catalog.text collate pg_catalog."C"`;
}

function sqlType(type: KeyType): string {
  const names: Record<KeyType, string> = { uuid: 'uuid', bigint: 'int8', integer: 'int4', text: 'text' };
  return `pg_catalog.${names[type]}`;
}
