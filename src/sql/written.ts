import { formatIdent, quoteIdent, type QualifiedName } from './ident.ts';
import { isReserved } from './parse.ts';

/** An identifier in SQL that people read: quoted only where PostgreSQL would not take it for a name as it stands. */
export function written(identifier: string): string {
  const plain = formatIdent(identifier);
  return plain === identifier && isReserved(identifier) ? quoteIdent(identifier) : plain;
}

/** `schema.name`, likewise. */
export function writtenName({ schema, name }: QualifiedName): string {
  return `${written(schema)}.${written(name)}`;
}

/** Columns in their order, likewise. */
export function writtenList(identifiers: readonly string[]): string {
  return identifiers.map(written).join(', ');
}
