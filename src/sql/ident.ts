/** A schema-qualified name, each part as the catalog stores it: unquoted, case kept. */
export interface QualifiedName {
  readonly schema: string;
  readonly name: string;
}

/** Quotes an identifier always, as `quote_ident` would where it must. https://www.postgresql.org/docs/current/sql-syntax-lexical.html */
export function quoteIdent(identifier: string): string {
  if (identifier.includes('\u0000')) throw new TypeError('A PostgreSQL identifier holds no NUL byte.');
  return `"${identifier.replaceAll('"', '""')}"`;
}

/** Quotes a string literal, safe under either setting of `standard_conforming_strings`. For generated DDL only: values of a query are bound. */
export function quoteLiteral(value: string): string {
  if (value.includes('\u0000')) throw new TypeError('A PostgreSQL string holds no NUL byte.');
  const quoted = `'${value.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`;
  return value.includes('\\') ? ` E${quoted}` : quoted;
}

/** Whether two names are the same relation's. */
export function sameName(a: QualifiedName, b: QualifiedName): boolean {
  return a.schema === b.schema && a.name === b.name;
}

/** `"schema"."name"`, for SQL. */
export function quoteQualified({ schema, name }: QualifiedName): string {
  return `${quoteIdent(schema)}.${quoteIdent(name)}`;
}

/** A name for SQL as somebody has written it: without a schema the search path decides. */
export function quoteWritten({ schema, name }: { readonly schema: string | null; readonly name: string }): string {
  return schema === null ? quoteIdent(name) : quoteQualified({ schema, name });
}

/** The same for people. */
export function formatWritten(quoted: string): string {
  return (parseDotted(quoted) ?? [quoted]).map(formatIdent).join('.');
}

/** Whether a name may mean a relation: without a schema it is found wherever the search path leads. */
export function mayMean(
  { schema, name }: { readonly schema: string | null; readonly name: string },
  relation: QualifiedName,
): boolean {
  return name === relation.name && (schema === null || schema === relation.schema);
}

/** `schema.name`, for people: a part is quoted only where it would not be read back as itself. */
export function formatQualified({ schema, name }: QualifiedName): string {
  return `${formatIdent(schema)}.${formatIdent(name)}`;
}

/** An identifier for people: quoted only where it would not be read back as itself. */
export function formatIdent(identifier: string): string {
  return /^[a-z_\u0080-\uffff][a-z0-9_$\u0080-\uffff]*$/.test(identifier) ? identifier : quoteIdent(identifier);
}

/**
 * Reads a dotted name as PostgreSQL does: unquoted parts fold to lower case, quoted ones are kept.
 *
 * @returns the parts, or null where the text is not a dotted name
 */
export function parseDotted(text: string): string[] | null {
  const parts: string[] = [];
  const part = /\s*(?:"((?:[^"]|"")+)"|([\p{L}_][\p{L}\p{N}_$]*))\s*(\.|$)/uy;
  do {
    const match = part.exec(text);
    if (!match) return null;
    parts.push(match[1] === undefined ? (match[2] ?? '').toLowerCase() : match[1].replaceAll('""', '"'));
    if (match[3] === '') return parts;
  } while (part.lastIndex < text.length);
  return null;
}

/** Reads `schema.name`. @returns null where the text is not exactly that */
export function parseQualified(text: string): QualifiedName | null {
  const parts = parseDotted(text);
  const [schema, name] = parts ?? [];
  return parts?.length === 2 && schema !== undefined && name !== undefined ? { schema, name } : null;
}
