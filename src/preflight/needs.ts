import { quoteWritten } from '../sql/ident.ts';
import { locksTaken } from '../sql/locks.ts';
import type { Node } from '../sql/parse.ts';
import { namesOf, nodesOf } from '../sql/tree.ts';

/** What a statement needs a privilege for. */
export type Need =
  /** To be the owner of a relation, or to have what it has. */
  | { readonly kind: 'own'; readonly relation: string }
  | { readonly kind: 'update'; readonly relation: string }
  /** To make an object in a schema; the empty name is where unqualified ones go. */
  | { readonly kind: 'schema'; readonly schema: string }
  | { readonly kind: 'create-schema' }
  | { readonly kind: 'create-role' }
  /** To become a role, or to give something to it. */
  | { readonly kind: 'become'; readonly role: string };

/** Statements that only the owner of a relation may run. */
const owners = new Set(['AlterTableStmt', 'AlterPolicyStmt', 'CreatePolicyStmt', 'IndexStmt', 'RuleStmt']);
/** A table itself may be dropped by the owner of its schema too. */
const droppedByOwner: readonly unknown[] = ['OBJECT_POLICY', 'OBJECT_TRIGGER', 'OBJECT_RULE'];

export function needsOf(node: Node): readonly Need[] {
  return [...owned(node), ...placed(node), ...become(node)];
}

/** Whether a statement changes who we are, or what roles may do: from there on nothing can be said beforehand. */
export function changesRoles(node: Node): boolean {
  if ('VariableSetStmt' in node)
    return /^(role|session_authorization|search_path)$/.test(node.VariableSetStmt.name ?? '');
  if ('AlterOwnerStmt' in node) return /^OBJECT_(SCHEMA|DATABASE)$/.test(node.AlterOwnerStmt.objectType ?? '');
  return ['GrantRoleStmt', 'GrantStmt', 'AlterRoleStmt', 'ReassignOwnedStmt', 'DoStmt'].some((tag) => tag in node);
}

/** The relations that a statement lets row-level security go of, or gives to somebody else. */
export function looseningOf(node: Node): readonly string[] {
  if (!('AlterTableStmt' in node)) return [];
  const loosens = (node.AlterTableStmt.cmds ?? []).some(
    (command) =>
      'AlterTableCmd' in command &&
      /^AT_(DisableRowSecurity|NoForceRowSecurity|ChangeOwner)$/.test(command.AlterTableCmd.subtype ?? ''),
  );
  return loosens ? relationOf(node.AlterTableStmt.relation) : [];
}

function owned(node: Node): readonly Need[] {
  const [tag = ''] = Object.keys(node);
  if ('AlterTableStmt' in node) return own(relationOf(node.AlterTableStmt.relation));
  const dropped = 'DropStmt' in node && droppedByOwner.includes(node.DropStmt.removeType);
  return owners.has(tag) || dropped ? own(locksTaken(node).map(({ relation }) => quoteWritten(relation))) : [];
}

function own(relations: readonly string[]): readonly Need[] {
  return relations.map((relation) => ({ kind: 'own', relation }));
}

function placed(node: Node): readonly Need[] {
  if ('CreateSchemaStmt' in node) return [{ kind: 'create-schema' }];
  if ('CreateRoleStmt' in node) return [{ kind: 'create-role' }];
  if ('CreateStmt' in node) return inSchemaOf(node.CreateStmt.relation);
  if ('ViewStmt' in node) return inSchemaOf(node.ViewStmt.view);
  if ('CreateTableAsStmt' in node) return inSchemaOf(node.CreateTableAsStmt.into?.rel);
  if ('CreateFunctionStmt' in node) {
    const names = namesOf(node.CreateFunctionStmt.funcname);
    return [{ kind: 'schema', schema: names.length > 1 ? (names[0] ?? '') : '' }];
  }
  return [];
}

function inSchemaOf(name: { schemaname?: string; relpersistence?: string } | undefined): readonly Need[] {
  return name === undefined || name.relpersistence === 't' ? [] : [{ kind: 'schema', schema: name.schemaname ?? '' }];
}

function become(node: Node): readonly Need[] {
  return nodesOf(node).flatMap(({ tag, value }) => {
    const role = value['rolename'];
    return tag === 'newowner' && typeof role === 'string' ? [{ kind: 'become', role } as const] : [];
  });
}

function relationOf(name: { schemaname?: string; relname?: string } | undefined): readonly string[] {
  return name?.relname === undefined ? [] : [quoteWritten({ schema: name.schemaname ?? null, name: name.relname })];
}
