import type { Relation } from '../catalog/snapshot.ts';
import { quoteIdent } from '../sql/ident.ts';

/** A relation in a query, seen as the table that the model describes. */
export interface RowSource {
  readonly table: Relation;
  /** A column of the table, as SQL. */
  column(name: string): string;
  /**
   * The model's own SQL over the row. Its names resolve to the row first, bare or qualified by the table's name, and its
   * subqueries to themselves before that: a policy of the table would read it the same.
   */
  evaluate(expression: string): string;
}

/** The table itself, its partition or its child, under an alias. */
export function tableSource(table: Relation, alias: string): RowSource {
  return {
    table,
    column: (name) => `${alias}.${quoteIdent(name)}`,
    evaluate: (expression) => scalar(expression, `select ${alias}.*`, table.relname),
  };
}

/** A view under an alias, whose columns stand for those of the table. */
export function viewSource(table: Relation, alias: string, columns: ReadonlyMap<string, string>): RowSource {
  const column = (name: string): string => `${alias}.${quoteIdent(columns.get(name) ?? name)}`;
  const list = [...columns.keys()].map((name) => `${column(name)} as ${quoteIdent(name)}`).join(', ');
  return {
    table,
    column,
    evaluate: (expression) => scalar(expression, `select ${list}`, table.relname),
  };
}

function scalar(expression: string, row: string, name: string): string {
  // The newline ends a comment that the expression may end with.
  return `(select (${expression}\n) from (${row}) as ${quoteIdent(name)})`;
}
