import { groupBy } from '../../catalog/derived.ts';
import { quoteQualified } from '../../sql/ident.ts';
import type { RunInput } from '../input.ts';
import type { Target } from '../target.ts';
import type { Sample } from './material.ts';
import { placeOf, placeValues } from './try.ts';

/** Rows that would be of one kind under another owner. */
export interface Joined {
  /** As the subject would have them: another's, or shared with it for reading. */
  readonly joins: 'foreign' | 'shared';
  readonly rows: readonly Sample[];
}

/**
 * What stored rows would be for a subject if their tenant column held another owner, by that owner. Rows that the subject
 * might write then, as every subject may, are left out: the model can share some rows for reading and some for writing.
 * Reads as the truth role, in an open transaction.
 */
export async function joinedUnder(
  { session }: Pick<RunInput, 'session'>,
  { truth }: Target,
  subject: string,
  column: string,
  samples: readonly Sample[],
  owners: readonly string[],
): Promise<ReadonlyMap<string, readonly Joined[]>> {
  const { rows } = await session.client.query<{ owner: string; place: string; foreign: boolean }>(
    `select o.owner, s.place, (${truth.foreign}) as foreign
     from (select row(t.*)::${quoteQualified(truth.from)} as stored, ${placeOf} as place from ${quoteQualified(truth.from)} t
           where t.ctid = any ($2::pg_catalog.tid[])) s
       cross join pg_catalog.unnest($5::pg_catalog.text[]) o(owner)
       cross join lateral pg_catalog.jsonb_populate_record(s.stored, pg_catalog.jsonb_build_object($4::pg_catalog.text, o.owner)) t
     where $1::pg_catalog.text is not null and s.place = any ($3::pg_catalog.text[]) and (${truth.unwritable})`,
    [subject, samples.map(({ place }) => placeValues(place)[0]), samples.map(({ place }) => place), column, owners],
  );
  return new Map(
    [...groupBy(rows, ({ owner }) => owner)].map(([owner, found]) => [
      owner,
      (['foreign', 'shared'] as const).flatMap((joins) => {
        const places = new Set(found.filter((row) => row.foreign === (joins === 'foreign')).map(({ place }) => place));
        return places.size === 0 ? [] : [{ joins, rows: samples.filter(({ place }) => places.has(place)) }];
      }),
    ]),
  );
}
