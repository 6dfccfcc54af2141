import { parseExpression, SqlSyntaxError } from '../sql/parse.ts';
import { lastName, nodesOf } from '../sql/tree.ts';

/**
 * What is wrong with an SQL expression of the model, or null.
 *
 * It is evaluated by a role and a search path that are not the application's, and for all tenants alike:
 * so it may not depend on any of them.
 */
export function expressionProblem(expression: string): string | null {
  let tree: unknown;
  try {
    tree = parseExpression(expression);
  } catch (error) {
    if (error instanceof SqlSyntaxError) {
      const place = error.offset < expression.length ? `character ${error.offset + 1}` : 'its end';
      return `is not an SQL expression: ${error.message} at ${place}`;
    }
    throw error;
  }
  const nodes = [...nodesOf(tree)];
  const ctes = new Set(nodes.filter((node) => node.tag === 'CommonTableExpr').map((node) => node.value['ctename']));
  for (const { tag, value } of nodes) {
    if (tag === 'ParamRef') return 'holds a parameter: only columns and constants have a value here';
    if (tag === 'RangeVar' && value['schemaname'] === undefined && !ctes.has(value['relname'])) {
      return `reads ${String(value['relname'])} without its schema: write schema.${String(value['relname'])}`;
    }
    if (tag === 'SQLValueFunction' && /USER|ROLE/.test(String(value['op']))) {
      return 'depends on the current user: the model says what is true for every session';
    }
    if (tag === 'FuncCall' && lastName(value['funcname']) === 'current_setting') {
      return 'depends on a setting of the session: the model says what is true for every session';
    }
  }
  return null;
}

/** The columns that an expression names, without their qualifier. A subquery's own columns are among them. */
export function columnNames(expression: string): ReadonlySet<string> {
  const names = [...nodesOf(parseExpression(expression))]
    .filter((node) => node.tag === 'ColumnRef')
    .map((node) => lastName(node.value['fields']))
    .filter((name) => name !== undefined);
  return new Set(names);
}

/** Whether an expression has names of its own, from other tables. */
export function hasSubquery(expression: string): boolean {
  return [...nodesOf(parseExpression(expression))].some((node) => node.tag === 'SubLink');
}
