import { mayUse, relationAccess, type RelationAccess } from '../access/matrix.ts';
import { grantedOn } from '../access/privileges.ts';
import { closureOf } from '../access/role-closure.ts';
import { findRelation, nameOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Relation } from '../catalog/snapshot.ts';
import { loneSelect } from '../sql/function-body.ts';
import { formatQualified } from '../sql/ident.ts';
import { asList, isRecord } from '../sql/tree.ts';
import { passes, triggerBits } from './passes.ts';
import { isUnderstood, troubleAt, type NotUnderstood, type Place, type Range, type Reader } from './scope.ts';
import type { Target } from './target.ts';
import { allOf, unknown, yes, type Row, type Term } from './term.ts';
import { readCondition } from './printed.ts';
import { rangeOf } from './range.ts';
import { aliasOf } from './translate-from.ts';
import { computedBy, readTarget } from './translate-query.ts';
import { readerOf } from './translate-view.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A view through which rows of a table are written, as PostgreSQL writes through it. */
interface Updatable {
  readonly table: Relation;
  /** Whose privileges and policies count at the table. */
  readonly as: string;
  /** The table's columns that it has as they are, by their names in the view. */
  readonly columns: ReadonlyMap<string, string>;
  /** What it shows of a row. */
  shows(row: Row): Range;
  /** The conditions that it adds: on a row that is there, and by WITH CHECK OPTION on a new one. */
  conditions(row: Row): { readonly using: Term; readonly check: Term };
}

/** A view as a way to write to its table; null where PostgreSQL refuses every write through it. */
export function viewTarget(
  reader: Reader,
  { relation: view, privileges }: RelationAccess,
  place: Place,
): Target | NotUnderstood | null {
  const read = readUpdatable(reader, view, place);
  if (read === null || !isUnderstood(read)) return read;
  const { snapshot } = reader;
  const { table, as, columns } = read;
  const closure = closureOf(snapshot, as);
  const base = { ...relationAccess(snapshot, closure, table), privileges: grantedOn(closure, table) };
  // A default of the view's own comes before that of the table.
  const preset = view.columns.filter((column) => column.default !== null).map(({ attname }) => attname);
  const settable = (privilege: 'INSERT' | 'UPDATE'): readonly string[] =>
    [...privileges.columns[privilege], ...(privilege === 'INSERT' ? preset : [])]
      .flatMap((name) => columns.get(name) ?? [])
      .filter((name) => base.privileges.columns[privilege].includes(name));
  return {
    table,
    called: new Map([...columns].map(([name, own]) => [own, name])),
    settable: { INSERT: settable('INSERT'), UPDATE: settable('UPDATE') },
    mayUse: (command) => mayUse(base, command),
    passes: (command, part, row) => {
      const condition = allOf([
        passes(reader, base, { ...place, role: as }, { command, part, row }),
        read.conditions(row)[part],
      ]);
      const trouble = troubleAt(place);
      return trouble === null ? condition : unknown('bool', trouble);
    },
  };
}

/** What makes a view updatable: https://www.postgresql.org/docs/current/sql-createview.html#SQL-CREATEVIEW-UPDATABLE-VIEWS */
function readUpdatable(reader: Reader, view: Relation, place: Place): Updatable | NotUnderstood | null {
  const { snapshot } = reader;
  const name = formatQualified(nameOf(view));
  if (place.depth > 6) return { notUnderstood: `${name}, which is too deep` };
  if (isRewritten(snapshot, view)) return { notUnderstood: `a trigger or a rule of ${name}` };
  const select = loneSelect(view.definition ?? '');
  if (select === null) return { notUnderstood: name };
  const [from, ...others] = asList(select['fromClause']);
  const range = isRecord(from) && isRecord(from['RangeVar']) ? from['RangeVar'] : undefined;
  const isPlain = Object.keys(select).every((clause) => plain.has(clause)) && select['op'] === 'SETOP_NONE';
  if (range === undefined || others.length > 0 || !isPlain) return null;
  const computed = computedBy(reader, select['targetList']);
  if (computed !== undefined) return { notUnderstood: `${name}, which computes ${computed}` };
  const under = findRelation(snapshot, { schema: String(range['schemaname']), name: String(range['relname']) });
  const as = readerOf(view, place);
  if (under === undefined || as === null) return { notUnderstood: name };
  const inner: Place = { ...place, role: as, printed: true, depth: place.depth + 1 };
  const below = under.relkind === 'v' ? readUpdatable(reader, under, inner) : asItIs(reader, under, as);
  if (below === null || !isUnderstood(below)) return below;
  if (below.table.relkind === 'f')
    return { notUnderstood: `${formatQualified(nameOf(below.table))}, which is foreign` };
  return over(reader, view, select, { ...below, alias: aliasOf(range) ?? under.relname, place: inner });
}

const plain = new Set(['targetList', 'fromClause', 'whereClause', 'limitOption', 'op']);

/** A table as a view of itself. */
function asItIs({ snapshot }: Reader, table: Relation, as: string): Updatable | null {
  if (table.relkind === 'm') return null;
  return {
    table,
    as,
    columns: new Map(table.columns.map(({ attname }) => [attname, attname])),
    shows: (row) => rangeOf(snapshot, row, table.relname),
    conditions: () => ({ using: yes, check: yes }),
  };
}

/** A view over what it is of. */
function over(
  reader: Reader,
  view: Relation,
  select: Fields,
  below: Updatable & { readonly alias: string; readonly place: Place },
): Updatable {
  const { alias, place } = below;
  const scopeOf = (row: Row): Parameters<Reader['expression']>[1] => ({
    place,
    ranges: [{ ...below.shows(row), alias }],
    outer: null,
    parameters: null,
  });
  const shown = (row: Row): readonly (readonly [string, Term])[] => {
    const scope = scopeOf(row);
    const outputs = asList(select['targetList']).flatMap((item) => readTarget(reader, item, scope, scope.ranges));
    return view.columns.flatMap(({ attname }, index) => {
      const output = outputs[index];
      return output ? [[attname, output.term] as const] : [];
    });
  };
  // Its columns are those of every row: any will do.
  const sample: Row = { relation: below.table, id: 0 };
  const columns = shown(sample).flatMap(([name, term]): [string, string][] =>
    term.op === 'column' && term.row === sample ? [[name, term.name]] : [],
  );
  const option = view.reloptions.map((one) => /^check_option=(local|cascaded)$/.exec(one)?.[1]).find(Boolean);
  return {
    ...below,
    columns: new Map(columns),
    shows: (row) => {
      const all = shown(row);
      return {
        schema: view.nspname,
        alias: view.relname,
        names: all.map(([name]) => name),
        column: (name) => all.find(([own]) => own === name)?.[1],
      };
    },
    conditions: (row) => {
      const inner = below.conditions(row);
      const where =
        select['whereClause'] === undefined ? yes : readCondition(reader, select['whereClause'], scopeOf(row));
      const using = allOf([inner.using, where]);
      const check = { local: allOf([inner.check, where]), cascaded: using }[option ?? ''] ?? inner.check;
      return { using, check };
    },
  };
}

/** Whether what is written goes another way than through the view. */
function isRewritten({ triggers, rules }: CatalogSnapshot, { oid }: Relation): boolean {
  const instead = triggers.some(({ tgrelid, tgtype }) => tgrelid === oid && (tgtype & triggerBits.instead) !== 0);
  return instead || rules.some(({ ev_class }) => ev_class === oid);
}
