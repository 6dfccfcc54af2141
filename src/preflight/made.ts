import { quoteWritten } from '../sql/ident.ts';
import type { Node } from '../sql/parse.ts';

/** What a statement makes, so that nobody has it, or a say in it, yet: relations as SQL writes them, `schema x`, `role x`. */
export function madeBy(node: Node): readonly string[] {
  if ('CreateStmt' in node) return relation(node.CreateStmt.relation);
  if ('CreateTableAsStmt' in node) return relation(node.CreateTableAsStmt.into?.rel);
  if ('ViewStmt' in node) return relation(node.ViewStmt.view);
  if ('CreateSeqStmt' in node) return relation(node.CreateSeqStmt.sequence);
  if ('CreateSchemaStmt' in node) return named('schema', node.CreateSchemaStmt.schemaname);
  if ('CreateRoleStmt' in node) return named('role', node.CreateRoleStmt.role);
  if ('RenameStmt' in node) {
    const { renameType, newname, relation: renamed } = node.RenameStmt;
    if (renameType !== 'OBJECT_TABLE' && renameType !== 'OBJECT_VIEW') return [];
    return [...relation(renamed), ...relation({ ...renamed, relname: newname })];
  }
  return [];
}

function relation(name: { schemaname?: string; relname?: string | undefined } | undefined): readonly string[] {
  if (name?.relname === undefined) return [];
  return [quoteWritten({ schema: name.schemaname ?? null, name: name.relname })];
}

function named(kind: 'schema' | 'role', name: string | undefined): readonly string[] {
  return name === undefined ? [] : [`${kind} ${name}`];
}
