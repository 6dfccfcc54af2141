import { parseExpression, splitStatements, SqlSyntaxError, type Statement } from './parse.ts';
import { isRecord } from './tree.ts';

/** What a function evaluates, where its body is one SELECT or one RETURN: the parse tree of either. */
export type FunctionBody =
  | { readonly select: Readonly<Record<string, unknown>> }
  /** The text of an expression was parsed. */
  | { readonly expression: unknown };

/** Reads the body of a function in SQL, or of one in PL/pgSQL that does nothing but return; null for any other. */
export function readFunctionBody(routine: { readonly lanname: string; readonly prosrc: string }): FunctionBody | null {
  const { lanname, prosrc } = routine;
  if (lanname === 'plpgsql') {
    const [, returned] = /^\s*begin\s+return\s+([^;]+);\s*end\s*;?\s*$/i.exec(prosrc) ?? [];
    return returned === undefined ? null : expressionIn(returned);
  }
  if (lanname !== 'sql') return null;
  const [, returned] = /^\s*return\s+(.+)$/is.exec(prosrc) ?? [];
  return returned === undefined ? selectIn(prosrc) : expressionIn(returned);
}

function expressionIn(text: string): FunctionBody | null {
  try {
    return { expression: parseExpression(text) };
  } catch (error) {
    if (error instanceof SqlSyntaxError) return null;
    throw error;
  }
}

function selectIn(prosrc: string): FunctionBody | null {
  const [, atomic] = /^\s*begin\s+atomic\s(.*)\send\s*$/is.exec(prosrc) ?? [];
  const select = loneSelect(atomic ?? prosrc);
  return select === null ? null : { select };
}

/** The one SELECT that a text is; null where it is anything else. */
export function loneSelect(text: string): Readonly<Record<string, unknown>> | null {
  const [statement, ...others] = statementsOf(text);
  const select = isRecord(statement?.node) ? (statement.node as Readonly<Record<string, unknown>>)['SelectStmt'] : null;
  return others.length === 0 && isRecord(select) ? select : null;
}

/** The statements of a body; none where it does not parse: one of a newer server, or of another language. */
export function statementsOf(body: string): readonly Statement[] {
  try {
    return splitStatements(body);
  } catch (error) {
    if (error instanceof SqlSyntaxError) return [];
    throw error;
  }
}
