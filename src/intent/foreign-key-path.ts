import { sameSet } from '../domain/same-set.ts';
import { findColumn, foreignKeysOf, nameOf, uniqueKeysOf } from '../catalog/lookup.ts';
import type { Constraint, Relation } from '../catalog/snapshot.ts';
import type { ForeignKeyPath } from '../model/model.ts';
import { formatIdent, formatQualified } from '../sql/ident.ts';
import type { Reality } from './reality.ts';
import { familyOf } from './sql-type.ts';

/** Two tables joined by a foreign key, whichever of them holds it. */
export interface Join {
  readonly parent: Relation;
  readonly pairs: readonly { readonly column: string; readonly parentColumn: string }[];
  /** The columns that hold the key, on whichever side. */
  readonly by: readonly string[];
  /** It is the parent that holds the key. */
  readonly backward: boolean;
}

/**
 * Finds the one foreign key that a path means, and notes where there is none or more than one.
 *
 * @param ignored columns that do not tell two keys apart: the tenant's, which a key within a tenant repeats
 */
export function findJoin(
  reality: Reality,
  table: Relation,
  path: ForeignKeyPath,
  at: string,
  ignored: readonly string[] = [],
): Join | undefined {
  const parent = reality.relation(path.table, at);
  if (parent === undefined) return undefined;
  if (path.on !== null) return joinOn(reality, table, parent, path.on, at);
  const forward = foreignKeysOf(reality.snapshot, table, parent).map((key) => joinOf(parent, key, false, ignored));
  const backward =
    table === parent
      ? []
      : foreignKeysOf(reality.snapshot, parent, table).map((key) => joinOf(parent, key, true, ignored));
  const joins = distinct([...forward, ...backward].filter((join) => join.pairs.length > 0)).filter(
    (join) => path.by === null || sameSet(path.by, join.by),
  );
  const [join] = joins;
  const between = `${formatQualified(nameOf(table))} and ${formatQualified(path.table)}`;
  const by = path.by === null ? '' : ` by ${path.by.map(formatIdent).join(', ')}`;
  if (join === undefined) {
    reality.report(at, `there is no foreign key between ${between}${by}`, true);
    return undefined;
  }
  if (joins.length > 1) {
    const options = joins.map((option) => option.by.map(formatIdent).join(', ')).join('; ');
    reality.report(at, `there are several foreign keys between ${between}: say which with by (${options})`);
    return undefined;
  }
  return join;
}

/** A join that the model states, since no foreign key does; notes columns that are not there, or cannot be equal. */
function joinOn(
  reality: Reality,
  table: Relation,
  parent: Relation,
  on: ReadonlyMap<string, string>,
  at: string,
): Join | undefined {
  const pairs = [...on].map(([column, parentColumn]) => ({ column, parentColumn }));
  const fits = pairs.map(({ column, parentColumn }) => {
    if (!reality.hasColumn(table, column, `${at}.on`) || !reality.hasColumn(parent, parentColumn, `${at}.on`))
      return false;
    const [own, other] = [findColumn(table, column)?.type ?? '', findColumn(parent, parentColumn)?.type ?? ''];
    if (own === other || familyOf(own) === familyOf(other)) return true;
    reality.report(`${at}.on`, `${formatIdent(column)} is ${own}, and ${formatIdent(parentColumn)} is ${other}`);
    return false;
  });
  if (pairs.length === 0 || fits.includes(false)) return undefined;
  const held = new Set(pairs.map(({ parentColumn }) => parentColumn));
  const leadsToOne = uniqueKeysOf(reality.snapshot, parent).some((key) => key.every((name) => held.has(name)));
  return {
    parent,
    pairs,
    by: pairs.map((pair) => (leadsToOne ? pair.column : pair.parentColumn)),
    backward: !leadsToOne,
  };
}

function joinOf(parent: Relation, key: Constraint, backward: boolean, ignored: readonly string[]): Join {
  const pairs = key.columns
    .map((own, index) => ({ own, target: key.confcolumns[index] ?? '' }))
    .map(({ own, target }) =>
      backward ? { column: target, parentColumn: own } : { column: own, parentColumn: target },
    )
    .filter(({ column }) => !ignored.includes(column));
  return { parent, pairs, by: pairs.map((pair) => (backward ? pair.parentColumn : pair.column)), backward };
}

function distinct(joins: readonly Join[]): Join[] {
  return joins.filter((join, index) => joins.findIndex((other) => sameJoin(other, join)) === index);
}

function sameJoin(a: Join, b: Join): boolean {
  return sameSet(
    a.pairs.map((pair) => JSON.stringify(pair)),
    b.pairs.map((pair) => JSON.stringify(pair)),
  );
}
