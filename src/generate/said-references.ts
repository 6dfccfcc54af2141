import { findRelation, uniqueKeysOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Constraint, Relation } from '../catalog/snapshot.ts';
import type { Model } from '../model/model.ts';

/** The catalog as it would be if a foreign key stood wherever the model says by which columns two tables are joined. */
export function withSaidReferences(snapshot: CatalogSnapshot, model: Model): CatalogSnapshot {
  const said = model.tables.flatMap((table) => {
    if (table.tenancy !== 'row' || table.owner.kind !== 'through') return [];
    const { table: through, on } = table.owner.path;
    const [own, other] = [findRelation(snapshot, table.table), findRelation(snapshot, through)];
    return on === null || own === undefined || other === undefined ? [] : [reference(snapshot, own, other, on)];
  });
  return said.length === 0 ? snapshot : { ...snapshot, constraints: [...snapshot.constraints, ...said] };
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
  };
}
