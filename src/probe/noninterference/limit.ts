import { splitStatements } from '../../sql/parse.ts';

/** Why the rows of a query are any rows, so that two equal answers say nothing; null where they are not. */
export function arbitraryRows(sql: string): string | null {
  let statements;
  try {
    statements = splitStatements(sql);
  } catch {
    return null;
  }
  const node = statements[0]?.node;
  const select = node && 'SelectStmt' in node ? node.SelectStmt : undefined;
  const limited = select?.limitCount !== undefined || select?.limitOffset !== undefined;
  return limited && select.sortClause === undefined
    ? 'It takes some of its rows by LIMIT, and no ORDER BY says which: its answer may change or stay for any reason.'
    : null;
}
