import { RowhouseError } from '../domain/errors.ts';
import type { QualifiedName } from '../sql/ident.ts';
import { quoteIdent, quoteQualified } from '../sql/ident.ts';
import { replaceVariables, scanTokens, splitStatements, SqlSyntaxError, type Node } from '../sql/parse.ts';
import { excerpt, positionAt } from '../sql/source.ts';

/** The one UPDATE of a backfill file, taken apart. */
export interface BackfillBody {
  readonly source: string;
  /** The updated table as the body writes it; `schema` is null where the search path decides. */
  readonly target: { readonly schema: string | null; readonly name: string };
  /** How the body calls the updated table: its alias or its name. */
  readonly alias: string;
  /** The columns that are set. */
  readonly columns: readonly string[];
  /** Whether the body places `:from` and `:to` itself. */
  readonly placesRange: boolean;
  /** Whether a row that was done is not done again, because the body asks for `column is null` of a column that it sets. */
  readonly selfLimiting: boolean;
}

/** One batch of a backfill: the key columns of the updated table and their types. */
export interface BatchKey {
  readonly columns: readonly string[];
  /** As `format_type` prints them. */
  readonly types: readonly string[];
}

/**
 * Reads a backfill file.
 *
 * @throws RowhouseError `backfill-invalid`, with the line, where the body is not one plain UPDATE
 */
export function parseBackfill(path: string, source: string): BackfillBody {
  const fail = (message: string, offset = 0): never => {
    throw new RowhouseError(
      'configuration',
      'backfill-invalid',
      `${path}:${positionAt(source, offset).line}: ${message}`,
      {
        detail: excerpt(source, offset),
      },
    );
  };
  try {
    const bound = replaceVariables(source, { from: 'null', to: 'null' });
    const statements = splitStatements(bound.text);
    const [statement] = statements;
    if (statement === undefined || statements.length !== 1 || !('UpdateStmt' in statement.node)) {
      return fail('a backfill is exactly one UPDATE', statements[1]?.offset ?? statement?.offset);
    }
    const update = statement.node.UpdateStmt;
    const { relation } = update;
    if (relation?.relname === undefined) return fail('the UPDATE names no table', statement.offset);
    if (update.returningClause) return fail('a backfill returns nothing: remove RETURNING', statement.offset);
    if (bound.used.size === 1) return fail('a body that places its range uses both :from and :to', statement.offset);
    const columns = (update.targetList ?? []).flatMap((target) =>
      'ResTarget' in target ? (target.ResTarget.name ?? []) : [],
    );
    return {
      source,
      target: { schema: relation.schemaname ?? null, name: relation.relname },
      alias: relation.alias?.aliasname ?? relation.relname,
      columns,
      placesRange: bound.used.size === 2,
      selfLimiting: conjuncts(update.whereClause).some((condition) => asksForNull(condition, columns)),
    };
  } catch (error) {
    if (error instanceof SqlSyntaxError) return fail(error.message, error.offset);
    throw error;
  }
}

/**
 * The UPDATE of one batch: rows after the key of the last batch (`$1 …`, absent in the first batch), up to and with
 * the key of this one (the parameters after it).
 */
export function batchSql(body: BackfillBody, key: BatchKey, first: boolean): string {
  const count = key.columns.length;
  const parameter = (index: number) => `$${index + 1}::text::${key.types[index % count] ?? 'text'}`;
  if (body.placesRange) {
    // `> all ('{}')` is true of every value: the first batch has no lower bound.
    return replaceVariables(body.source, {
      from: first ? "all ('{}')" : parameter(0),
      to: first ? parameter(0) : parameter(1),
    }).text;
  }
  const row = rowOf(body.alias, key);
  const values = (from: number) => `(${key.columns.map((_, index) => parameter(from + index)).join(', ')})`;
  const upper = `${row} <= ${values(first ? 0 : count)}`;
  return addCondition(body.source, first ? upper : `${row} > ${values(0)} and ${upper}`);
}

/** The key that ends the batch of `$n` rows after `$1 …`, or after the start; no row where fewer are left. */
export function nextKeySql(table: QualifiedName, key: BatchKey, first: boolean): string {
  const count = key.columns.length;
  const casts = (from: number) =>
    `(${key.types.map((type, index) => `$${from + index + 1}::text::${type}`).join(', ')})`;
  const row = rowOf('t', key);
  const lower = first ? '' : `${row} > ${casts(0)} and `;
  const upper = `${row} <= ${casts(first ? 0 : count)}`;
  const offset = (first ? count : 2 * count) + 1;
  return `select array[${key.columns.map((column) => `t.${quoteIdent(column)}::text`).join(', ')}] as key
  from ${quoteQualified(table)} as t
 where ${lower}${upper}
 order by ${key.columns.map((column) => `t.${quoteIdent(column)}`).join(', ')}
offset $${offset} - 1 limit 1`;
}

/** The greatest key of the table. */
export function endKeySql(table: QualifiedName, key: BatchKey): string {
  return `select array[${key.columns.map((column) => `t.${quoteIdent(column)}::text`).join(', ')}] as key
  from ${quoteQualified(table)} as t
 order by ${key.columns.map((column) => `t.${quoteIdent(column)} desc`).join(', ')}
 limit 1`;
}

function rowOf(alias: string, key: BatchKey): string {
  return `(${key.columns.map((column) => `${quoteIdent(alias)}.${quoteIdent(column)}`).join(', ')})`;
}

/** Adds a condition to the WHERE of the UPDATE, by its tokens: what stands in parentheses is another query's. */
function addCondition(source: string, condition: string): string {
  let depth = 0;
  const tokens = scanTokens(source).filter((token) => !token.comment);
  const where = tokens.find(({ text }) => {
    if (text === '(') depth += 1;
    if (text === ')') depth -= 1;
    return depth === 0 && text.toLowerCase() === 'where';
  });
  const last = tokens.at(-1);
  if (last === undefined) return source;
  const end = last.text === ';' ? last.start : last.end;
  if (where === undefined) return `${source.slice(0, end)}\n where ${condition}`;
  return `${source.slice(0, where.end)} (${source.slice(where.end, end)}\n) and ${condition}`;
}

function conjuncts(node: Node | undefined): Node[] {
  if (node === undefined) return [];
  if ('BoolExpr' in node && node.BoolExpr.boolop === 'AND_EXPR') return (node.BoolExpr.args ?? []).flatMap(conjuncts);
  return [node];
}

function asksForNull(node: Node, columns: readonly string[]): boolean {
  if (!('NullTest' in node) || node.NullTest.nulltesttype !== 'IS_NULL') return false;
  const argument = node.NullTest.arg;
  const field = argument && 'ColumnRef' in argument ? argument.ColumnRef.fields?.at(-1) : undefined;
  return field !== undefined && 'String' in field && columns.includes(field.String.sval ?? '');
}
