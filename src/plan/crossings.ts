import { nameOf } from '../catalog/lookup.ts';
import { written, writtenName } from '../sql/written.ts';
import { attribution, sourceOf } from './attribution.ts';
import { holding } from './holders.ts';
import type { CompositeReference } from './references.ts';
import { ownRows, type Situation } from './situation.ts';

/** Whether a row gets its tenant from the very row that a key points at: then the two cannot differ. */
export function takesTenantFrom(situation: Situation, { child, parent, key }: CompositeReference): boolean {
  const source = child.isNew ? sourceOf(situation, child) : undefined;
  const [way, ...more] = source?.kind === 'ways' ? source.ways : [];
  if (way === undefined || more.length > 0 || way.type !== null || way.join.backward) return false;
  const { pairs } = way.join;
  return (
    way.parent.relation.oid === parent.relation.oid &&
    pairs.length === key.columns.length &&
    key.columns.every((column, at) =>
      pairs.some((pair) => pair.column === column && pair.parentColumn === key.confcolumns[at]),
    )
  );
}

/**
 * Counts the rows that point at a row of another tenant, as the database is before anything was filled: a key that holds the
 * tenant on both sides is going to refuse them.
 *
 * @returns null where it cannot be said in one query
 */
export function crossingSql(situation: Situation, { child, parent, key }: CompositeReference): string | null {
  const [alias, above] = [written(child.relation.relname), written(parent.relation.relname)];
  const own = attribution(situation, child, alias);
  const theirs = attribution(situation, parent, above);
  if (own === null || theirs === null) return null;
  const outer = above === 'crossing' ? 'crossing_row' : 'crossing';
  const columns = key.columns.map((column) => `${alias}.${written(column)}`).join(', ');
  return `select pg_catalog.count(*) as count
from (select ${columns}, (${own}) as "its tenant" from ${ownRows(situation, child)} as ${alias}) as ${outer}
where exists (
  select from ${writtenName(nameOf(parent.relation))} as ${above}
  where ${holding({ key, child: child.relation }, outer, above)} and (${theirs}) <> ${outer}."its tenant"
)`;
}
