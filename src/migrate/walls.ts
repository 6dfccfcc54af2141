import type { WrittenName } from '../sql/lock-mode.ts';
import type { Node } from '../sql/parse.ts';
import { statementsOf, type SqlFile } from './sql-file.ts';

/** Commands of ALTER TABLE after which rows may be seen that were not. */
const loosening = new Set(['AT_DropColumn', 'AT_DisableRowSecurity', 'AT_NoForceRowSecurity']);

/** A column that a statement drops, with the name of its table as it is written there. */
export interface DroppedColumn extends WrittenName {
  readonly column: string;
}

/**
 * Whether a file may take down what keeps tenants apart: policies, row-level security, or a column that says whose a row
 * is.
 *
 * @param converting the file is part of a conversion: then a DO block, into which nobody sees, may do so too
 */
export function touchesWalls(file: SqlFile, converting: boolean): boolean {
  return statementsOf(file).statements.some(({ node }) => loosens(node) || (converting && 'DoStmt' in node));
}

/** The columns that files drop by ALTER TABLE, in their order. */
export function droppedColumns(files: readonly SqlFile[]): readonly DroppedColumn[] {
  const statements = files.flatMap((file) => statementsOf(file).statements);
  return statements.flatMap(({ node }) => {
    if (!('AlterTableStmt' in node)) return [];
    const { relation, cmds = [] } = node.AlterTableStmt;
    const table = { schema: relation?.schemaname ?? null, name: relation?.relname ?? '' };
    return cmds.flatMap((command) =>
      'AlterTableCmd' in command && command.AlterTableCmd.subtype === 'AT_DropColumn'
        ? { ...table, column: command.AlterTableCmd.name ?? '' }
        : [],
    );
  });
}

function loosens(node: Node): boolean {
  if ('CreatePolicyStmt' in node || 'AlterPolicyStmt' in node) return true;
  if ('DropStmt' in node) return node.DropStmt.removeType === 'OBJECT_POLICY';
  if (!('AlterTableStmt' in node)) return false;
  return (node.AlterTableStmt.cmds ?? []).some(
    (command) => 'AlterTableCmd' in command && loosening.has(command.AlterTableCmd.subtype ?? ''),
  );
}
