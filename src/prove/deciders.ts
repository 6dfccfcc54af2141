import type { RelationAccess } from '../access/matrix.ts';
import { policiesOf, type Command } from '../access/policies.ts';
import { closureOf, type RoleClosure } from '../access/role-closure.ts';
import { derived } from '../catalog/derived.ts';
import { nameOf, readsOf, relationsByOid } from '../catalog/lookup.ts';
import type { CatalogSnapshot, Policy, Relation } from '../catalog/snapshot.ts';
import { formatQualified } from '../sql/ident.ts';
import { triggerBits } from './passes.ts';

/**
 * All that decides over a role's command on a relation, as a text: where two catalogs have the same, a change from one to the
 * other makes no difference to it. They may have the same and differ in the text, which costs no more than a closer look.
 */
export function decidersOf(
  snapshot: CatalogSnapshot,
  { has, exempt }: RoleClosure,
  { relation, privileges, rowSecurity, policies }: RelationAccess,
  command: Command,
): string {
  const { permissive, restrictive } = policies[command];
  const read = relationsRead(snapshot, relation, [...permissive, ...restrictive]);
  return JSON.stringify([
    [...has].sort(),
    exempt,
    rowSecurity,
    privileges.columns.UPDATE,
    describeRelation(snapshot, relation),
    [permissive, restrictive].map((some) => some.map(describePolicy)),
    read === 'everything' ? everything(snapshot) : read.map((one) => describeRelation(snapshot, one)),
  ]);
}

/** The relations that policies and a view read, by those of these too; all of them where a function may read any. */
function relationsRead(
  snapshot: CatalogSnapshot,
  relation: Relation,
  policies: readonly Policy[],
): readonly Relation[] | 'everything' {
  const found = new Map<number, Relation>();
  const calls = (one: Policy | Relation): boolean => one.callsFunctions.length > 0;
  let callsFunctions = calls(relation) || policies.some(calls);
  const visit = (oids: Iterable<number>): void => {
    for (const oid of oids) {
      const next = relationsByOid(snapshot).get(oid);
      if (next === undefined || found.has(oid)) continue;
      found.set(oid, next);
      const own = policiesOf(snapshot, next);
      callsFunctions ||= calls(next) || own.some(calls);
      visit([...readsOf(snapshot, next), ...own.flatMap(({ dependsOn }) => dependsOn)]);
    }
  };
  visit([...readsOf(snapshot, relation), ...policies.flatMap(({ dependsOn }) => dependsOn)]);
  return callsFunctions ? 'everything' : [...found.values()];
}

function describeRelation(snapshot: CatalogSnapshot, relation: Relation): unknown {
  const { relkind, relowner, relrowsecurity, relforcerowsecurity, relacl, reloptions, definition, columns } = relation;
  return [
    formatQualified(nameOf(relation)),
    [relkind, relowner, relrowsecurity, relforcerowsecurity, relacl, reloptions, definition],
    // Whose rights a view has.
    relkind === 'v' ? rightsOf(snapshot, relowner) : null,
    columns.map(({ attname, type, attacl, collisdeterministic }) => [attname, type, attacl, collisdeterministic]),
    policiesOf(snapshot, relation).map(describePolicy),
    detoursOf(snapshot, relation),
  ];
}

/** What is done otherwise than a command says. */
function detoursOf({ rules, triggers }: CatalogSnapshot, { oid }: Relation): unknown {
  return [
    rules.filter(({ ev_class }) => ev_class === oid).map(({ ev_enabled, definition }) => [ev_enabled, definition]),
    triggers
      .filter(({ tgrelid, tgtype }) => tgrelid === oid && (tgtype & triggerBits.instead) !== 0)
      .map(({ tgenabled, definition }) => [tgenabled, definition]),
  ];
}

function rightsOf(snapshot: CatalogSnapshot, role: string): unknown {
  const { has, exempt } = closureOf(snapshot, role);
  return [[...has].sort(), exempt];
}

function describePolicy({ polname, polpermissive, polcmd, polroles, polqual, polwithcheck }: Policy): unknown {
  return [polname, polpermissive, polcmd, polroles, polqual, polwithcheck];
}

const everything = derived((snapshot): unknown => [
  snapshot.relations.map((relation) => describeRelation(snapshot, relation)),
  snapshot.functions.map(({ oid, dependsOn, ...routine }) => [oid > 0, dependsOn.length, routine]),
  snapshot.schemas,
  snapshot.roles,
]);
