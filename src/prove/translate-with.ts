import { asList, isRecord, namesOf } from '../sql/tree.ts';
import type { NamedQuery, NotUnderstood, Scope } from './scope.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A scope with the names that WITH gives: each query knows those before it. */
export function withNamed(select: Fields, outer: Scope): Scope | NotUnderstood {
  const clause = isRecord(select['withClause']) ? select['withClause'] : undefined;
  if (clause === undefined) return outer;
  const queries = asList(clause['ctes']);
  const named = new Map<string, NamedQuery>();
  const scope: Scope = { place: outer.place, ranges: [], outer, parameters: null, named };
  for (const query of queries) {
    const { CommonTableExpr: expression } = isRecord(query) ? query : {};
    const { ctename, ctequery, aliascolnames } = isRecord(expression) ? expression : {};
    const { SelectStmt: inner } = isRecord(ctequery) ? ctequery : {};
    if (typeof ctename !== 'string' || !isRecord(inner)) continue;
    const known = { ...scope, named: new Map(named) };
    named.set(ctename, { select: inner, columns: namesOf(aliascolnames), scope: known });
  }
  if (clause['recursive'] === true || named.size < queries.length) return { notUnderstood: 'a subquery with WITH' };
  return scope;
}

/** A query that WITH names, by the innermost that does. */
export function namedIn(scope: Scope, name: string): NamedQuery | undefined {
  for (let current: Scope | null = scope; current !== null; current = current.outer) {
    const found = current.named?.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}
