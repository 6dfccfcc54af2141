import type { SessionSettings } from '../postgres/impersonate.ts';
import { quoteIdent, quoteQualified } from '../sql/ident.ts';
import { nameOf } from '../catalog/lookup.ts';
import {
  type Fingerprint,
  fingerprintColumns,
  type FingerprintRow,
  identityText,
  parseFingerprint,
  sameFingerprint,
} from './fingerprint.ts';
import type { Attempt, ProbeSession } from './session.ts';
import type { Target } from './target.ts';
import { truthRows } from './truth.ts';

/** Two sets of rows are compared in buckets of about this many, so that memory stays flat whatever the table's size. */
const rowsPerBucket = 1000;
/** Rows of one side that are looked at one by one. */
const examinedRows = 20_000;
/** Rows that a finding names. */
const namedRows = 5;
/** A row without a key is named by its whole text; evidence keeps the start of it. */
const textLimit = 200;

/** A row as evidence. */
export interface NamedRow {
  /** The key's columns, or the columns that the app role may read, as text. */
  readonly row: Readonly<Record<string, string | null>>;
  /** The tenant that its tenant column names, where it has one. */
  readonly owner: string | null;
}

export interface RowSet {
  readonly count: number;
  /** False where `count` is only how many were found among the rows examined. */
  readonly exact: boolean;
  readonly rows: readonly NamedRow[];
}

/** In which rows what the app role sees differs from what it should see. */
export interface Difference {
  /** Seen, and not to be seen. */
  readonly surplus: RowSet;
  /** To be seen, and not seen. */
  readonly missing: RowSet;
}

/** What one comparison is about: the app role under `settings`, against the rows of the truth that satisfy `predicate` for `subject`. */
export interface Comparison {
  readonly target: Target;
  readonly subject: string;
  readonly settings: SessionSettings;
  readonly predicate: string;
}

/** What the app role sees of a target, as a fingerprint. */
export async function readVisible(session: ProbeSession, target: Target): Promise<Attempt<Fingerprint>> {
  const result = await session.query<FingerprintRow>(
    `select ${fingerprintColumns(target.hash)} from ${quoteQualified(nameOf(target.relation))} t`,
  );
  return result.ok ? { ok: true, value: parseFingerprint(result.value[0]) } : result;
}

/**
 * Finds the rows behind two unequal fingerprints: both sides are cut into buckets by hash, and only rows of unequal buckets
 * are fetched and compared. Neither side runs a predicate of the other: policies never judge, and the app role never reads the truth.
 */
export async function findDifference(
  session: ProbeSession,
  comparison: Comparison,
  largest: bigint,
): Promise<Attempt<Difference>> {
  const { target } = comparison;
  const buckets = bucketCount(largest);
  // A view may show a key that is NULL.
  const bucket = `(coalesce(${target.hash}, 0) & ${buckets - 1})`;
  const perBucket = `select ${bucket}::pg_catalog.int4 as bucket, ${fingerprintColumns(target.hash)}`;
  const seen = await readSeen<BucketRow>(session, comparison, (from) => `${perBucket} from ${from} group by 1`, []);
  if (!seen.ok) return seen;
  const wanted = await readWanted<BucketRow>(session, comparison, (rows) => `${perBucket} ${rows} group by 1`, []);
  if (!wanted.ok) return wanted;

  const { chosen, exhaustive } = unequalBuckets(seen.value, wanted.value);
  const identity = `select ${identityText(target.identity)} as identity`;
  const seenRows = await readSeen<IdentityRow>(
    session,
    comparison,
    (from) => `${identity} from ${from} where ${bucket} = any ($1::pg_catalog.int8[])`,
    [chosen],
  );
  if (!seenRows.ok) return seenRows;
  const wantedRows = await readWanted<IdentityRow>(
    session,
    comparison,
    (rows) => `${identity} ${rows} and ${bucket} = any ($2::pg_catalog.int8[])`,
    [chosen],
  );
  if (!wantedRows.ok) return wantedRows;

  const surplus = await withoutRepeats(session, comparison, subtract(seenRows.value, wantedRows.value));
  if (!surplus.ok) return surplus;
  const absent = subtract(wantedRows.value, seenRows.value);
  const missing = await withoutLeftOut(session, comparison, absent);
  if (!missing.ok) return missing;
  const surplusNamed = await nameRows(session, comparison, surplus.value);
  if (!surplusNamed.ok) return surplusNamed;
  const missingNamed = await nameRows(session, comparison, missing.value);
  if (!missingNamed.ok) return missingNamed;
  return {
    ok: true,
    value: {
      surplus: { count: surplus.value.length, exact: exhaustive, rows: surplusNamed.value },
      missing: { count: missing.value.length, exact: exhaustive, rows: missingNamed.value },
    },
  };
}

interface BucketRow extends FingerprintRow {
  readonly bucket: number;
}
interface IdentityRow {
  readonly identity: string;
}

/** A power of two, so that a bit mask selects. */
function bucketCount(rows: bigint): number {
  const wanted = Number(rows) / rowsPerBucket;
  return 2 ** Math.min(16, Math.max(0, Math.ceil(Math.log2(Math.max(1, wanted)))));
}

/** The unequal buckets, as many as the budget of rows allows and at least one. */
function unequalBuckets(
  seen: readonly BucketRow[],
  wanted: readonly BucketRow[],
): { readonly chosen: readonly number[]; readonly exhaustive: boolean } {
  const left = new Map(seen.map((row) => [row.bucket, parseFingerprint(row)]));
  const right = new Map(wanted.map((row) => [row.bucket, parseFingerprint(row)]));
  const chosen: number[] = [];
  let budget = examinedRows;
  let skipped = 0;
  for (const bucket of [...new Set([...left.keys(), ...right.keys()])].sort((a, b) => a - b)) {
    const [a, b] = [left.get(bucket) ?? parseFingerprint(undefined), right.get(bucket) ?? parseFingerprint(undefined)];
    if (sameFingerprint(a, b)) continue;
    const cost = Number(a.rows > b.rows ? a.rows : b.rows);
    if (chosen.length > 0 && cost > budget) {
      skipped += 1;
      continue;
    }
    chosen.push(bucket);
    budget -= cost;
  }
  return { chosen, exhaustive: skipped === 0 };
}

async function readSeen<R extends object>(
  session: ProbeSession,
  { target, settings }: Comparison,
  query: (from: string) => string,
  values: readonly unknown[],
): Promise<Attempt<R[]>> {
  const from = `${quoteQualified(nameOf(target.relation))} t`;
  return await session.asApp(settings, () => session.query<R>(query(from), values));
}

async function readWanted<R extends object>(
  session: ProbeSession,
  { target, subject, settings, predicate }: Comparison,
  query: (rows: string) => string,
  values: readonly unknown[],
): Promise<Attempt<R[]>> {
  const sql = query(truthRows(target.truth, predicate));
  return await session.truth<R>(sql, [subject, ...values], target.truth.contextual ? settings : {});
}

/** The rows of `a` that `b` does not have, each as often as it is short. */
function subtract(a: readonly IdentityRow[], b: readonly IdentityRow[]): string[] {
  const counts = new Map<string, number>();
  for (const { identity } of b) counts.set(identity, (counts.get(identity) ?? 0) + 1);
  return a
    .map((row) => row.identity)
    .filter((identity) => {
      const left = counts.get(identity) ?? 0;
      if (left > 0) counts.set(identity, left - 1);
      return left === 0;
    });
}

/** A view with a join may show a row of its base twice; only rows that are not among the wanted ones at all are in surplus. */
async function withoutRepeats(
  session: ProbeSession,
  comparison: Comparison,
  surplus: readonly string[],
): Promise<Attempt<readonly string[]>> {
  const { target } = comparison;
  if (target.relation.relkind !== 'v' || !target.keyed || surplus.length === 0) return { ok: true, value: surplus };
  const identity = identityText(target.identity);
  const wanted = await readWanted<IdentityRow>(
    session,
    comparison,
    (rows) => `select ${identity} as identity ${rows} and ${identity} = any ($2::pg_catalog.text[])`,
    [surplus],
  );
  if (!wanted.ok) return wanted;
  const repeated = new Set(wanted.value.map((row) => row.identity));
  return { ok: true, value: surplus.filter((row) => !repeated.has(row)) };
}

/** A view may leave rows of its base out by its own definition; only those that it shows to the truth role under the same context are missed. */
async function withoutLeftOut(
  session: ProbeSession,
  { target, settings }: Comparison,
  absent: readonly string[],
): Promise<Attempt<readonly string[]>> {
  if (target.relation.relkind !== 'v' || target.truth.contextual || absent.length === 0)
    return { ok: true, value: absent };
  const among = (from: string): Promise<Attempt<IdentityRow[]>> =>
    session.truth<IdentityRow>(
      `select ${identityText(target.identity)} as identity from ${from} t
       where ${identityText(target.identity)} = any ($1::pg_catalog.text[])`,
      [absent],
      settings,
    );
  const asOwner = await among(quoteQualified(nameOf(target.relation)));
  // A view whose owner is bound shows the truth to nobody: its query does.
  const { definition } = target.relation;
  const shown = asOwner.ok || definition === null ? asOwner : await among(`(${definition.replace(/;\s*$/, '')})`);
  if (!shown.ok) return shown;
  const has = new Set(shown.value.map((row) => row.identity));
  return { ok: true, value: absent.filter((identity) => has.has(identity)) };
}

/** Looks up some rows by identity where the truth is, and whose they are. */
async function nameRows(
  session: ProbeSession,
  { target, settings }: Comparison,
  identities: readonly string[],
): Promise<Attempt<NamedRow[]>> {
  if (identities.length === 0) return { ok: true, value: [] };
  const { tenantColumn, from, contextual } = target.truth;
  const columns = target.identity.map((column) => `t.${quoteIdent(column)}::pg_catalog.text`);
  const owner = tenantColumn === null ? 'null::pg_catalog.text' : `t.${quoteIdent(tenantColumn)}::pg_catalog.text`;
  const found = await session.truth<{ values: (string | null)[]; owner: string | null }>(
    `select array[${columns.join(', ')}] as values, ${owner} as owner from ${quoteQualified(from)} t
     where ${identityText(target.identity)} = any ($1::pg_catalog.text[]) order by 1 limit ${namedRows}`,
    [identities.slice(0, namedRows)],
    contextual ? settings : {},
  );
  if (!found.ok) return found;
  return {
    ok: true,
    value: found.value.map((row) => ({
      row: Object.fromEntries(
        target.identity.map((column, index) => [column, row.values[index]?.slice(0, textLimit) ?? null]),
      ),
      owner: row.owner,
    })),
  };
}
