import { nameOf, readsOf } from '../../catalog/lookup.ts';
import type { Relation } from '../../catalog/snapshot.ts';
import { quoteQualified } from '../../sql/ident.ts';
import { assumeTruth } from '../../postgres/impersonate.ts';
import type { RunInput } from '../input.ts';
import { describeFailure } from '../session.ts';
import { kept } from './savepoint.ts';

/** The materialized views among some relations, each after those that it reads. */
export function inRefreshOrder({ snapshot }: RunInput, oids: ReadonlySet<number>): readonly Relation[] {
  const stored = snapshot.relations.filter(({ oid, relkind }) => relkind === 'm' && oids.has(oid));
  // What reads another one reads all that the other one reads, and the other one too.
  const depth = (view: Relation): number => {
    const reads = readsOf(snapshot, view);
    return stored.filter(({ oid }) => reads.has(oid)).length;
  };
  return stored.toSorted((a, b) => depth(a) - depth(b));
}

/**
 * Fills materialized views anew: they show rows of others as they were when somebody filled them last.
 * Their owner is bound by row-level security then as at any other time.
 *
 * @returns why some could not be filled, by oid
 */
export async function refresh(run: RunInput, views: readonly Relation[]): Promise<ReadonlyMap<number, string>> {
  const { client, truthRole } = run.session;
  const failures = new Map<number, string>();
  for (const view of views) {
    const done = await kept(run, async () => {
      await client.query('set local row_security = on');
      await client.query(`refresh materialized view ${quoteQualified(nameOf(view))}`);
      await assumeTruth(client, truthRole);
      return true;
    });
    if (!done.ok) failures.set(view.oid, describeFailure(done.failure));
  }
  return failures;
}
