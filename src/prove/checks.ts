import { derived } from '../catalog/derived.ts';
import { checksOf, conditionOf, descendantsOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Constraint, Relation } from '../catalog/snapshot.ts';
import { parseExpression, SqlSyntaxError } from '../sql/parse.ts';
import { nodesOf } from '../sql/tree.ts';
import { printedPlace } from './scope.ts';
import { newRow, walk, type Row, type Term } from './term.ts';
import { readIn } from './printed.ts';
import { rangeOf } from './range.ts';
import { Translator } from './translate.ts';

/** What the CHECK constraints of a table say of a row of it: none of the terms is false. */
export interface Checks {
  readonly row: Row;
  readonly terms: readonly Term[];
}

/** The CHECK constraints that hold for every row of a relation whatever the session is, and was. */
export function checksHeldBy(snapshot: CatalogSnapshot, relation: Relation): Checks {
  const known = checked(snapshot).get(relation) ?? read(snapshot, relation);
  checked(snapshot).set(relation, known);
  return known;
}

const checked = derived((): Map<Relation, Checks> => new Map());

function read(snapshot: CatalogSnapshot, relation: Relation): Checks {
  const row = newRow(relation);
  const scope = {
    place: printedPlace(null),
    ranges: [rangeOf(snapshot, row, relation.relname)],
    outer: null,
    parameters: null,
  };
  const terms = checksOf(snapshot, relation).flatMap((constraint): Term[] => {
    const text = expressionOf(snapshot, relation, constraint);
    if (text === null) return [];
    const term = readIn(new Translator(snapshot), text, scope);
    return term.type === 'bool' && isLasting(term) ? [term] : [];
  });
  return { row, terms };
}

/** Null where rows may be there that do not keep it. */
function expressionOf(snapshot: CatalogSnapshot, relation: Relation, constraint: Constraint): string | null {
  const text = conditionOf(constraint);
  if (text === null || !constraint.convalidated) return null;
  if (constraint.definition.endsWith(' NO INHERIT') && descendantsOf(snapshot, relation).length > 0) return null;
  // A function may have been another when the row was written.
  return callsNothing(text) ? text : null;
}

function callsNothing(text: string): boolean {
  try {
    return !nodesOf(parseExpression(text)).some(({ tag }) => tag === 'FuncCall');
  } catch (error) {
    if (error instanceof SqlSyntaxError) return false;
    throw error;
  }
}

/** Whether it comes to the same in every session, and is understood. */
function isLasting(term: Term): boolean {
  const lasting = new Set([
    'constant',
    'column',
    'and',
    'or',
    'not',
    'is',
    'compare',
    'distinct',
    'case',
    'coalesce',
    'nullif',
    'like',
    'among',
  ]);
  return [...walk(term)].every(({ op }) => lasting.has(op));
}
