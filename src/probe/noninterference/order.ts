import { nameOf } from '../../catalog/lookup.ts';
import type { Relation } from '../../catalog/snapshot.ts';
import { type SessionSettings, undone } from '../../postgres/impersonate.ts';
import { quoteIdent, quoteQualified } from '../../sql/ident.ts';
import type { RunInput } from '../input.ts';
import { quietly } from '../write/live.ts';
import { removal } from './disturb.ts';
import type { Difference } from './explain.ts';
import { refresh } from './matviews.ts';
import { observeAll, type Observation, sameObservation } from './observe.ts';
import { kept } from './savepoint.ts';
import type { Affected, TenantTable } from './tables.ts';

/** Orders in which rows are stored anew, over the alias `t`: as they are, the other way around, and by chance. */
const orders = [
  't.rowhouse_nth',
  't.rowhouse_nth desc',
  ...[1, 2, 3, 4].map((seed) => `pg_catalog.hashint8extended(t.rowhouse_nth, ${seed})`),
];
/** Rows of a table that are stored anew. */
const rearranged = 2000;

/**
 * Whether a difference is one of order alone: where an ORDER BY leaves ties, and a LIMIT takes some of them, which rows come
 * first is up to the plan and to where they are stored. So it is where both answers can be had with no row of others there.
 */
export async function isOfOrderAlone(
  run: RunInput,
  settings: SessionSettings,
  { observable, subject, before, after }: Difference,
  affected: readonly Affected[],
  matviews: readonly Relation[],
): Promise<boolean> {
  const { client } = run.session;
  const { reach } = observable;
  const tables = affected
    .map(({ table }) => table)
    .filter(({ relation: { oid } }) => reach.dynamic || reach.relations.has(oid));
  const look = async (): Promise<Observation | undefined> => {
    await refresh(run, matviews);
    return (await observeAll(run, settings, [observable])).get(observable);
  };
  const alone = await undone(client, async () => {
    await removal.apply(run, affected, subject);
    const seen = [await look()];
    for (const order of orders) {
      seen.push(
        await undone(client, async () => {
          await quietly(run, async () => {
            for (const table of tables) await kept(run, () => rearrange(run, table, order));
          });
          return await look();
        }),
      );
    }
    return seen;
  });
  return [before, after].every((answer) => alone.some((one) => one !== undefined && sameObservation(one, answer)));
}

/** Stores the rows of a table once more, in another order; nothing in them changes. */
async function rearrange({ session }: RunInput, { relation }: TenantTable, order: string): Promise<number> {
  const stored = relation.columns.filter(({ attgenerated }) => attgenerated === '');
  const columns = stored.map(({ attname }) => quoteIdent(attname)).join(', ');
  const overriding = stored.some(({ attidentity }) => attidentity === 'a') ? ' overriding system value' : '';
  const name = quoteQualified(nameOf(relation));
  const { rowCount } = await session.client.query(
    `with gone as (
       delete from only ${name} d where d.ctid = any (array(select x.ctid from only ${name} x limit ${rearranged})) returning d.*
     )
     insert into ${name} (${columns})${overriding}
     select ${columns} from (select g.*, pg_catalog.row_number() over () as rowhouse_nth from gone g) t order by ${order}`,
  );
  return rowCount ?? 0;
}
