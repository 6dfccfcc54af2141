import type { WrittenName } from '../sql/lock-mode.ts';
import type { ColumnDef, Constraint, Node, TypeName } from '../sql/parse.ts';
import { isRecord, lastName, namesOf, nodesOf } from '../sql/tree.ts';
import type { KnownConstraint, KnownTable, Schema } from './schema.ts';
import {
  alterationsOf,
  constraintsOf,
  droppedBy,
  madeBy,
  policyMadeOn,
  relationNamed,
  writtenName,
  type Alteration,
} from './statements.ts';

/** Takes in what a statement of the file at `path` has changed; null where no file has. */
export function learn(schema: Schema, node: Node, path: string | null): void {
  const made = madeBy(node);
  if (made !== null) learnMade(schema, made, node, path);
  for (const alteration of alterationsOf(node)) learnAlteration(schema, alteration, path);
  for (const { kind, names } of droppedBy(node)) {
    const dropped = relationNamed(names);
    if (dropped === null) continue;
    if (/TABLE|VIEW/.test(kind)) schema.remove(dropped);
    if (kind === 'OBJECT_INDEX') schema.removeIndex(dropped);
  }
  if ('RenameStmt' in node) learnRename(schema, node.RenameStmt);
  if ('AlterObjectSchemaStmt' in node) {
    const { relation, newschema } = node.AlterObjectSchemaStmt;
    const moved = writtenName(relation);
    if (moved !== null) schema.rename(moved, { schema: newschema ?? null, name: moved.name });
  }
  if ('IndexStmt' in node) {
    const { relation, idxname, unique, indexParams = [], whereClause } = node.IndexStmt;
    const table = writtenName(relation);
    if (table === null) return;
    // ON ONLY says something of a partitioned table alone.
    if (relation?.inh !== true) schema.add(table, { ...schema.table(table), partitioned: true });
    const columns = indexParams.flatMap((element) => ('IndexElem' in element ? (element.IndexElem.name ?? []) : []));
    if (idxname !== undefined) schema.addIndex({ schema: table.schema, name: idxname }, { table, columns });
    const [only] = columns;
    if (unique === true && indexParams.length === 1 && whereClause === undefined && only !== undefined) {
      schema.learned(table).keys.add(only);
    }
  }
  if ('CreateFunctionStmt' in node) {
    const { funcname, options } = node.CreateFunctionStmt;
    const volatility = nodesOf(options).find(({ tag, value }) => tag === 'DefElem' && value['defname'] === 'volatility')
      ?.value['arg'];
    const word = isRecord(volatility) && isRecord(volatility['String']) ? volatility['String']['sval'] : 'volatile';
    schema.addFunction(lastName(funcname) ?? '', word === 'volatile');
  }
  const guarded = policyMadeOn(node);
  if (guarded !== null && 'CreatePolicyStmt' in node) {
    schema.learned(guarded).policies.add(node.CreatePolicyStmt.policy_name ?? '');
  }
}

function learnMade(schema: Schema, name: WrittenName, node: Node, path: string | null): void {
  if (leavesAsIs(schema, name, node)) return;
  if (!('CreateStmt' in node)) {
    schema.add(name, { madeBy: path });
    return;
  }
  const { tableElts = [], inhRelations = [], partspec } = node.CreateStmt;
  const table = schema.add(name, { madeBy: path, partitioned: partspec !== undefined });
  const models = [
    ...inhRelations.map((parent) => ('RangeVar' in parent ? writtenName(parent.RangeVar) : null)),
    ...tableElts.map((element) =>
      'TableLikeClause' in element ? writtenName(element.TableLikeClause.relation) : null,
    ),
  ];
  for (const model of models) {
    if (model !== null) for (const [column, type] of schema.table(model).types) table.types.set(column, type);
  }
  for (const element of tableElts) {
    if ('ColumnDef' in element) learnColumn(table, element.ColumnDef, name, path);
    if ('Constraint' in element) learnConstraint(table, element.Constraint, name, path);
  }
}

/** Whether a relation is there already, or may well be, for all that a statement says that it makes it. */
function leavesAsIs(schema: Schema, name: WrittenName, node: Node): boolean {
  if ('ViewStmt' in node) return node.ViewStmt.replace === true && !schema.has(name);
  const lenient =
    ('CreateStmt' in node && node.CreateStmt.if_not_exists === true) ||
    ('CreateSeqStmt' in node && node.CreateSeqStmt.if_not_exists === true) ||
    ('CreateTableAsStmt' in node && node.CreateTableAsStmt.if_not_exists === true);
  return lenient && schema.has(name);
}

function learnColumn(table: KnownTable, column: ColumnDef, name: WrittenName, path: string | null): void {
  const { colname = '', typeName } = column;
  learnType(table, colname, typeName);
  for (const constraint of constraintsOf(column)) {
    const keys = [{ String: { sval: colname } }];
    learnConstraint(table, { ...constraint, keys, fk_attrs: keys }, name, path);
  }
}

function learnType(table: KnownTable, column: string, typeName: TypeName | undefined): void {
  if (typeName !== undefined) table.types.set(column, typeName);
}

function learnConstraint(table: KnownTable, constraint: Constraint, name: WrittenName, path: string | null): void {
  const { contype, conname, raw_expr: condition, skip_validation: notValid = false } = constraint;
  const columns = namesOf(constraint.keys);
  const [only] = columns;
  if (columns.length === 1 && only !== undefined && /^CONSTR_(PRIMARY|UNIQUE)$/.test(contype ?? '')) {
    table.keys.add(only);
  }
  if (contype === 'CONSTR_PRIMARY') for (const column of columns) table.notNull.add(column);
  if (contype === 'CONSTR_NOTNULL' && conname === undefined && !notValid) {
    for (const column of columns) table.notNull.add(column);
  } else if (contype === 'CONSTR_CHECK' || contype === 'CONSTR_FOREIGN' || contype === 'CONSTR_NOTNULL') {
    const known: KnownConstraint = {
      addedBy: path,
      validated: !notValid,
      notNull: contype === 'CONSTR_NOTNULL' ? columns : presentColumns(condition),
      condition: condition ?? null,
    };
    table.constraints.set(conname ?? defaultName(name, constraint), known);
  }
}

/** The name that PostgreSQL gives a CHECK of one column or a foreign key. */
function defaultName({ name }: WrittenName, { contype, raw_expr: condition, fk_attrs: columns }: Constraint): string {
  if (contype === 'CONSTR_FOREIGN') return `${name}_${namesOf(columns).join('_')}_fkey`;
  const [column, ...others] = new Set(
    nodesOf({ condition }).flatMap(({ tag, value }) => (tag === 'ColumnRef' ? [lastName(value['fields'])] : [])),
  );
  return `${name}_${column === undefined || others.length > 0 ? '' : `${column}_`}check`;
}

/** The columns that a condition says to be not null, alone or beside others. */
function presentColumns(condition: Node | undefined): readonly string[] {
  if (condition === undefined) return [];
  if ('BoolExpr' in condition && condition.BoolExpr.boolop === 'AND_EXPR') {
    return (condition.BoolExpr.args ?? []).flatMap(presentColumns);
  }
  if (!('NullTest' in condition) || condition.NullTest.nulltesttype !== 'IS_NOT_NULL') return [];
  const { arg } = condition.NullTest;
  const column = arg !== undefined && 'ColumnRef' in arg ? lastName(arg.ColumnRef.fields) : undefined;
  return column === undefined ? [] : [column];
}

function learnAlteration(schema: Schema, { table: name, command }: Alteration, path: string | null): void {
  const table = schema.learned(name);
  const { subtype, name: part = '', def } = command;
  if (def !== undefined && 'ColumnDef' in def) {
    if (subtype === 'AT_AddColumn') learnColumn(table, def.ColumnDef, name, path);
    if (subtype === 'AT_AlterColumnType') learnType(table, part, def.ColumnDef.typeName);
  }
  if (def !== undefined && 'Constraint' in def && subtype === 'AT_AddConstraint') {
    learnConstraint(table, def.Constraint, name, path);
  }
  if (subtype === 'AT_SetNotNull') table.notNull.add(part);
  if (subtype === 'AT_DropNotNull' || subtype === 'AT_DropColumn') table.notNull.delete(part);
  if (subtype === 'AT_DropColumn') {
    table.types.delete(part);
    table.keys.delete(part);
    for (const [key, { notNull }] of table.constraints) if (notNull.includes(part)) table.constraints.delete(key);
  }
  if (subtype === 'AT_DropConstraint') table.constraints.delete(part);
  if (subtype === 'AT_ValidateConstraint') {
    const known = table.constraints.get(part);
    if (known !== undefined) table.constraints.set(part, { ...known, validated: true });
  }
}

type Rename = Extract<Node, { RenameStmt: unknown }>['RenameStmt'];

function learnRename(schema: Schema, { renameType, relation, subname = '', newname = '' }: Rename): void {
  const name = writtenName(relation);
  if (name === null) return;
  if (renameType === 'OBJECT_TABLE' || renameType === 'OBJECT_VIEW' || renameType === 'OBJECT_MATVIEW') {
    schema.rename(name, { schema: name.schema, name: newname });
    return;
  }
  const { types, notNull, keys, constraints } = schema.learned(name);
  if (renameType === 'OBJECT_TABCONSTRAINT') move(constraints, subname, newname);
  if (renameType !== 'OBJECT_COLUMN') return;
  move(types, subname, newname);
  for (const columns of [notNull, keys]) if (columns.delete(subname)) columns.add(newname);
  for (const [key, constraint] of constraints) {
    const renamed = constraint.notNull.map((column) => (column === subname ? newname : column));
    constraints.set(key, { ...constraint, notNull: renamed });
  }
}

function move<Value>(map: Map<string, Value>, from: string, to: string): void {
  const value = map.get(from);
  if (value === undefined) return;
  map.delete(from);
  map.set(to, value);
}
