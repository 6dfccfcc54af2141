import { asList, isRecord, namesOf, nodesOf } from '../sql/tree.ts';
import { coerced } from './coerce.ts';
import { readCondition } from './printed.ts';
import {
  isUnderstood,
  type NotUnderstood,
  type Parts,
  type Range,
  type Reader,
  type Scope,
  type Selected,
} from './scope.ts';
import { allOf, unknown } from './term.ts';
import { isPlainFunction, readCallAsQuery } from './translate-call.ts';
import { join, nothing, together, type Joined } from './translate-from.ts';
import { withNamed } from './translate-with.ts';
import { hasTwins } from './types.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Clauses that change nothing about which rows there are, or that are read. */
const harmless = new Set([
  'targetList',
  'fromClause',
  'whereClause',
  'sortClause',
  'limitOption',
  'op',
  'distinctClause',
  'groupClause',
  'withClause',
]);

/** Queries fall into no more parts than these. */
const maxParts = 8;

/** Reads a SELECT of joins and a condition, or a UNION of such. */
export function readSelect(reader: Reader, select: Fields, outer: Scope): Parts | NotUnderstood {
  const scope = withNamed(select, outer);
  if (!('ranges' in scope)) return scope;
  if (select['op'] === 'SETOP_UNION') return readUnion(reader, select, scope);
  const strange = Object.keys(select).find((clause) => !harmless.has(clause) && select[clause] !== undefined);
  if (strange !== undefined || select['op'] !== 'SETOP_NONE') {
    const what = strange === 'larg' || strange === 'all' ? String(select['op']).replace('SETOP_', '') : strange;
    return { notUnderstood: `a subquery with ${what?.replace(/Clause$/, '') ?? 'a set'}` };
  }
  // Columns make groups as DISTINCT does; of nothing, GROUP BY makes one.
  const groups = asList(select['groupClause']);
  const isPlain = groups.every((group) => isRecord(group) && 'ColumnRef' in group);
  if (!isPlain) return { notUnderstood: 'a subquery with GROUP BY of more than columns' };
  const from = asList(select['fromClause']);
  if (from.length === 0 && select['whereClause'] === undefined) {
    const called = readCallAsQuery(reader, loneTarget(select), scope);
    if (called !== undefined) return called;
  }
  const computed = computedBy(reader, [select['targetList'], select['sortClause'], select['distinctClause']]);
  if (computed !== undefined) return { notUnderstood: `a subquery that computes ${computed}` };
  let joins: readonly Joined[] = [nothing];
  for (const item of from) {
    const next = join(
      reader,
      item,
      scope,
      joins.every(({ ranges }) => ranges.length === 0),
    );
    if (typeof next === 'string') return { notUnderstood: next };
    joins = joins.flatMap((one) => next.map((other) => together(one, other)));
  }
  if (joins.length > maxParts) return { notUnderstood: 'a subquery of many parts' };
  const distinct = asList(select['distinctClause']);
  const isOn = distinct.some((item) => isRecord(item) && Object.keys(item).length > 0);
  const mayMerge = groups.length + distinct.length > 0;
  return joins.map(({ rows, ranges, conditions, isMerged }) => {
    const inner: Scope = { place: scope.place, ranges, outer: scope, parameters: null };
    const where = [
      ...conditions,
      ...(select['whereClause'] === undefined ? [] : [readCondition(reader, select['whereClause'], inner)]),
    ];
    const outputs = asList(select['targetList']).flatMap((target) => readTarget(reader, target, inner, ranges));
    const part = { query: { rows, where: allOf(where) }, outputs, isMerged: isMerged || mayMerge };
    if (isOn) return asOneOf(part, 'DISTINCT ON');
    const kept = [...outputs.map(({ term }) => term), ...groups.map((group) => reader.expression(group, inner))];
    return mayMerge ? withoutRepeats(part, kept) : part;
  });
}

/** Rows of which each is there once, by `terms`: of values that are equal without being the same, nobody knows which. */
function withoutRepeats(part: Selected, terms = part.outputs.map(({ term }) => term)): Selected {
  return terms.some(({ type }) => hasTwins(type)) ? asOneOf(part, 'one of values that are equal') : part;
}

/** Rows of which some are left out, by what is not followed. */
function asOneOf(part: Selected, what: string): Selected {
  const { rows, where } = part.query;
  return { ...part, query: { rows, where: allOf([where, unknown('bool', what)]) } };
}

/** The rows of both sides: whether the same come once changes nothing about which there are. */
function readUnion(reader: Reader, select: Fields, scope: Scope): Parts | NotUnderstood {
  const [larg, rarg] = [select['larg'], select['rarg']];
  const isMore = ['limitCount', 'limitOffset', 'lockingClause'].some((clause) => select[clause] !== undefined);
  if (!isRecord(larg) || !isRecord(rarg) || isMore) return { notUnderstood: 'a subquery with UNION and LIMIT' };
  const [left, right] = [reader.select(larg, scope), reader.select(rarg, scope)];
  if (!isUnderstood(left)) return left;
  if (!isUnderstood(right)) return right;
  if (left.length + right.length > maxParts) return { notUnderstood: 'a subquery of many parts' };
  const names = left[0]?.outputs.map(({ name }) => name) ?? [];
  const types = left[0]?.outputs.map(({ term }) => term.type) ?? [];
  // Both sides have the names of the first, and a type that both have.
  const renamed = right.map(({ outputs, ...part }) => ({
    ...part,
    outputs: outputs.map(({ term }, index) => ({
      name: names[index] ?? '',
      term: coerced(reader.snapshot, term, types[index] ?? 'other'),
    })),
  }));
  const known = renamed.flatMap(({ outputs, ...part }): Parts => {
    const typed = outputs.flatMap(({ name, term }) => (term === undefined ? [] : [{ name, term }]));
    return typed.length === outputs.length ? [{ ...part, outputs: typed }] : [];
  });
  if (known.length < right.length) return { notUnderstood: 'a UNION of types that differ' };
  return select['all'] === true ? [...left, ...known] : [...left, ...known].map((part) => withoutRepeats(part));
}

/** A function among what is selected that may be an aggregate, or give several rows: there are others then than FROM and WHERE say. */
export function computedBy(reader: Reader, targets: unknown): string | undefined {
  const strange = nodesOf(targets).find(({ tag, value }) => {
    if (tag === 'FuncCall') return !isPlainFunction(reader.snapshot, value);
    return tag === 'JsonArrayAgg' || tag === 'JsonObjectAgg';
  });
  return strange && (strange.tag === 'FuncCall' ? namesOf(strange.value['funcname']).join('.') : strange.tag);
}

/** What an item of a SELECT list shows. */
export function readTarget(
  reader: Reader,
  target: unknown,
  scope: Scope,
  ranges: readonly Range[],
): Selected['outputs'] {
  const { val, name } = isRecord(target) && isRecord(target['ResTarget']) ? target['ResTarget'] : {};
  const fields = isRecord(val) && isRecord(val['ColumnRef']) ? asList(val['ColumnRef']['fields']) : [];
  if (fields.some((field) => isRecord(field) && 'A_Star' in field)) return allColumns(namesOf(fields), scope, ranges);
  const own = typeof name === 'string' ? name : (namesOf(fields).at(-1) ?? '');
  return [{ name: own, term: reader.expression(val, scope) }];
}

function allColumns([alias]: readonly string[], scope: Scope, ranges: readonly Range[]): Selected['outputs'] {
  const outer = scope.outer?.ranges.filter((range) => range.alias === alias) ?? [];
  const starred =
    alias === undefined ? ranges : [...ranges.filter((range) => range.alias === alias), ...outer].slice(0, 1);
  return starred.flatMap((range) =>
    range.names
      .filter((name) => alias !== undefined || range.merged?.includes(name) !== true)
      .map((name) => ({ name, term: range.column(name) ?? unknown('other', name) })),
  );
}

/** What a SELECT without anything else selects. */
function loneTarget(select: Fields): unknown {
  const [target, ...others] = asList(select['targetList']);
  return others.length === 0 && isRecord(target) && isRecord(target['ResTarget'])
    ? target['ResTarget']['val']
    : undefined;
}
