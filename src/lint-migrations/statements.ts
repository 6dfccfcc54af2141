import type { WrittenName } from '../sql/lock-mode.ts';
import { formatIdent } from '../sql/ident.ts';
import type { AlterTableCmd, ColumnDef, Constraint, Node, RangeVar } from '../sql/parse.ts';
import { namesOf } from '../sql/tree.ts';
import type { MigrationFile } from './file.ts';
import { sameRelation } from './schema.ts';

/** `schema.name`, or the name alone where no schema was written. */
export function shown({ schema, name }: WrittenName): string {
  return schema === null ? formatIdent(name) : `${formatIdent(schema)}.${formatIdent(name)}`;
}

export function writtenName(range: RangeVar | undefined): WrittenName | null {
  return range?.relname === undefined ? null : { schema: range.schemaname ?? null, name: range.relname };
}

/** One part of an ALTER TABLE. */
export interface Alteration {
  readonly table: WrittenName;
  readonly command: AlterTableCmd;
}

/** The parts of an ALTER TABLE; none of any other statement. */
export function alterationsOf(node: Node): readonly Alteration[] {
  if (!('AlterTableStmt' in node) || node.AlterTableStmt.objtype !== 'OBJECT_TABLE') return [];
  const table = writtenName(node.AlterTableStmt.relation);
  if (table === null) return [];
  return (node.AlterTableStmt.cmds ?? []).flatMap((command) =>
    'AlterTableCmd' in command ? [{ table, command: command.AlterTableCmd }] : [],
  );
}

export interface AddedColumn {
  readonly table: WrittenName;
  readonly name: string;
  readonly column: ColumnDef;
  readonly constraints: readonly Constraint[];
}

export function addedColumnsOf(node: Node): readonly AddedColumn[] {
  return alterationsOf(node).flatMap(({ table, command: { subtype, def } }) =>
    subtype === 'AT_AddColumn' && def !== undefined && 'ColumnDef' in def
      ? [{ table, name: def.ColumnDef.colname ?? '', column: def.ColumnDef, constraints: constraintsOf(def.ColumnDef) }]
      : [],
  );
}

export function constraintsOf({ constraints }: ColumnDef): readonly Constraint[] {
  return (constraints ?? []).flatMap((node) => ('Constraint' in node ? [node.Constraint] : []));
}

export interface AddedConstraint {
  readonly table: WrittenName;
  readonly constraint: Constraint;
}

export function addedConstraintsOf(node: Node): readonly AddedConstraint[] {
  return alterationsOf(node).flatMap(({ table, command: { subtype, def } }) =>
    subtype === 'AT_AddConstraint' && def !== undefined && 'Constraint' in def
      ? [{ table, constraint: def.Constraint }]
      : [],
  );
}

export interface DroppedObject {
  readonly kind: string;
  /** The name as it is written, in parts. */
  readonly names: readonly string[];
}

/** What a DROP names. */
export function droppedBy(node: Node): readonly DroppedObject[] {
  if (!('DropStmt' in node)) return [];
  const { removeType = '', objects = [] } = node.DropStmt;
  return objects.map((object) => ({
    kind: removeType,
    names: 'List' in object ? namesOf(object.List.items) : namesOf([object]),
  }));
}

/** The relation that the last parts of a name say. */
export function relationNamed(names: readonly string[]): WrittenName | null {
  const [name, schema] = names.toReversed();
  return name === undefined ? null : { schema: schema ?? null, name };
}

/** The relation that a statement makes, a view or a sequence included. */
export function madeBy(node: Node): WrittenName | null {
  if ('CreateStmt' in node) return writtenName(node.CreateStmt.relation);
  if ('CreateTableAsStmt' in node) return writtenName(node.CreateTableAsStmt.into?.rel);
  if ('SelectStmt' in node) return writtenName(node.SelectStmt.intoClause?.rel);
  if ('ViewStmt' in node) return writtenName(node.ViewStmt.view);
  if ('CreateSeqStmt' in node) return writtenName(node.CreateSeqStmt.sequence);
  return null;
}

/** Whether a later statement of the file makes a relation of this name, such as a view in its place. */
export function isMadeAgain({ statements }: MigrationFile, index: number, name: WrittenName): boolean {
  return statements.slice(index + 1).some(({ node }) => {
    const made = madeBy(node);
    return made !== null && sameRelation(made, name);
  });
}

/** The table whose policy a statement makes. */
export function policyMadeOn(node: Node): WrittenName | null {
  return 'CreatePolicyStmt' in node ? writtenName(node.CreatePolicyStmt.table) : null;
}

/** The setting that a SET gives a value, as text; undefined for any other statement. */
export function settingOf(node: Node): { readonly name: string; readonly value: string } | undefined {
  if (!('VariableSetStmt' in node)) return undefined;
  const { name = '', args = [] } = node.VariableSetStmt;
  const [only] = args;
  if (only === undefined || !('A_Const' in only)) return undefined;
  const { sval, ival } = only.A_Const;
  // The parser leaves out what is 0.
  return { name, value: sval?.sval ?? (ival === undefined ? '' : String(ival.ival ?? 0)) };
}
