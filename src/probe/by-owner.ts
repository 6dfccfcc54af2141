import { nameOf } from '../catalog/lookup.ts';
import type { SessionSettings } from '../postgres/impersonate.ts';
import { quoteIdent, quoteQualified } from '../sql/ident.ts';
import type { Question, Questions } from './block.ts';
import { orderOf } from './id-types.ts';
import { ownedBy, ownerId, sharedWeight, subjectAs } from './measure.ts';
import type { SharingOwner } from './owners.ts';
import type { Target } from './target.ts';
import type { Truth } from './truth.ts';

/** Shared rows of which a session is asked whether it sees them, where there are too many to count for each. */
const glimpsedRows = 5;

/** How many of them it must see. */
export function glimpseOf(sharing: readonly SharingOwner[]): bigint {
  const most = mostOf(sharing)?.rows ?? 0n;
  return most < glimpsedRows ? most : BigInt(glimpsedRows);
}

function mostOf(sharing: readonly SharingOwner[]): SharingOwner | undefined {
  return sharing.toSorted((a, b) => Number(b.rows - a.rows))[0];
}

/** Each of its own rows lies in an index, which it reads from one end to the other. */
const byIndex: SessionSettings = {
  jit: 'off',
  enable_seqscan: 'off',
  enable_indexscan: 'on',
  enable_indexonlyscan: 'on',
  enable_bitmapscan: 'off',
};
/** Of several conditions a bitmap takes those of the policy too, and has no row left where none is foreign. */
const byBitmap: SessionSettings = {
  jit: 'off',
  enable_seqscan: 'off',
  enable_indexscan: 'off',
  enable_indexonlyscan: 'off',
  enable_bitmapscan: 'on',
  max_parallel_workers_per_gather: '0',
};

/**
 * Questions about a table of which few owners share theirs, whose answers add up. A subject's own rows are one. Any other row that is
 * visible counts, whoever's it is; those are asked for by ranges between the owners, and not by inequality: an index serves a range,
 * so that shared rows cost nothing, whether a policy lets them pass or not.
 */
export interface OwnerQuestions {
  /** All rows, as `wholeQuestion` asks for them, but those of each owner that shares are counted in the index. */
  readonly full: Questions;
  /** All but those of the owners that share, and a glimpse of these; for subjects that have so many of the owners before them, and are none. */
  readonly apart: (before: number) => Questions;
  /** How many of the owners that share come before a subject. */
  readonly before: (subject: string) => number;
}

/** Null where many share, where rows are not told apart by owner, or the type of the owners has no such ranges that pass a security barrier. */
export function ownerQuestions(
  { relation, truth }: Target,
  { measure, sharing, ownerless, ends }: Truth,
): OwnerQuestions | null {
  const { idType } = measure;
  const most = mostOf(sharing ?? []);
  if (!idType || truth.tenantColumn === null || sharing === null || most === undefined || ends === null) return null;
  const compare = orderOf(idType);
  const owners = sharing.flatMap(({ owner }) => (owner === null ? [] : [owner])).toSorted(compare);
  if (owners.length === 0) return null;
  const column = `t.${quoteIdent(truth.tenantColumn)}`;
  const from = `from ${quoteQualified(nameOf(relation))} t`;
  const count = (condition: string): string => `(select pg_catalog.count(*) ${from} where ${condition})`;
  const subject = subjectAs(idType);
  const ids = owners.map((owner) => ownerId(idType, owner));
  const shared = sharing.map(({ owner }) => ownedBy(column, idType, owner));
  const mine = `${from} where ${column} operator(pg_catalog.=) ${subject}`;
  const without = ownerless && !sharing.some(({ owner }) => owner === null) ? [`${column} is null`] : [];
  // One aggregate over all of them begins sooner than one over each.
  const others = (ranges: readonly string[]): readonly Question[] => {
    const parts = [...ranges, ...without].map((condition) => `select 1 ${from} where ${condition}`);
    const select = `select pg_catalog.count(*), 0, 0::pg_catalog.int8 from (${parts.join(' union all ')}) o`;
    return parts.length === 0 ? [] : [{ as: 'app', select, planner: byBitmap }];
  };
  // No row that it does not hold can be visible: what is beyond all of its owners is not asked for.
  const held = (ranges: readonly string[], [first, last]: readonly (string | undefined)[]): readonly string[] => {
    const isBelow = first === undefined || compare(ends.least, first) < 0;
    const isAbove = last === undefined || compare(ends.greatest, last) > 0;
    return ranges.slice(isBelow ? 0 : 1, isAbove ? ranges.length : -1);
  };
  // Whose own rows are shared ones has them counted there.
  const own = `select pg_catalog.count(*) as own, pg_catalog.count(*) filter (where (${shared.join(' or ')}) is not true) as rest ${mine}`;
  const sharedRows = `select ${shared.map(count).join(' + ')} as rows`;
  const glimpse = `(select pg_catalog.count(*) from (select ${from} where ${ownedBy(column, idType, most.owner)} limit ${glimpsedRows}) g)`;
  return {
    full: [
      {
        as: 'app',
        select: `select o.rest + s.rows, o.own + ${sharedWeight} * s.rows, 0::pg_catalog.int8 from (${own}) o, (${sharedRows}) s`,
        planner: byIndex,
      },
      ...others(
        held(rangesBetween(column, ids), [owners[0], owners.at(-1)]).flatMap((range) =>
          ['<', '>'].map((operator) => `${range} and ${column} operator(pg_catalog.${operator}) ${subject}`),
        ),
      ),
    ],
    apart: (before) => [
      { as: 'app', select: `select pg_catalog.count(*), pg_catalog.count(*), ${glimpse} ${mine}`, planner: byIndex },
      ...others(
        held(rangesBetween(column, ids.toSpliced(before, 0, subject)), [
          before === 0 ? undefined : owners[0],
          before === owners.length ? undefined : owners.at(-1),
        ]),
      ),
    ],
    before: (id) => owners.filter((owner) => compare(owner, id) < 0).length,
  };
}

/** The conditions of all values but these, which are in order. */
function rangesBetween(column: string, ids: readonly string[]): readonly string[] {
  return Array.from({ length: ids.length + 1 }, (_, index) => {
    const [above, below] = [ids[index - 1], ids[index]];
    return [
      ...(above === undefined ? [] : [`${column} operator(pg_catalog.>) ${above}`]),
      ...(below === undefined ? [] : [`${column} operator(pg_catalog.<) ${below}`]),
    ].join(' and ');
  });
}
