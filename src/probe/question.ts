import { nameOf } from '../catalog/lookup.ts';
import type { SessionSettings } from '../postgres/impersonate.ts';
import { quoteIdent, quoteLiteral, quoteQualified } from '../sql/ident.ts';
import type { Question } from './block.ts';
import type { IdType } from './id-types.ts';
import { type Measure, subjectAs } from './measure.ts';
import type { SharingOwner } from './owners.ts';
import type { Target } from './target.ts';

/** Shared rows of which a session is asked whether it sees them, where there are too many to count for each. */
const glimpsedRows = 20;

/** Owners of shared rows, between which the others are asked for: each adds two questions. */
const sharingOwners = 8;

/** How many of them it must see. */
export function glimpseOf(sharing: readonly SharingOwner[]): bigint {
  const most = mostOf(sharing)?.rows ?? 0n;
  return most < glimpsedRows ? most : BigInt(glimpsedRows);
}

function mostOf(sharing: readonly SharingOwner[]): SharingOwner | undefined {
  return sharing.toSorted((a, b) => Number(b.rows - a.rows))[0];
}

/** What the app role sees of all rows. */
export function wholeQuestion(target: Target, { hash }: Measure, planner: SessionSettings): Question {
  return {
    as: 'app',
    select: `select pg_catalog.count(*), coalesce(pg_catalog.sum(${hash}), 0), 0::pg_catalog.int8 from ${quoteQualified(nameOf(target.relation))} t`,
    planner,
  };
}

/** Each of its own rows lies in an index, which it reads from one end to the other. */
const byIndex: SessionSettings = { jit: 'off', enable_seqscan: 'off', enable_bitmapscan: 'off' };
/** Of several conditions a bitmap takes those of the policy too, and has no row left where none is foreign. */
const byBitmap: SessionSettings = {
  jit: 'off',
  enable_seqscan: 'off',
  enable_indexscan: 'off',
  enable_indexonlyscan: 'off',
  max_parallel_workers_per_gather: '0',
};

/**
 * What the app role sees of all rows but those of `sharing`, whose rows every subject sees, and a glimpse of these: answers that add up.
 * A subject's own rows are one question. Any other row that is visible counts, whoever's it is; those are asked for by ranges between
 * the owners, and not by inequality: an index serves a range, so that shared rows cost nothing, whether a policy lets them pass or not.
 * Those that share are no subjects of these questions. Null where there are many, where rows are not told apart by owner, or the type of the owners has no such ranges that pass a security barrier.
 */
export function apartQuestions(
  { relation, truth }: Target,
  { idType }: Measure,
  sharing: readonly SharingOwner[],
): readonly Question[] | null {
  const owners = sharing.flatMap(({ owner }) => (owner === null ? [] : [owner]));
  const most = mostOf(sharing);
  if (!idType || truth.tenantColumn === null || most === undefined) return null;
  if (owners.length === 0 || owners.length > sharingOwners) return null;
  const owner = `t.${quoteIdent(truth.tenantColumn)}`;
  const from = `from ${quoteQualified(nameOf(relation))} t`;
  const write = (value: string): string => `${quoteLiteral(value)}::${idType.cast}`;
  const subject = subjectAs(idType);
  const ranges = rangesBetween(owners.toSorted(orderOf(idType)), owner, write).flatMap((range) => [
    `${range} and ${owner} operator(pg_catalog.<) ${subject}`,
    `${range} and ${owner} operator(pg_catalog.>) ${subject}`,
  ]);
  const without = sharing.some((shared) => shared.owner === null) ? [] : [`${owner} is null`];
  const others = [...ranges, ...without].map((range) => `(select pg_catalog.count(*) ${from} where ${range})`);
  const shared = most.owner === null ? `${owner} is null` : `${owner} operator(pg_catalog.=) ${write(most.owner)}`;
  const glimpse = `(select pg_catalog.count(*) from (select ${from} where ${shared} limit ${glimpsedRows}) g)`;
  const own = `select pg_catalog.count(*), pg_catalog.count(*), ${glimpse} ${from} where ${owner} operator(pg_catalog.=) ${subject}`;
  return [
    { as: 'app', select: own, planner: byIndex },
    { as: 'app', select: `select ${others.join(' + ')}, 0, 0::pg_catalog.int8`, planner: byBitmap },
  ];
}

function orderOf({ numeric }: IdType): (a: string, b: string) => number {
  return (a, b) => (numeric ? Number(BigInt(a) - BigInt(b)) : a < b ? -1 : 1);
}

function rangesBetween(owners: readonly string[], column: string, write: (value: string) => string): readonly string[] {
  const below = owners.map((owner) => `${column} operator(pg_catalog.<) ${write(owner)}`);
  const above = owners.map((owner) => `${column} operator(pg_catalog.>) ${write(owner)}`);
  return [...below, 'true'].map((upper, index) =>
    index === 0 ? upper : upper === 'true' ? (above[index - 1] ?? '') : `${above[index - 1] ?? ''} and ${upper}`,
  );
}
