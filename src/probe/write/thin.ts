import { quoteQualified } from '../../sql/ident.ts';
import type { RunInput } from '../input.ts';
import type { Target } from '../target.ts';
import { isQuiet } from './live.ts';
import type { State } from './state.ts';

/** Own rows of a subject that are there when it writes: about so many of more than twice as many. */
const kept = 1_000;
/** Hashes are compared in so many steps. */
const steps = 1_048_576;

/**
 * Takes most of a subject's own rows out of the way, until the transaction ends: to write them all tells nothing more than to
 * write some. Rows of others and shared ones all stay. True where something was taken.
 *
 * Only where a column of the row says whose it is: elsewhere a row that is gone may have decided over one that stays.
 */
export async function thinOwn(run: RunInput, { truth }: Target, subject: string, { own }: State): Promise<boolean> {
  if (own <= 2 * kept || truth.tenantColumn === null || run.membership || !isQuiet(run)) return false;
  const hash = `pg_catalog.hashtextextended(t.ctid::pg_catalog.text, 0) & ${steps - 1}`;
  await run.session.client.query(
    `delete from ${quoteQualified(truth.from)} t
     where $1::pg_catalog.text is not null and not (${truth.foreign}) and not (${truth.unwritable}) and ${hash} >= $2`,
    [subject, Math.ceil((kept / own) * steps)],
  );
  return true;
}
