import { derived } from '../catalog/derived.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { parseExpression, SqlSyntaxError } from '../sql/parse.ts';
import { asBoolean } from './coerce.ts';
import type { Reader, Scope } from './scope.ts';
import { unknown, type Term } from './term.ts';

/** Policies of many tables are written alike: each text is parsed once. */
export function parsed(snapshot: CatalogSnapshot, text: string): unknown {
  const node = trees(snapshot).get(text) ?? parseExpression(text);
  trees(snapshot).set(text, node);
  return node;
}

const trees = derived((): Map<string, ReturnType<typeof parseExpression>> => new Map());

/** Reads an expression, or does not understand it. */
export function readIn(reader: Reader, text: string, scope: Scope): Term {
  try {
    return reader.expression(parsed(reader.snapshot, text), scope);
  } catch (error) {
    if (error instanceof SqlSyntaxError) return unknown('bool', text);
    throw error;
  }
}

/** Reads what decides whether there is a row. */
export function readCondition(reader: Reader, node: unknown, scope: Scope): Term {
  return asBoolean(reader.snapshot, reader.expression(node, scope));
}
