import { findColumn, primaryKeyOf, readsOf, nameOf } from '../catalog/lookup.ts';
import type { Relation } from '../catalog/snapshot.ts';
import type { ViewModel } from '../model/model.ts';
import { formatIdent, formatQualified, quoteQualified } from '../sql/ident.ts';
import type { Reality } from './reality.ts';
import { tableSource, viewSource, type RowSource } from './row-source.ts';

/** How the rows of a view are judged: by its own columns, or by the row of the table that its key leads to. */
export interface ViewRows {
  readonly source: RowSource;
  /** The view's columns by the names that the table has for them. */
  readonly columns: ReadonlyMap<string, string>;
  /** Wraps a condition over the source into one over the view. */
  readonly wrap: (condition: string) => string;
}

/** Finds a way from a view's rows to what the model says of its table; notes where there is none. */
export function findViewRows(
  reality: Reality,
  view: ViewModel,
  relation: Relation,
  base: Relation,
  needed: readonly string[],
): ViewRows | undefined {
  const at = `views[${formatQualified(view.view)}]`;
  if (!readsOf(reality.snapshot, relation).has(base.oid)) {
    reality.report(`${at}.of`, `${formatQualified(view.view)} does not read ${formatQualified(view.of)}`);
    return undefined;
  }
  for (const [table, own] of view.columns) {
    reality.hasColumn(base, table, `${at}.columns`);
    reality.hasColumn(relation, own, `${at}.columns`);
  }
  const columns = sharedColumns(view, relation, base);
  if (needed.every((name) => columns.has(name))) {
    return { source: viewSource(base, 't', columns), columns, wrap: (condition) => condition };
  }
  const key = primaryKeyOf(reality.snapshot, base);
  if (key.length > 0 && key.every((name) => columns.has(name))) return throughKey(base, columns, key);
  const absent = needed.filter((name) => !columns.has(name)).map(formatIdent);
  reality.report(
    at,
    `cannot tell whose its rows are: it lacks ${absent.join(', ')} of ${formatQualified(view.of)}, and its primary key too (name them under columns, if they are there by other names)`,
  );
  return undefined;
}

/** The view's column for each column of the table: by the model, or by name and type. */
function sharedColumns(view: ViewModel, relation: Relation, base: Relation): ReadonlyMap<string, string> {
  const pairs = base.columns.flatMap(({ attname, type }): [string, string][] => {
    const own = findColumn(relation, view.columns.get(attname) ?? attname);
    return own && withoutModifier(own.type) === withoutModifier(type) ? [[attname, own.attname]] : [];
  });
  return new Map(pairs);
}

function throughKey(base: Relation, columns: ReadonlyMap<string, string>, key: readonly string[]): ViewRows {
  const view = viewSource(base, 't', columns);
  const source = tableSource(base, 'b');
  const on = key.map((name) => `${source.column(name)} = ${view.column(name)}`).join(' and ');
  return {
    source,
    columns,
    wrap: (condition) => `exists (select from ${quoteQualified(nameOf(base))} b where ${on} and (${condition}))`,
  };
}

function withoutModifier(type: string): string {
  return type.replace(/\(.*?\)/, '');
}
