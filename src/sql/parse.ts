import { hasSqlDetails, parseSync, scanSync, type Node } from 'libpg-query';
import { parserLoaded } from './load-parser.ts';
import { byteOffsets, offsetOfCharacter } from './source.ts';

export type { Node };
export type { AlterTableCmd, ColumnDef, Constraint, CreateStmt, RangeVar, TypeName } from 'libpg-query';

await parserLoaded;

/** One statement of a text, without its semicolon. */
export interface Statement {
  readonly text: string;
  /** Where it starts in the whole text, in UTF-16 units. */
  readonly offset: number;
  readonly node: Node;
}

/** The text is not SQL: what PostgreSQL's own parser says, and where. */
export class SqlSyntaxError extends Error {
  override readonly name = 'SqlSyntaxError';

  constructor(
    message: string,
    /** In UTF-16 units from the start of the text. */
    readonly offset: number,
  ) {
    super(message);
  }
}

/**
 * Splits a text into its statements with PostgreSQL's parser: a semicolon in a string, a dollar quote or a comment splits nothing.
 *
 * @throws SqlSyntaxError
 */
export function splitStatements(text: string): Statement[] {
  const toOffset = byteOffsets(text);
  return parse(text).flatMap(({ stmt, stmt_location: location = 0, stmt_len: length }) => {
    if (stmt === undefined) return [];
    const start = toOffset(location);
    const source = text.slice(start, length === undefined ? undefined : toOffset(location + length));
    const indent = source.length - source.trimStart().length;
    return [{ text: source.trim(), offset: start + indent, node: stmt }];
  });
}

/**
 * Parses one SQL expression, such as a policy's.
 *
 * @throws SqlSyntaxError whose offset is one within the expression; also where the text is more than one expression
 */
export function parseExpression(expression: string): Node {
  const prefix = 'select (';
  // The newline keeps a trailing comment from swallowing the parenthesis.
  const statements = parseShifted(`${prefix}${expression}\n)`, prefix.length);
  const select = statements[0]?.stmt;
  const node = select && 'SelectStmt' in select ? select.SelectStmt : undefined;
  const target = node?.targetList?.[0];
  const value = target && 'ResTarget' in target ? target.ResTarget.val : undefined;
  const alone =
    statements.length === 1 &&
    node?.targetList?.length === 1 &&
    !node.fromClause &&
    !node.whereClause &&
    !node.sortClause;
  if (value === undefined || !alone || 'RowExpr' in value) {
    throw new SqlSyntaxError('not one expression', 0);
  }
  return value;
}

/** A token as PostgreSQL's scanner sees it; offsets in UTF-16 units. */
export interface Token {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly comment: boolean;
}

/** The tokens of a text that parses, or would if its `:name` variables were values. */
export function scanTokens(text: string): Token[] {
  // Its scanner fails on an empty text.
  if (text === '') return [];
  const toOffset = byteOffsets(text);
  return scanSync(text).tokens.map((token) => {
    const start = toOffset(token.start);
    const end = toOffset(token.end);
    return { start, end, text: text.slice(start, end), comment: /^(SQL|C)_COMMENT$/.test(token.tokenName) };
  });
}

/** Whether a word in lower case means something else to PostgreSQL than a name. https://www.postgresql.org/docs/current/sql-keywords-appendix.html */
export function isReserved(word: string): boolean {
  const known = reserved.get(word) ?? scansAsReserved(word);
  reserved.set(word, known);
  return known;
}

const reserved = new Map<string, boolean>();

function scansAsReserved(word: string): boolean {
  // No keyword has a digit.
  if (/\d/.test(word)) return false;
  const kind = scanSync(word).tokens[0]?.keywordName ?? 'NO_KEYWORD';
  return kind !== 'NO_KEYWORD' && kind !== 'UNRESERVED_KEYWORD';
}

/** A text whose variables were replaced. */
export interface Replaced {
  readonly text: string;
  /** The variables that occur. */
  readonly used: ReadonlySet<string>;
}

/**
 * Replaces psql-style variables such as `:from`. What is shorter than its variable is padded to its width, so that
 * positions in error messages stay right. Only the given names are variables: `::` casts and array slices are left alone.
 */
export function replaceVariables(text: string, replacements: Readonly<Record<string, string>>): Replaced {
  const used = new Set<string>();
  const tokens = scanTokens(text);
  const parts: string[] = [];
  let copied = 0;
  tokens.forEach((colon, index) => {
    const name = tokens[index + 1];
    if (colon.text !== ':' || name?.start !== colon.end || !Object.hasOwn(replacements, name.text)) return;
    used.add(name.text);
    parts.push(text.slice(copied, colon.start), (replacements[name.text] ?? '').padEnd(name.end - colon.start));
    copied = name.end;
  });
  return { text: parts.join('') + text.slice(copied), used };
}

function parse(text: string) {
  return parseShifted(text, 0);
}

/** Parses, and counts the offset of an error from `shift`. */
function parseShifted(text: string, shift: number) {
  if (text === '') return [];
  try {
    return parseSync(text).stmts ?? [];
  } catch (error) {
    if (!hasSqlDetails(error)) throw error;
    const offset = offsetOfCharacter(text, (error.sqlDetails?.cursorPosition ?? 0) + 1);
    throw new SqlSyntaxError(error.sqlDetails?.message ?? error.message, Math.max(0, offset - shift));
  }
}
