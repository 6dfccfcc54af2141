import { findRelation } from '../catalog/lookup.ts';
import { asList, isRecord, namesOf } from '../sql/tree.ts';
import { alike } from './coerce.ts';
import { readCondition } from './printed.ts';
import { rangeOf } from './range.ts';
import { isUnderstood, type Range, type Reader, type Scope, type Selected } from './scope.ts';
import { allOf, constant, existence, negation, newRow, unknown, yes, type Row, type Term } from './term.ts';
import { readCallAsQuery } from './translate-call.ts';
import { readView } from './translate-view.ts';
import { namedIn } from './translate-with.ts';
import { isComparable } from './types.ts';
import { visibleTo } from './visible.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Rows of FROM that go together. */
export interface Joined {
  readonly rows: readonly Row[];
  readonly ranges: readonly Range[];
  readonly conditions: readonly Term[];
  /** Whether of rows that are the same but one may be there. */
  readonly isMerged: boolean;
}

export const nothing: Joined = { rows: [], ranges: [], conditions: [], isMerged: false };

export function together(one: Joined, other: Joined): Joined {
  return {
    rows: [...one.rows, ...other.rows],
    ranges: [...one.ranges, ...other.ranges],
    conditions: [...one.conditions, ...other.conditions],
    isMerged: one.isMerged || other.isMerged,
  };
}

/** Reads an item of FROM: its rows are those of all that it gives. @returns else what is not understood */
export function join(reader: Reader, item: unknown, scope: Scope, isFirst: boolean): readonly Joined[] | string {
  const [tag, node] = isRecord(item) ? (Object.entries(item)[0] ?? []) : [];
  if (!isRecord(node)) return 'an item of FROM';
  if (tag === 'JoinExpr') return joinTwo(reader, node, scope, isFirst);
  if (tag === 'RangeVar') return joinRelation(reader, node, scope);
  if (tag === 'RangeSubselect') return joinSubselect(reader, node, scope);
  if (tag === 'RangeFunction') return joinFunction(reader, node, scope, isFirst);
  return `${tag ?? ''} in FROM`;
}

function joinTwo(reader: Reader, node: Fields, scope: Scope, isFirst: boolean): readonly Joined[] | string {
  if (node['isNatural'] === true || node['alias'] !== undefined) return 'NATURAL JOIN';
  const read = (side: 'larg' | 'rarg'): readonly Joined[] | string =>
    join(reader, node[side], scope, isFirst && side === 'larg');
  const [left, right] = [read('larg'), read('rarg')];
  if (typeof left === 'string') return left;
  if (typeof right === 'string') return right;
  const using = namesOf(node['usingClause']);
  const type = node['jointype'];
  // Where a side may be missing, its column is not what the two are together.
  if (using.length > 0 && type !== 'JOIN_INNER' && type !== 'JOIN_LEFT') return 'an outer join with USING';
  const matched = left.flatMap((one) => right.map((other) => matching(reader, node, scope, one, other)));
  const alone = (kept: readonly Joined[], other: 'larg' | 'rarg'): readonly Joined[] | string => {
    // Rows of their own: those that were looked for, and not found.
    const sought = read(other);
    if (typeof sought === 'string') return sought;
    return kept.map((one) => unmatched(reader, node, scope, one, { [other]: sought }));
  };
  const lefts = type === 'JOIN_LEFT' || type === 'JOIN_FULL' ? alone(left, 'rarg') : [];
  const rights = type === 'JOIN_RIGHT' || type === 'JOIN_FULL' ? alone(right, 'larg') : [];
  if (typeof lefts === 'string') return lefts;
  if (typeof rights === 'string') return rights;
  return [...matched, ...lefts, ...rights];
}

/** Rows of both sides for which the condition holds. */
function matching(reader: Reader, node: Fields, scope: Scope, left: Joined, right: Joined): Joined {
  const using = namesOf(node['usingClause']);
  const both = together(left, { ...right, ranges: right.ranges.map((range) => merging(range, using)) });
  return { ...both, conditions: [...both.conditions, ...matchConditions(reader, node, scope, left, right)] };
}

/** What ON or USING asks for: it knows the two sides alone. */
function matchConditions(
  reader: Reader,
  { quals, usingClause }: Fields,
  outer: Scope,
  left: Joined,
  right: Joined,
): readonly Term[] {
  const scope: Scope = { place: outer.place, ranges: [...left.ranges, ...right.ranges], outer, parameters: null };
  return [
    ...(quals === undefined ? [] : [readCondition(reader, quals, scope)]),
    ...namesOf(usingClause).map((name) => equalBy(reader, name, left.ranges, right.ranges)),
  ];
}

/** A row of one side for which there is none among what was sought on the other, whose columns are NULL. */
function unmatched(
  reader: Reader,
  node: Fields,
  scope: Scope,
  kept: Joined,
  { larg, rarg }: { readonly larg?: readonly Joined[]; readonly rarg?: readonly Joined[] },
): Joined {
  const sought = larg ?? rarg ?? [];
  const matches = sought.map((other) => {
    const conditions = larg
      ? matchConditions(reader, node, scope, other, kept)
      : matchConditions(reader, node, scope, kept, other);
    return existence({ rows: other.rows, where: allOf([...other.conditions, ...conditions]) });
  });
  const using = namesOf(node['usingClause']);
  const empty = (sought[0]?.ranges ?? []).map((range) => merging(withoutRow(range), using));
  return {
    ...kept,
    ranges: larg ? [...empty, ...kept.ranges] : [...kept.ranges, ...empty],
    conditions: [...kept.conditions, ...matches.map(negation)],
  };
}

function withoutRow(range: Range): Range {
  return {
    ...range,
    column: (name) => {
      const term = range.column(name);
      return term && constant(term.type, null);
    },
  };
}

function merging(range: Range, using: readonly string[]): Range {
  const merged = using.filter((name) => range.names.includes(name));
  return merged.length === 0 ? range : { ...range, merged: [...(range.merged ?? []), ...merged] };
}

/** That a column of USING is the same on both sides. */
function equalBy(reader: Reader, name: string, left: readonly Range[], right: readonly Range[]): Term {
  const of = (ranges: readonly Range[]): readonly Term[] =>
    ranges.filter(({ merged }) => merged?.includes(name) !== true).flatMap((range) => range.column(name) ?? []);
  const [[one, ...more], [other, ...others]] = [of(left), of(right)];
  const sides = one && other && more.length + others.length === 0 ? alike(reader.snapshot, [one, other]) : undefined;
  const [a, b] = sides ?? [];
  if (!a || !b || !isComparable(a.type)) return unknown('bool', `JOIN … USING (${name})`);
  return { op: 'compare', type: 'bool', comparison: '=', left: a, right: b };
}

function joinRelation(reader: Reader, node: Fields, scope: Scope): readonly Joined[] | string {
  const [schema, name] = [node['schemaname'], node['relname']];
  if (typeof name !== 'string') return 'an item of FROM';
  const alias = aliasOf(node) ?? name;
  const named = typeof schema === 'string' ? undefined : namedIn(scope, name);
  if (named !== undefined) {
    const parts = reader.select(named.select, named.scope);
    const columns = columnAliases(node);
    return isUnderstood(parts)
      ? parts.map((part) => joinedOf(part, alias, null, columns.length > 0 ? columns : named.columns))
      : parts.notUnderstood;
  }
  if (typeof schema !== 'string') return `${name}, which is read without its schema`;
  const relation = findRelation(reader.snapshot, { schema, name });
  if (relation === undefined) return `${schema}.${name}`;
  if (node['inh'] !== true) return 'ONLY';
  if (columnAliases(node).length > 0) return 'aliases of columns';
  const schemaName = aliasOf(node) === null ? schema : null;
  if (relation.relkind === 'v') {
    const view = readView(reader, relation, scope.place);
    const columns = relation.columns.map(({ attname }) => attname);
    return isUnderstood(view) ? view.map((part) => joinedOf(part, alias, schemaName, columns)) : view.notUnderstood;
  }
  if (relation.relkind !== 'r' && relation.relkind !== 'p') return `${schema}.${name}, which is no table`;
  const row = newRow(relation);
  const visible = visibleTo(reader, row, scope.place);
  return [
    {
      rows: [row],
      ranges: [{ ...rangeOf(reader.snapshot, row, alias), schema: schemaName }],
      conditions: visible === yes ? [] : [visible],
      isMerged: false,
    },
  ];
}

function joinSubselect(reader: Reader, node: Fields, scope: Scope): readonly Joined[] | string {
  const { SelectStmt: select } = isRecord(node['subquery']) ? node['subquery'] : {};
  if (!isRecord(select)) return 'an item of FROM';
  if (node['lateral'] === true) return 'LATERAL';
  const parts = reader.select(select, scope);
  if (!isUnderstood(parts)) return parts.notUnderstood;
  return parts.map((part) => joinedOf(part, aliasOf(node) ?? '', null, columnAliases(node)));
}

function joinFunction(reader: Reader, node: Fields, scope: Scope, isFirst: boolean): readonly Joined[] | string {
  const [list] = asList(node['functions']);
  const [call] = isRecord(list) && isRecord(list['List']) ? asList(list['List']['items']) : [];
  // Its arguments may come from what stands before it.
  const isPlain = asList(node['functions']).length === 1 && isFirst;
  const parts = isPlain ? readCallAsQuery(reader, call, scope) : undefined;
  if (parts === undefined || node['ordinality'] === true) return 'a function in FROM';
  if (!isUnderstood(parts)) return parts.notUnderstood;
  const named = columnAliases(node);
  return parts.map((part) => {
    const alias = aliasOf(node) ?? part.outputs[0]?.name ?? '';
    return joinedOf(part, alias, null, named.length > 0 || part.outputs.length > 1 ? named : [alias]);
  });
}

/** What a query selects as something in FROM. */
function joinedOf(
  { query, outputs, isMerged }: Selected,
  alias: string,
  schema: string | null,
  names: readonly string[],
): Joined {
  const columns = outputs.map(({ name, term }, index): [string, Term] => [names[index] ?? name, term]);
  const byName = new Map(columns);
  const range: Range = {
    schema,
    alias,
    names: columns.map(([name]) => name),
    column: (name) => (columns.filter(([own]) => own === name).length > 1 ? unknown('other', name) : byName.get(name)),
  };
  return { rows: query.rows, ranges: [range], conditions: query.where === yes ? [] : [query.where], isMerged };
}

/** What an item of FROM is called. */
export function aliasOf({ alias }: Fields): string | null {
  return isRecord(alias) && typeof alias['aliasname'] === 'string' ? alias['aliasname'] : null;
}

function columnAliases({ alias }: Fields): readonly string[] {
  return isRecord(alias) ? namesOf(alias['colnames']) : [];
}
