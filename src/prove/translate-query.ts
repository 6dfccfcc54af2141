import { effectivePolicies, usingOf, type EffectivePolicies } from '../access/policies.ts';
import { grantedOn, privilegesOn } from '../access/privileges.ts';
import { closureOf } from '../access/role-closure.ts';
import { rowSecurityOf } from '../access/row-security.ts';
import { isInvoker } from '../access/view-path.ts';
import { derived } from '../catalog/derived.ts';
import { findRelation, nameOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Policy, Relation } from '../catalog/snapshot.ts';
import { formatQualified } from '../sql/ident.ts';
import { loneSelect } from '../sql/function-body.ts';
import { parseExpression, SqlSyntaxError } from '../sql/parse.ts';
import { isRecord, namesOf, nodesOf } from '../sql/tree.ts';
import { alike, asBoolean, coerced } from './coerce.ts';
import { isPlainFunction, readCallAsQuery } from './translate-call.ts';
import {
  isUnderstood,
  type NotUnderstood,
  type Parts,
  type Place,
  type Range,
  type Reader,
  type Scope,
  type Selected,
} from './scope.ts';
import { allOf, anyOf, constant, existence, negation, newRow, no, unknown, yes, type Row, type Term } from './term.ts';
import { columnTypeNamed, isComparable } from './types.ts';

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
  return joins.map(({ rows, ranges, conditions }) => {
    const inner: Scope = { place: scope.place, ranges, outer: scope, parameters: null };
    const where = [
      ...conditions.map((condition) => condition(inner)),
      ...(select['whereClause'] === undefined ? [] : [readCondition(reader, select['whereClause'], inner)]),
    ];
    const outputs = asList(select['targetList']).flatMap((target) => readTarget(reader, target, inner, ranges));
    return { query: { rows, where: allOf(where) }, outputs };
  });
}

/** The names that WITH gives, in their order. */
function withNamed(select: Fields, scope: Scope): Scope | NotUnderstood {
  const clause = isRecord(select['withClause']) ? select['withClause'] : undefined;
  if (clause === undefined) return scope;
  const queries = asList(clause['ctes']).map((item) => (isRecord(item) ? item['CommonTableExpr'] : undefined));
  const named = new Map(
    queries.flatMap((query): [string, { select: Fields; columns: readonly string[] }][] => {
      const { ctename, ctequery, aliascolnames } = isRecord(query) ? query : {};
      const { SelectStmt: inner } = isRecord(ctequery) ? ctequery : {};
      return typeof ctename === 'string' && isRecord(inner)
        ? [[ctename, { select: inner, columns: namesOf(aliascolnames) }]]
        : [];
    }),
  );
  if (clause['recursive'] === true || named.size < queries.length) return { notUnderstood: 'a subquery with WITH' };
  return { place: scope.place, ranges: [], outer: scope, parameters: null, named };
}

/** A query that WITH names, and where it is read. */
function namedIn(
  scope: Scope,
  name: string,
): { readonly select: Fields; readonly columns: readonly string[]; readonly scope: Scope } | undefined {
  for (let current: Scope | null = scope; current !== null; current = current.outer) {
    const found = current.named?.get(name);
    if (found !== undefined) return { ...found, scope: current };
  }
  return undefined;
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
  const renamed = right.map(({ query, outputs }) => ({
    query,
    outputs: outputs.map(({ term }, index) => ({
      name: names[index] ?? '',
      term: coerced(reader.snapshot, term, types[index] ?? 'other'),
    })),
  }));
  const known = renamed.flatMap(({ query, outputs }): Parts => {
    const typed = outputs.flatMap(({ name, term }) => (term === undefined ? [] : [{ name, term }]));
    return typed.length === outputs.length ? [{ query, outputs: typed }] : [];
  });
  return known.length === right.length ? [...left, ...known] : { notUnderstood: 'a UNION of types that differ' };
}

/** Rows of FROM that go together. */
interface Joined {
  readonly rows: readonly Row[];
  readonly ranges: readonly Range[];
  /** They are read when all ranges are known. */
  readonly conditions: readonly ((inner: Scope) => Term)[];
}

const nothing: Joined = { rows: [], ranges: [], conditions: [] };

function together(one: Joined, other: Joined): Joined {
  return {
    rows: [...one.rows, ...other.rows],
    ranges: [...one.ranges, ...other.ranges],
    conditions: [...one.conditions, ...other.conditions],
  };
}

/** Reads what decides whether there is a row. */
export function readCondition(reader: Reader, node: unknown, scope: Scope): Term {
  return asBoolean(reader.snapshot, reader.expression(node, scope));
}

/** Reads an item of FROM: its rows are those of all that it gives. @returns else what is not understood */
function join(reader: Reader, item: unknown, scope: Scope, isFirst: boolean): readonly Joined[] | string {
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
  const matched = left.flatMap((one) => right.map((other) => matching(reader, node, one, other)));
  const alone = (
    kept: readonly Joined[],
    side: 'larg' | 'rarg',
    missing: readonly Joined[],
  ): readonly Joined[] | string => {
    // Rows of their own: those that were looked for, and not found.
    const sought = read(side);
    if (typeof sought === 'string') return sought;
    return kept.map((one) => unmatched(reader, node, one, missing[0] ?? nothing, sought, side));
  };
  const [lefts, rights] = [
    type === 'JOIN_LEFT' || type === 'JOIN_FULL' ? alone(left, 'rarg', right) : [],
    type === 'JOIN_RIGHT' || type === 'JOIN_FULL' ? alone(right, 'larg', left) : [],
  ];
  if (typeof lefts === 'string') return lefts;
  if (typeof rights === 'string') return rights;
  return [...matched, ...lefts, ...rights];
}

/** Rows of both sides for which the condition holds. */
function matching(reader: Reader, { quals, usingClause }: Fields, left: Joined, right: Joined): Joined {
  const using = namesOf(usingClause);
  const ranges = right.ranges.map((range) => merging(range, using));
  return {
    rows: [...left.rows, ...right.rows],
    ranges: [...left.ranges, ...ranges],
    conditions: [
      ...left.conditions,
      ...right.conditions,
      ...(quals === undefined ? [] : [(inner: Scope) => readCondition(reader, quals, inner)]),
      ...using.map((name) => () => equalBy(reader, name, left.ranges, right.ranges)),
    ],
  };
}

/** A row of one side for which there is none on the other, whose columns are NULL. */
function unmatched(
  reader: Reader,
  node: Fields,
  kept: Joined,
  missing: Joined,
  sought: readonly Joined[],
  side: 'larg' | 'rarg',
): Joined {
  const using = namesOf(node['usingClause']);
  const empty = missing.ranges.map((range) => merging(withoutRow(range), using));
  const isMatched = (other: Joined, scope: Scope): Term => {
    const [left, right] = side === 'rarg' ? [kept, other] : [other, kept];
    const { ranges, conditions } = matching(reader, node, left, right);
    const own = conditions.filter((condition) => !kept.conditions.includes(condition));
    return existence({ rows: other.rows, where: allOf(own.map((condition) => condition({ ...scope, ranges }))) });
  };
  return {
    rows: kept.rows,
    ranges: side === 'rarg' ? [...kept.ranges, ...empty] : [...empty, ...kept.ranges],
    conditions: [...kept.conditions, (inner) => allOf(sought.map((other) => negation(isMatched(other, inner))))],
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
    // It knows those that stand before it.
    const before = [...(named.scope.named ?? [])];
    const known = new Map(
      before.slice(
        0,
        before.findIndex(([own]) => own === name),
      ),
    );
    const parts = reader.select(named.select, { ...named.scope, named: known });
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
      conditions: visible === yes ? [] : [() => visible],
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
  { query, outputs }: Selected,
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
  return { rows: query.rows, ranges: [range], conditions: query.where === yes ? [] : [() => query.where] };
}

/** A table's row as something in FROM. */
export function rangeOf(snapshot: CatalogSnapshot, row: Row, alias: string): Range {
  const { relation } = row;
  return {
    schema: relation.nspname,
    alias,
    names: relation.columns.map(({ attname }) => attname),
    column: (name) => columnOf(snapshot, row, name),
  };
}

export function columnOf(snapshot: CatalogSnapshot, row: Row, name: string): Term | undefined {
  const column = row.relation.columns.find(({ attname }) => attname === name);
  if (column === undefined) return undefined;
  const type = columnTypeNamed(snapshot, column.type);
  if (column.collisdeterministic !== false) return { op: 'column', type, row, name };
  return { op: 'column', type: type === 'text' ? 'loose' : 'other', row, name };
}

/** The condition under which a role sees a row: its policies for SELECT. */
export function visibleTo(reader: Reader, row: Row, place: Place): Term {
  const { snapshot } = reader;
  const { relation } = row;
  if (place.role === null) return yes;
  const closure = closureOf(snapshot, place.role);
  const name = formatQualified(nameOf(relation));
  const { columns } = place.printed ? grantedOn(closure, relation) : privilegesOn(snapshot, closure, relation);
  if (columns.SELECT.length === 0) {
    return unknown('bool', `${name}, which ${place.role} may not read`);
  }
  if (rowSecurityOf(closure, relation) !== 'bound') return yes;
  const policies = effectivePolicies(snapshot, closure, relation, 'select');
  if (place.policiesOf.includes(relation.oid) && mayRead(snapshot, policies)) {
    const what = `the policies of ${name}, which read the table itself`;
    return place.rewritten.includes(relation.oid) && hasSubquery(snapshot, policies)
      ? { op: 'fails', type: 'bool', what, always: true }
      : unknown('bool', what);
  }
  return effectiveTerm(reader, row, within(place, relation.oid), policies, usingOf);
}

/** The place of a table's policies. */
export function within(place: Place, oid: number): Place {
  return {
    ...place,
    printed: true,
    policiesOf: [...place.policiesOf, oid],
    rewritten: [...place.rewritten, oid],
  };
}

/** What PostgreSQL's rewriter goes by: where the policies of a table lead to it again, it raises an error. */
function hasSubquery(snapshot: CatalogSnapshot, { permissive, restrictive }: EffectivePolicies): boolean {
  const all = [...permissive, ...restrictive].map(usingOf);
  // A word of the text is not one yet.
  return all.some(
    (text) => /\bSELECT\b/.test(text) && nodesOf(parsed(snapshot, text)).some(({ tag }) => tag === 'SubLink'),
  );
}

/** Whether they may read other rows at all. */
function mayRead(snapshot: CatalogSnapshot, policies: EffectivePolicies): boolean {
  const all = [...policies.permissive, ...policies.restrictive];
  return hasSubquery(snapshot, policies) || all.some(({ callsFunctions }) => callsFunctions.length > 0);
}

/** What policies come to over a row: one permissive one, and every restrictive one. */
export function effectiveTerm(
  reader: Reader,
  row: Row,
  place: Place,
  { permissive, restrictive }: EffectivePolicies,
  textOf: (policy: Policy) => string,
): Term {
  if (permissive.length === 0) return no;
  const read = (policy: Policy): Term => readText(reader, textOf(policy), row, place);
  return allOf([anyOf(permissive.map(read)), ...restrictive.map(read)]);
}

/** Reads a condition over a row that PostgreSQL has printed. */
function readText(reader: Reader, text: string, row: Row, place: Place): Term {
  const ranges = [rangeOf(reader.snapshot, row, row.relation.relname)];
  return asBoolean(reader.snapshot, readIn(reader, text, { place, ranges, outer: null, parameters: null }));
}

/** Policies of many tables are written alike: each text is parsed once. */
function parsed(snapshot: CatalogSnapshot, text: string): unknown {
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

/** With whose rights a view reads: its owner's, or those of whoever asks, under another view too. */
export function readerOf(view: Relation, { role, user }: Place): string | null {
  if (role === null) return null;
  return isInvoker(view) ? user : view.relowner;
}

/** What a view selects, read as whom it reads. */
export function readView(reader: Reader, view: Relation, place: Place): Parts | NotUnderstood {
  const name = formatQualified(nameOf(view));
  if (place.depth > 6) return { notUnderstood: `${name}, which is too deep` };
  const select = loneSelect(view.definition ?? '');
  if (select === null) return { notUnderstood: name };
  const role = readerOf(view, place);
  const inner = { ...place, role, printed: true, depth: place.depth + 1 };
  return reader.select(select, { place: inner, ranges: [], outer: null, parameters: null });
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

/** What an item of FROM is called. */
export function aliasOf({ alias }: Fields): string | null {
  return isRecord(alias) && typeof alias['aliasname'] === 'string' ? alias['aliasname'] : null;
}

function columnAliases({ alias }: Fields): readonly string[] {
  return isRecord(alias) ? namesOf(alias['colnames']) : [];
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
