import { quoteQualified } from '../sql/ident.ts';
import type { Measure } from './measure.ts';
import type { OwnerSource } from './owner-source.ts';
import type { Attempt, ProbeSession } from './session.ts';
import { expectedPredicate, type Target, type TruthSource } from './target.ts';

/** Rows that have their owner in common, as columns with an element for each such group. */
export interface OwnerGroups {
  readonly owners: readonly (string | null)[];
  /** Null where rows are nobody's own. */
  readonly users: readonly (string | null)[] | null;
  readonly shared: readonly boolean[];
  readonly rows: readonly number[];
  /** Null where rows are not told apart by identity. */
  readonly hashes: readonly string[] | null;
  /** Rows that the sample should see. */
  readonly visible: readonly number[];
}

/** One scan. `sample` is a subject that is asked for what the model lets it see. */
export async function readGroups(
  session: ProbeSession,
  { truth, hash }: Target,
  { by }: Measure,
  source: OwnerSource,
  sample: string | null,
): Promise<Attempt<OwnerGroups>> {
  const hashed = by === 'identity';
  const groups =
    !hashed && isToldById(truth, source) ? byId(truth, source) : byRow(truth, source, hashed ? hash : null);
  const column = (name: string): string => `coalesce(pg_catalog.array_agg(g.${name}), '{}')`;
  // Rows of a result take ten times as long to read as its columns.
  const result = await session.truth<{ groups: string }>(
    `select pg_catalog.json_build_object('owners', ${column('owner')}, 'shared', ${column('shared')},
        'users', ${source.user === null ? 'null' : column('member')}, 'rows', ${column('rows')},
        'hashes', ${hashed ? column('hash') : 'null'}, 'visible', ${column('visible')})::pg_catalog.text as groups
      from (${groups}) g`,
    [sample],
  );
  return result.ok ? { ok: true, value: JSON.parse(result.value[0]?.groups ?? '') as OwnerGroups } : result;
}

/** Whether what the model says of a row depends on its owner's id alone. A word that only looks like the alias is taken for it. */
function isToldById({ shared, foreign }: TruthSource, { owner, grouped }: OwnerSource): boolean {
  return grouped !== owner && !/\bt\b/.test(`${shared} ${foreign}`.replaceAll(grouped, ''));
}

/** Asks the predicates of each owner once. */
function byId(truth: TruthSource, { owner, grouped }: OwnerSource): string {
  const rows = 't."rows of it"';
  return `select ${owner} as owner, (${truth.shared}) as shared, ${rows} as rows,
      case when ${expectedPredicate(truth)} then ${rows} else 0 end as visible
    from (select ${grouped}, pg_catalog.count(*) as "rows of it" from ${quoteQualified(truth.from)} t group by 1) t
    where ${sampleIsText}`;
}

/** Asks the predicates of each row. */
function byRow(truth: TruthSource, { from, owner, grouped, user }: OwnerSource, hash: string | null): string {
  const told = [
    `${owner} as owner`,
    `(${truth.shared}) as shared`,
    ...(user === null ? [] : [`${user} as member`]),
    'pg_catalog.count(*) as rows',
    ...(hash === null ? [] : [`coalesce(pg_catalog.sum(${hash}), 0)::pg_catalog.text as hash`]),
    `pg_catalog.count(*) filter (where ${expectedPredicate(truth)}) as visible`,
  ];
  return `select ${told.join(', ')} from ${from} where ${sampleIsText} group by ${grouped}, 2${user === null ? '' : ', 3'}`;
}

/** The first mention of `$1`, which makes it text; true. */
const sampleIsText = '($1::pg_catalog.text is null) is not null';
