import { findColumn, findRelation, foreignKeysOf, nameOf, relationsByOid } from '../../catalog/lookup.ts';
import type { CatalogSnapshot, Relation } from '../../catalog/snapshot.ts';
import type { Model, RootTable, RowTable, TableModel } from '../../model/model.ts';
import { formatQualified } from '../../sql/ident.ts';
import { keyOf, readExpression, type Expression } from './expression.ts';
import { columnsNamed } from './mentions.ts';

/** How the rows of a table say whose they are. */
export interface Ownership {
  readonly table: RowTable | RootTable;
  /** The column with the tenant, where a column holds it. */
  readonly column: string | null;
  /** The columns that say whose a row is; null where it is not known which. */
  readonly columns: readonly string[] | null;
  /** The key of the expression that is the tenant; null where other tables own the rows. */
  readonly tenantKey: string | null;
  readonly userKey: string | null;
  /** The columns that lead to the rows that own a row, where other tables do. */
  readonly pointers: readonly string[];
  /** Whether a row may be without an owner. */
  readonly nullable: boolean;
  /** What makes a row one for all: the keys of the conditions that must hold together. */
  readonly shares: readonly { readonly access: 'read' | 'write'; readonly conditions: readonly string[] }[];
}

/** How a table of the model, a partition or a child of one says whose its rows are; undefined where they have no owners. */
export function ownershipOf(snapshot: CatalogSnapshot, model: Model, relation: Relation): Ownership | undefined {
  const table = tableOf(snapshot, model, relation);
  if (table?.tenancy !== 'row' && table?.tenancy !== 'root') return undefined;
  const column = ownerColumn(model, table);
  const owner = table.tenancy === 'row' && table.owner.kind === 'expression' ? table.owner.expression : null;
  const expression = owner === null ? null : readExpression(owner);
  const pointers = pointersOf(snapshot, table, relation);
  return {
    table,
    column,
    columns: ownerColumns(column, table, expression) ?? (pointers.length > 0 ? pointers : null),
    tenantKey: column === null ? expression && keyOf(expression) : columnKey(column),
    userKey: table.user === null ? null : columnKey(table.user),
    pointers,
    nullable: column === null ? owner !== null : findColumn(relation, column)?.attnotnull === false,
    shares: table.share.flatMap((share) =>
      share.kind === 'platform'
        ? []
        : alternatives(share.when).map((conditions) => ({ access: share.access, conditions })),
    ),
  };
}

function ownerColumn(model: Model, table: RowTable | RootTable): string | null {
  if (table.tenancy === 'root') return model.tenants.key;
  return table.owner.kind === 'column' ? table.owner.column : null;
}

function ownerColumns(
  column: string | null,
  table: RowTable | RootTable,
  expression: Expression | null,
): readonly string[] | null {
  const user = table.user === null ? [] : [table.user];
  if (column !== null) return [column, ...user];
  return expression === null ? null : [...columnsNamed(expression), ...user];
}

function pointersOf(snapshot: CatalogSnapshot, table: RowTable | RootTable, relation: Relation): readonly string[] {
  if (table.tenancy === 'root' || table.owner.kind !== 'through') return [];
  const { path } = table.owner;
  if (path.on !== null) return [...path.on.keys()];
  const parent = findRelation(snapshot, path.table);
  if (parent === undefined) return path.by ?? [];
  const held = foreignKeysOf(snapshot, relation, parent).flatMap(({ columns }) => columns);
  const pointedAt = foreignKeysOf(snapshot, parent, relation).flatMap(({ confcolumns }) => confcolumns);
  return [...new Set([...held, ...pointedAt])];
}

function columnKey(name: string): string {
  return keyOf({ kind: 'column', name });
}

/** The model's own word on a relation, or on what it is a part of. */
function tableOf(snapshot: CatalogSnapshot, model: Model, relation: Relation): TableModel | undefined {
  const own = tablesByName(model).get(formatQualified(nameOf(relation)));
  if (own) return own;
  const parents = relation.parents.flatMap((oid) => relationsByOid(snapshot).get(oid) ?? []);
  return parents.map((parent) => tableOf(snapshot, model, parent)).find((table) => table !== undefined);
}

/** The conditions of a share, each of which is enough. */
function alternatives(when: string): readonly (readonly string[])[] {
  const expression = readExpression(when);
  return expression === null ? [] : expanded(expression).map((conditions) => conditions.map(keyOf));
}

function expanded(expression: Expression): readonly (readonly Expression[])[] {
  if (expression.kind === 'or') return expression.args.flatMap(expanded);
  if (expression.kind === 'any' && expression.right.kind === 'array') {
    const { operator, left, right } = expression;
    return right.args.map((item) => [{ kind: 'compare', operator, left, right: item }]);
  }
  return [(expression.kind === 'and' ? expression.args : [expression]).map(bare)];
}

/** `condition = true` and `condition is true` are the condition. */
function bare(condition: Expression): Expression {
  if (condition.kind === 'is' && condition.state === 'true') return condition.arg;
  const isEqual = condition.kind === 'compare' && condition.operator === '=';
  return isEqual && condition.right.kind === 'constant' && condition.right.value === true ? condition.left : condition;
}

const named = new WeakMap<Model, ReadonlyMap<string, TableModel>>();

function tablesByName(model: Model): ReadonlyMap<string, TableModel> {
  const known = named.get(model) ?? new Map(model.tables.map((table) => [formatQualified(table.table), table]));
  named.set(model, known);
  return known;
}
