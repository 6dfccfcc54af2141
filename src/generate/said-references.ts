import { findColumn, findRelation, foreignKeysOf, uniqueKeysOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Constraint, Relation } from '../catalog/snapshot.ts';
import type { EmbeddedKey, Model } from '../model/model.ts';
import { quoteIdent } from '../sql/ident.ts';

/** The catalog as it would be if a foreign key stood wherever the model says by which columns two tables are joined, or that a column holds ids. */
export function withSaidReferences(snapshot: CatalogSnapshot, model: Model): CatalogSnapshot {
  const said = model.tables.flatMap((table) => {
    const own = findRelation(snapshot, table.table);
    if (table.tenancy !== 'row' || own === undefined) return [];
    const joined = table.owner.kind === 'through' ? table.owner.path : null;
    const other = joined && findRelation(snapshot, joined.table);
    return [
      ...(joined?.on && other ? [reference(snapshot, own, other, joined.on)] : []),
      ...table.embedded.flatMap((embedded) => embeddedReference(snapshot, own, embedded)),
    ];
  });
  return said.length === 0 ? snapshot : { ...snapshot, constraints: [...snapshot.constraints, ...said] };
}

/** A column of its own that holds ids of rows with a key; arrays and JSON hold none in generated rows. */
function embeddedReference(
  snapshot: CatalogSnapshot,
  own: Relation,
  { expression, each, target }: EmbeddedKey,
): readonly Constraint[] {
  const other = findRelation(snapshot, target);
  const column = own.columns.find(({ attname }) => [attname, quoteIdent(attname)].includes(expression));
  if (each || column === undefined || other === undefined) return [];
  const known = foreignKeysOf(snapshot, own).some(({ columns }) => columns.includes(column.attname));
  const same = findColumn(other, target.column)?.type === column.type;
  const unique = uniqueKeysOf(snapshot, other).some((key) => key.length === 1 && key[0] === target.column);
  return known || !same || !unique ? [] : [reference(snapshot, own, other, new Map([[column.attname, target.column]]))];
}

/** From the side that may have several rows to the one that has one. */
function reference(
  snapshot: CatalogSnapshot,
  own: Relation,
  other: Relation,
  on: ReadonlyMap<string, string>,
): Constraint {
  const theirs = [...on.values()];
  const toOther = uniqueKeysOf(snapshot, other).some((key) => key.every((column) => theirs.includes(column)));
  const [from, to] = toOther ? [own, other] : [other, own];
  const pairs = [...on].map(([column, otherColumn]) => (toOther ? [column, otherColumn] : [otherColumn, column]));
  return {
    conname: `${from.relname} to ${to.relname}`,
    contype: 'f',
    conrelid: from.oid,
    columns: pairs.map(([column = '']) => column),
    confrelid: to.oid,
    confcolumns: pairs.map(([, column = '']) => column),
    confdeltype: 'a',
    confupdtype: 'a',
    convalidated: true,
    condeferrable: false,
    definition: '',
    comment: null,
    leaning: [],
  };
}
