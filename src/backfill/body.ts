import { RowhouseError } from '../domain/errors.ts';
import type { WrittenName } from '../sql/lock-mode.ts';
import { locksTaken } from '../sql/locks.ts';
import { replaceVariables, scanTokens, splitStatements, SqlSyntaxError, type Node } from '../sql/parse.ts';
import { excerpt, positionAt } from '../sql/source.ts';
import { lastName, nodesOf } from '../sql/tree.ts';

/** The one UPDATE of a backfill file, taken apart. */
export interface BackfillBody {
  readonly source: string;
  /** The updated table as the body writes it; `schema` is null where the search path decides. */
  readonly target: WrittenName;
  /** How the body calls the updated table: its alias or its name. */
  readonly alias: string;
  /** What it reads, and the table that it writes. */
  readonly relations: readonly WrittenName[];
  /** The functions that it calls, without schemas. */
  readonly functions: readonly string[];
  /** The columns that are set. */
  readonly columns: readonly string[];
  /** The column of `key > :from and key <= :to`, where the body places its range itself. */
  readonly rangeColumn: string | null;
  /** Whether a row that was done is not done again, because the body asks for `column is null` of a column that it sets. */
  readonly selfLimiting: boolean;
}

/** Why a body is refused; offsets count from the start of the file. */
class Refusal extends Error {
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}

/**
 * Reads a backfill file.
 *
 * @throws RowhouseError `backfill-invalid`, with the line, where the body is not one plain UPDATE
 */
export function parseBackfill(path: string, source: string): BackfillBody {
  try {
    return takeApart(source);
  } catch (error) {
    if (!(error instanceof Refusal || error instanceof SqlSyntaxError)) throw error;
    const { line } = positionAt(source, error.offset);
    throw new RowhouseError('configuration', 'backfill-invalid', `${path}:${line}: ${error.message}`, {
      detail: excerpt(source, error.offset),
      cause: error,
    });
  }
}

/** The body with `$1` and `$2` for `:from` and `:to`, of the same length, so that positions in errors stay right. */
export function withParameters(source: string): string {
  return replaceVariables(source, { from: '$1', to: '$2' }).text;
}

function takeApart(source: string): BackfillBody {
  const parameter = scanTokens(source).find(({ text }) => /^\$\d+$/.test(text));
  if (parameter) throw new Refusal(`a backfill has no parameter ${parameter.text}`, parameter.start);
  const statements = splitStatements(withParameters(source));
  const [statement] = statements;
  if (statement === undefined || statements.length !== 1 || !('UpdateStmt' in statement.node)) {
    throw new Refusal('a backfill is exactly one UPDATE', (statements[1] ?? statement)?.offset ?? 0);
  }
  const update = statement.node.UpdateStmt;
  const { relation, whereClause } = update;
  if (relation?.relname === undefined) throw new Refusal('the UPDATE names no table', statement.offset);
  if (update.returningClause) throw new Refusal('a backfill returns nothing: remove RETURNING', statement.offset);
  const isWrite = ({ tag }: { tag: string }) => /^(Insert|Update|Delete|Merge)Stmt$/.test(tag);
  if ([...nodesOf(update.withClause)].some(isWrite)) {
    throw new Refusal('a WITH that writes would run once a batch: a backfill updates one table', statement.offset);
  }
  const columns = (update.targetList ?? []).flatMap((target) =>
    'ResTarget' in target ? (target.ResTarget.name ?? []) : [],
  );
  const alias = relation.alias?.aliasname ?? relation.relname;
  return {
    source,
    target: { schema: relation.schemaname ?? null, name: relation.relname },
    alias,
    relations: locksTaken(statement.node).map((lock) => lock.relation),
    functions: nodesOf(update).flatMap(({ tag, value }) =>
      tag === 'FuncCall' ? (lastName(value['funcname']) ?? []) : [],
    ),
    columns,
    rangeColumn: placedRange(update, statement.offset),
    selfLimiting: conjuncts(whereClause).some((condition) => asksForNull(condition, alias, columns)),
  };
}

/** The one column that is compared with both `:from` and `:to`; null where neither occurs. */
function placedRange(update: unknown, offset: number): string | null {
  const nodes = [...nodesOf(update)];
  const variables = nodes.filter(({ tag }) => tag === 'ParamRef');
  if (variables.length === 0) return null;
  const bounds = nodes.filter(({ tag }) => tag === 'A_Expr').flatMap(({ value }) => boundOf(value));
  const columns = [...new Set(bounds.map(({ column }) => column))];
  const [column] = columns;
  const both = new Set(bounds.map(({ variable }) => variable)).size === 2;
  if (column === undefined || columns.length > 1 || !both || bounds.length !== variables.length) {
    throw new Refusal('a body that places its range says `key > :from and key <= :to`, both and no cast', offset);
  }
  return column;
}

/** `column > $1` or `column <= $2`, as libpg-query has it. */
function boundOf({ name, lexpr, rexpr }: Readonly<Record<string, unknown>>): { column: string; variable: number }[] {
  const wanted = new Map([
    ['>', 1],
    ['<=', 2],
  ]);
  const [left] = nodesOf(lexpr);
  const [right] = nodesOf(rexpr);
  const column = left?.tag === 'ColumnRef' ? lastName(left.value['fields']) : undefined;
  const variable = right?.tag === 'ParamRef' ? right.value['number'] : undefined;
  if (column === undefined || variable === undefined || variable !== wanted.get(lastName(name) ?? '')) return [];
  return [{ column, variable: Number(variable) }];
}

function conjuncts(node: Node | undefined): Node[] {
  if (node === undefined) return [];
  if ('BoolExpr' in node && node.BoolExpr.boolop === 'AND_EXPR') return (node.BoolExpr.args ?? []).flatMap(conjuncts);
  return [node];
}

/** `column is null` of a set column of the updated table, and not of one that has the same name in another table. */
function asksForNull(node: Node, alias: string, columns: readonly string[]): boolean {
  if (!('NullTest' in node) || node.NullTest.nulltesttype !== 'IS_NULL') return false;
  const argument = node.NullTest.arg;
  if (!argument || !('ColumnRef' in argument)) return false;
  const fields = argument.ColumnRef.fields ?? [];
  const column = lastName(fields);
  const qualifier = lastName(fields.slice(0, -1));
  return column !== undefined && columns.includes(column) && (qualifier === undefined || qualifier === alias);
}
