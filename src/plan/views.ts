import { isInvoker } from '../access/view-path.ts';
import { nameOf, readsOf, relationsByOid } from '../catalog/lookup.ts';
import type { Relation } from '../catalog/snapshot.ts';
import { once } from './memo.ts';
import { isUnmanaged, type Situation } from './situation.ts';

export const securityInvoker = 150_000;

/** Views that read rows of tenants with the rights of their owner, whom the policies may not bind. */
export const ownersViews = once((situation: Situation): readonly Relation[] => {
  const tables = new Set(situation.tables.map(({ relation }) => relation.oid));
  return situation.snapshot.relations.filter(
    (view) =>
      view.relkind === 'v' &&
      !isUnmanaged(situation, view.nspname) &&
      !isInvoker(view) &&
      [...readsOf(situation.snapshot, view)].some((oid) => tables.has(oid)),
  );
});

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
