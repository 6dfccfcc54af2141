import { findColumn, nameOf } from '../catalog/lookup.ts';
import type { SessionSettings } from '../postgres/impersonate.ts';
import { quoteIdent, quoteLiteral, quoteQualified } from '../sql/ident.ts';
import type { Question } from './block.ts';
import { type IdType, idTypeOf } from './id-types.ts';
import type { Measure } from './measure.ts';
import type { SharingOwner } from './owners.ts';
import type { Target } from './target.ts';

/** Shared rows of which a session is asked whether it sees them, where there are too many to count for each. */
const glimpsedRows = 20;

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

/**
 * What the app role sees of all rows but those of `sharing`, whose rows every subject sees, and a glimpse of these.
 * The other rows are asked for by ranges between those owners, and not by inequality: an index serves a range, so that shared rows
 * cost nothing, whether a policy lets them pass or not. A row of any other owner that is visible counts, whoever's it is.
 * Null where the app role may not read the owner, or its type has no such ranges that pass a security barrier.
 */
export function apartQuestion(
  target: Target,
  { hash }: Measure,
  sharing: readonly SharingOwner[],
  planner: SessionSettings,
): Question | null {
  const { relation, intent, privileges } = target;
  const column = intent.tenantColumn;
  if (column === null || relation.relkind === 'v' || !privileges.select.includes(column)) return null;
  const type = idTypeOf(findColumn(relation, column)?.type);
  const owners = sharing.flatMap(({ owner }) => (owner === null ? [] : [owner]));
  const most = mostOf(sharing);
  if (!type || most === undefined || owners.length === 0) return null;
  const owner = `t.${quoteIdent(column)}`;
  const from = `from ${quoteQualified(nameOf(relation))} t`;
  const write = (value: string): string => `${quoteLiteral(value)}::${type.cast}`;
  const ranges = rangesBetween(owners.toSorted(orderOf(type)), owner, write);
  const without = sharing.some((shared) => shared.owner === null) ? [] : [`${owner} is null`];
  const others = [...ranges, ...without].map((range) => `select ${hash} ${from} where ${range}`);
  const shared = most.owner === null ? `${owner} is null` : `${owner} = ${write(most.owner)}`;
  const glimpse = `(select pg_catalog.count(*) from (select ${from} where ${shared} limit ${glimpsedRows}) g)`;
  return {
    as: 'app',
    select: `select pg_catalog.count(*), coalesce(pg_catalog.sum(u.hash), 0), ${glimpse} from (${others.join(' union all ')}) u (hash)`,
    planner,
  };
}

function orderOf({ numeric }: IdType): (a: string, b: string) => number {
  return (a, b) => (numeric ? Number(BigInt(a) - BigInt(b)) : a < b ? -1 : 1);
}

function rangesBetween(owners: readonly string[], column: string, write: (value: string) => string): readonly string[] {
  const below = owners.map((owner) => `${column} < ${write(owner)}`);
  const above = owners.map((owner) => `${column} > ${write(owner)}`);
  return [...below, 'true'].map((upper, index) =>
    index === 0 ? upper : upper === 'true' ? (above[index - 1] ?? '') : `${above[index - 1] ?? ''} and ${upper}`,
  );
}
