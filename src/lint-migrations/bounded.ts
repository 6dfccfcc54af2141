import { isRecord, lastName, nodesOf } from '../sql/tree.ts';

type Tree = Readonly<Record<string, unknown>>;

/** Whether an UPDATE, DELETE or MERGE names its rows: by a key, or by a list of VALUES that it joins. */
export function namesItsRows(statement: Tree, keys: ReadonlySet<string>): boolean {
  const { fromClause, usingClause, sourceRelation, whereClause, joinCondition } = statement;
  const source = [fromClause, usingClause, sourceRelation].flat().filter((item) => item !== undefined);
  const condition = whereClause ?? joinCondition;
  if (condition === undefined) return false;
  if (source.length > 0 && source.every(isListOfValues)) return true;
  return conjuncts(condition).some((one) => isByKey(one, keys));
}

function isListOfValues(item: unknown): boolean {
  return isRecord(item) && nodesOf(item).some(({ tag, value }) => tag === 'SelectStmt' && 'valuesLists' in value);
}

/** The conditions that must all hold. */
function conjuncts(condition: unknown): readonly Tree[] {
  if (!isRecord(condition)) return [];
  const both = condition['BoolExpr'];
  if (!isRecord(both) || both['boolop'] !== 'AND_EXPR') return [condition];
  return Array.isArray(both['args']) ? both['args'].flatMap(conjuncts) : [];
}

/** Whether a condition compares a key with constants. `id` is a key by custom. */
function isByKey(condition: Tree, keys: ReadonlySet<string>): boolean {
  if ('CurrentOfExpr' in condition) return true;
  const comparison = condition['A_Expr'];
  if (!isRecord(comparison) || lastName(comparison['name']) !== '=') return false;
  const { lexpr, rexpr } = comparison;
  return (isKey(lexpr, keys) && isConstant(rexpr)) || (isKey(rexpr, keys) && isConstant(lexpr));
}

function isKey(expression: unknown, keys: ReadonlySet<string>): boolean {
  const column = isRecord(expression) ? expression['ColumnRef'] : undefined;
  const name = isRecord(column) ? (lastName(column['fields']) ?? '') : '';
  return name === 'id' || keys.has(name);
}

function isConstant(expression: unknown): boolean {
  return !nodesOf({ expression }).some(({ tag }) => tag === 'ColumnRef' || tag === 'SubLink');
}
