import { parseAclItem } from '../access/acl.ts';
import { closureOf } from '../access/role-closure.ts';
import { isInvoker } from '../access/view-path.ts';
import { nameOf, readsOf, relationsByOid } from '../catalog/lookup.ts';
import type { Relation } from '../catalog/snapshot.ts';
import { formatQualified } from '../sql/ident.ts';
import { mayBeReadBy } from './grants.ts';
import { once } from './memo.ts';
import { isUnmanaged, type Situation } from './situation.ts';
import { isWaived } from './waived.ts';

export const securityInvoker = 150_000;

/** Views that read rows of tenants with the rights of their owner, whom the policies may not bind. */
export const ownersViews = once((situation: Situation): readonly Relation[] => {
  const tables = new Set(situation.tables.map(({ relation }) => relation.oid));
  return situation.snapshot.relations.filter(
    (view) =>
      view.relkind === 'v' &&
      !isUnmanaged(situation, view.nspname) &&
      !isInvoker(view) &&
      !isWaived(situation, 'view-definer', formatQualified(nameOf(view))) &&
      [...readsOf(situation.snapshot, view)].some((oid) => tables.has(oid)),
  );
});

/** A role that reads a view, and a relation that the view reads and the role may not. */
export interface BlindReader {
  readonly view: Relation;
  readonly role: string;
  readonly hidden: Relation;
}

/** Who reads a view by its owner's rights alone: once it asks with those of its reader, each query of theirs fails. */
export const blindReaders = once((situation: Situation): readonly BlindReader[] =>
  ownersViews(situation).flatMap((view) => {
    const hidden = [...readByReader(situation, view)].filter((relation) => relation !== view);
    return readersOf(situation, view).flatMap((role) =>
      hidden
        .filter((relation) => !mayBeReadBy(situation, role, relation))
        .map((relation) => ({ view, role, hidden: relation })),
    );
  }),
);

/** The roles that may read a view, and are no superuser's; what everybody may is the application's. */
function readersOf({ model, snapshot }: Situation, view: Relation): readonly string[] {
  const named = [...view.relacl, ...view.columns.flatMap(({ attacl }) => attacl)]
    .map(parseAclItem)
    .filter(({ privileges }) => privileges.includes('SELECT'))
    .flatMap(({ grantee }) => (grantee === 'public' ? model.roles.app : [grantee]));
  return [...new Set(named)].filter(
    (role) => snapshot.roles.some(({ rolname }) => rolname === role) && !closureOf(snapshot, role).role.rolsuper,
  );
}

/** The relations that whoever reads a view needs rights on, once it and those under it ask as their reader. */
function readByReader(situation: Situation, view: Relation, found = new Set<Relation>()): ReadonlySet<Relation> {
  found.add(view);
  if (view.relkind !== 'v' || !(isInvoker(view) || ownersViews(situation).includes(view))) return found;
  for (const oid of view.dependsOn) {
    const below = relationsByOid(situation.snapshot).get(oid);
    if (below !== undefined && !found.has(below)) readByReader(situation, below, found);
  }
  return found;
}

/** Materialized views that hold rows of all tenants. */
export const tenantMatviews = once((situation: Situation): readonly Relation[] => {
  const tables = new Set(situation.tables.map(({ relation }) => relation.oid));
  return situation.snapshot.relations.filter(
    (view) =>
      view.relkind === 'm' &&
      !isUnmanaged(situation, view.nspname) &&
      [...readsOf(situation.snapshot, view)].some((oid) => tables.has(oid)),
  );
});

/** A view's owner, as far as the policies bind it. */
export function isOwnerBound({ snapshot }: Situation, view: Relation): boolean {
  const owner = snapshot.roles.find(({ rolname }) => rolname === view.relowner);
  return owner !== undefined && !owner.rolsuper && !owner.rolbypassrls;
}

/** The model's views that are not there yet. */
export function missingViews({ model, snapshot }: Situation): Situation['model']['views'] {
  const names = new Set([...relationsByOid(snapshot).values()].map((relation) => JSON.stringify(nameOf(relation))));
  return model.views.filter(({ view }) => !names.has(JSON.stringify(view)));
}
