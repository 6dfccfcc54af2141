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
import { asBoolean } from './coerce.ts';
import { isPlainFunction, readCallAsQuery } from './translate-call.ts';
import {
  isUnderstood,
  type NotUnderstood,
  type Place,
  type Range,
  type Reader,
  type Scope,
  type Selected,
} from './scope.ts';
import { allOf, anyOf, newRow, no, unknown, yes, type Row, type Term } from './term.ts';
import { columnTypeNamed } from './types.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Clauses that change nothing about which rows there are. */
const harmless = new Set([
  'targetList',
  'fromClause',
  'whereClause',
  'sortClause',
  'limitOption',
  'op',
  'distinctClause',
]);

/** Reads a SELECT of inner joins and a condition. */
export function readSelect(reader: Reader, select: Fields, scope: Scope): Selected | NotUnderstood {
  const strange = Object.keys(select).find((clause) => !harmless.has(clause) && select[clause] !== undefined);
  if (strange !== undefined || select['op'] !== 'SETOP_NONE') {
    return { notUnderstood: `a subquery with ${strange?.replace(/Clause$/, '') ?? 'UNION'}` };
  }
  const from = asList(select['fromClause']);
  if (from.length === 0 && select['whereClause'] === undefined) {
    const called = readCallAsQuery(reader, loneTarget(select), scope);
    if (called !== undefined) return called;
  }
  const computed = computedBy(reader, [select['targetList'], select['sortClause'], select['distinctClause']]);
  if (computed !== undefined) return { notUnderstood: `a subquery that computes ${computed}` };
  const joined: Joined = { rows: [], ranges: [], conditions: [] };
  for (const item of from) {
    const problem = join(reader, item, scope, joined);
    if (problem !== null) return { notUnderstood: problem };
  }
  const inner: Scope = { ...scope, ranges: joined.ranges, outer: scope, parameters: null };
  const where = [
    ...joined.conditions.map((condition) => condition(inner)),
    ...(select['whereClause'] === undefined ? [] : [readCondition(reader, select['whereClause'], inner)]),
  ];
  const outputs = asList(select['targetList']).flatMap((target) => readTarget(reader, target, inner, joined.ranges));
  return { query: { rows: joined.rows, where: allOf(where) }, outputs };
}

interface Joined {
  readonly rows: Row[];
  readonly ranges: Range[];
  /** They are read when all ranges are known. */
  readonly conditions: ((inner: Scope) => Term)[];
}

/** Reads what decides whether there is a row. */
export function readCondition(reader: Reader, node: unknown, scope: Scope): Term {
  return asBoolean(reader.snapshot, reader.expression(node, scope));
}

/** Adds an item of FROM. @returns what is not understood */
function join(reader: Reader, item: unknown, scope: Scope, into: Joined): string | null {
  const [tag, node] = isRecord(item) ? (Object.entries(item)[0] ?? []) : [];
  if (!isRecord(node)) return 'an item of FROM';
  if (tag === 'JoinExpr') return joinTwo(reader, node, scope, into);
  if (tag === 'RangeVar') return joinRelation(reader, node, scope, into);
  if (tag === 'RangeSubselect') return joinSubselect(reader, node, scope, into);
  if (tag === 'RangeFunction') return joinFunction(reader, node, scope, into);
  return `${tag ?? ''} in FROM`;
}

function joinTwo(reader: Reader, node: Fields, scope: Scope, into: Joined): string | null {
  if (node['jointype'] !== 'JOIN_INNER') return 'an outer join';
  if (node['usingClause'] !== undefined || node['isNatural'] === true || node['alias'] !== undefined)
    return 'JOIN … USING';
  const problem = join(reader, node['larg'], scope, into) ?? join(reader, node['rarg'], scope, into);
  const { quals } = node;
  if (quals !== undefined) into.conditions.push((inner) => readCondition(reader, quals, inner));
  return problem;
}

function joinRelation(reader: Reader, node: Fields, scope: Scope, into: Joined): string | null {
  const [schema, name] = [node['schemaname'], node['relname']];
  if (typeof name !== 'string') return 'an item of FROM';
  if (typeof schema !== 'string') return `${name}, which is read without its schema`;
  const relation = findRelation(reader.snapshot, { schema, name });
  if (relation === undefined) return `${schema}.${name}`;
  const alias = aliasOf(node) ?? name;
  if (node['inh'] !== true) return 'ONLY';
  if (columnAliases(node).length > 0) return 'aliases of columns';
  const schemaName = aliasOf(node) === null ? schema : null;
  if (relation.relkind === 'v') {
    const view = readView(reader, relation, scope.place);
    if (!isUnderstood(view)) return view.notUnderstood;
    addSelected(
      view,
      alias,
      schemaName,
      into,
      relation.columns.map(({ attname }) => attname),
    );
    return null;
  }
  if (relation.relkind !== 'r' && relation.relkind !== 'p') return `${schema}.${name}, which is no table`;
  const row = newRow(relation);
  into.rows.push(row);
  into.ranges.push({ ...rangeOf(reader.snapshot, row, alias), schema: schemaName });
  const visible = visibleTo(reader, row, scope.place);
  if (visible !== yes) into.conditions.push(() => visible);
  return null;
}

function joinSubselect(reader: Reader, node: Fields, scope: Scope, into: Joined): string | null {
  const { SelectStmt: select } = isRecord(node['subquery']) ? node['subquery'] : {};
  if (!isRecord(select)) return 'an item of FROM';
  if (node['lateral'] === true) return 'LATERAL';
  const selected = reader.select(select, scope);
  if (!isUnderstood(selected)) return selected.notUnderstood;
  addSelected(selected, aliasOf(node) ?? '', null, into, columnAliases(node));
  return null;
}

function joinFunction(reader: Reader, node: Fields, scope: Scope, into: Joined): string | null {
  const [list] = asList(node['functions']);
  const [call] = isRecord(list) && isRecord(list['List']) ? asList(list['List']['items']) : [];
  // Its arguments may come from what stands before it.
  const isPlain = asList(node['functions']).length === 1 && into.ranges.length === 0;
  const selected = isPlain ? readCallAsQuery(reader, call, scope) : undefined;
  if (selected === undefined || node['ordinality'] === true) return 'a function in FROM';
  if (!isUnderstood(selected)) return selected.notUnderstood;
  const [own] = selected.outputs;
  const alias = aliasOf(node) ?? own?.name ?? '';
  const named = columnAliases(node);
  addSelected(selected, alias, null, into, named.length > 0 || selected.outputs.length > 1 ? named : [alias]);
  return null;
}

function addSelected(
  { query, outputs }: Selected,
  alias: string,
  schema: string | null,
  into: Joined,
  names: readonly string[],
): void {
  into.rows.push(...query.rows);
  if (query.where !== yes) into.conditions.push(() => query.where);
  const columns = outputs.map(({ name, term }, index): [string, Term] => [names[index] ?? name, term]);
  const byName = new Map(columns);
  into.ranges.push({
    schema,
    alias,
    names: columns.map(([name]) => name),
    column: (name) => (columns.filter(([own]) => own === name).length > 1 ? unknown('other', name) : byName.get(name)),
  });
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
  const loose = type === 'text' && column.collisdeterministic === false;
  return { op: 'column', type: loose ? 'loose' : type, row, name };
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
export function readView(reader: Reader, view: Relation, place: Place): Selected | NotUnderstood {
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
    range.names.map((name) => ({ name, term: range.column(name) ?? unknown('other', name) })),
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
